package client

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const aDocument = "https://app.example.com/client.json"

// TestThreat047_OneSpellingOfAClientID: what could be read in two ways, or as no document, names none.
func TestThreat047_OneSpellingOfAClientID(t *testing.T) {
	for _, good := range []string{aDocument, "https://app.example.com/", "https://app.example.com:8443/a/b", "https://app.example.com/~a/b.c/", "https://[2001:db8::1]/c"} {
		if _, err := documentURL(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "https://", "https:///client", "https://app.example.com", "http://app.example.com/c", "HTTPS://app.example.com/c", "https:app.example.com/c",
		"https://app.example.com/c?", "https://app.example.com/c?a=b", "https://app.example.com/c#", "https://app.example.com/c#f", "https://app.example.com?/c",
		"https://u@app.example.com/c", "https://u:p@app.example.com/c", "https://@app.example.com/c", "https://app.example.com/./c", "https://app.example.com/a/../c",
		"https://app.example.com/..", "https://app.example.com/%2e%2e/c", "https://app.example.com/.%2E/c", "https://app.example.com//c", "https://app.example.com/a%2fc",
		"https://app.example.com\\c", "https://app.example.com/a\\c", "https://App.example.com/c", "https://app.example.com./c", "https://app.example.com:443/c",
		"https://app.example.com:/c", "https://app.example.com:0/c", "https://app.example.com:99999/c", "https://app.example.com/ c", "https://app.example.com/\tc",
		"https://app.example.com/\x00", "https://app.example.com/é", "https://*.example.com/c", "https://0x7f.1/c", "https://[fe80::1%25eth0]/c",
		"https://app.example.com/" + strings.Repeat("a", maxID), "javascript:alert(1)//https://", "gcl_https://app.example.com/c",
	} {
		if u, err := documentURL(bad); err == nil {
			t.Errorf("%q is %s", bad, u)
		}
	}
}

// What names a document is what is fetched, byte for byte.
func TestADocumentsURLIsWhatIsFetched(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := "https://" + rapid.StringMatching(`[a-zA-Z0-9.:@%\[\]/?#\\-]{0,12}`).Draw(t, "host") + "/" + rapid.StringMatching(`[a-zA-Z0-9._~%/?#;:@\\ -]{0,16}`).Draw(t, "path")
		u, err := documentURL(id)
		if err != nil {
			return
		}
		if u.String() != id || u.RawQuery != "" || u.Fragment != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") || strings.ContainsAny(id, "?#@\\") {
			t.Errorf("%q is fetched as %s", id, u)
		}
		if documentHost(id) != u.Host {
			t.Errorf("%q is at %s and shown as at %s", id, u.Host, documentHost(id))
		}
	})
}

func TestHostsOfDocuments(t *testing.T) {
	for _, good := range [][]string{nil, {"app.example.com"}, {"*.example.com", "example.com"}, {"127.0.0.1:8443", "localhost:1", "*.example.com:8443"}} {
		if err := CheckDocumentHosts(good); err != nil {
			t.Errorf("%v: %v", good, err)
		}
	}
	for _, bad := range []string{"", "*", "*.", "*.*.example.com", "a.*.com", "https://app.example.com", "app.example.com/", "App.example.com", "app.example.com:443", "app.example.com:", "app.example.com.", "u@app.example.com", "*app.example.com", "a b"} {
		if err := CheckDocumentHosts([]string{bad}); err == nil {
			t.Errorf("%q is a host", bad)
		}
	}
	if CheckDocumentHosts([]string{"a.example", "a.example"}) == nil {
		t.Error("a host twice")
	}
	allow := []string{"*.example.com", "one.example", "local.example:8443"}
	for host, want := range map[string]bool{
		"a.example.com": true, "a.b.example.com": true, "one.example": true, "local.example:8443": true,
		"example.com": false, ".example.com": false, "evilexample.com": false, "a.example.com:8443": false, "a.example.com.evil.example": false,
		"two.one.example": false, "one.example:8443": false, "local.example": false, "": false,
	} {
		if got := allowsHost(allow, host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
	if !allowsHost(nil, "anything.example") {
		t.Error("an empty list allows nothing")
	}
}
