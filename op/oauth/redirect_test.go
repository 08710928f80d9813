package oauth_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestRegisteredRedirectURIs(t *testing.T) {
	tests := []struct {
		uri         string
		web, native bool
	}{
		{"https://shop.example.com/callback", true, true},
		{"https://shop.example.com:8443/callback?tenant=1", true, true},
		{"https://shop.example.com", true, true},
		{"http://127.0.0.1/callback", false, true},
		{"http://127.0.0.1:8080/callback", false, true},
		{"http://[::1]/callback", false, true},
		{"http://localhost:3000/callback", false, true},
		{"com.example.app:/callback", false, true},
		{"com.example.app://callback", false, true},
		{"http://shop.example.com/callback", false, false},
		{"http://127.0.0.1.example.com/callback", false, false},
		{"myapp:/callback", false, false},
		{"", false, false},
		{"/callback", false, false},
		{"https:///callback", false, false},
		{"https:shop.example.com/callback", false, false},
		{"https://shop.example.com:/callback", false, false},
		{"https://shop.example.com/callback#", false, false},
		{"https://shop.example.com/callback#x", false, false},
	}
	for _, test := range tests {
		if err := oauth.CheckRedirectURI(test.uri, false); (err == nil) != test.web {
			t.Errorf("web %q: %v", test.uri, err)
		}
		if err := oauth.CheckRedirectURI(test.uri, true); (err == nil) != test.native {
			t.Errorf("native %q: %v", test.uri, err)
		}
	}
}

func TestThreat003_AuthorityConfusion(t *testing.T) {
	for _, uri := range []string{
		"https://shop.example.com@evil.example/cb", "https://a@b@evil.example/cb", "https://user:pw@shop.example.com/cb",
		"https://shop.example.com\\@evil.example/cb", "https://shop.example.com%00.evil.example/cb", "https://shop.example.com\x00/cb",
		"https://shop.example.com\t/cb", "https://shop.example.com/\r\nLocation:x", "https://[shop.example.com/cb", "https://shop.example.com /cb",
	} {
		if oauth.CheckRedirectURI(uri, true) == nil {
			t.Errorf("%q may be registered", uri)
		}
	}
}

func TestThreat004_PathTraversal(t *testing.T) {
	for _, path := range []string{
		"/a/../b", "/a/..", "/./a", "/a/..;/b", "/a;x=1/b", "/%2e%2e/a", "/%2E./a", "//a", "/a//b", "/a%2fb", "/a%5cb", "/a\\b",
	} {
		if oauth.CheckRedirectURI("https://shop.example.com"+path, false) == nil {
			t.Errorf("%q may be registered", path)
		}
	}
}

func TestThreat005_NoWildcards(t *testing.T) {
	for _, uri := range []string{"https://*.example.com/cb", "https://shop.example.com/*", "*"} {
		if oauth.CheckRedirectURI(uri, true) == nil {
			t.Errorf("%q may be registered", uri)
		}
	}
}

func TestThreat006_ScriptableSchemes(t *testing.T) {
	for _, scheme := range []string{"javascript", "data", "vbscript", "file", "blob", "about", "JavaScript", " javascript", "\x01javascript", "java\tscript", "ftp", "ws"} {
		for _, rest := range []string{":alert(1)", "://shop.example.com/cb", ":/cb"} {
			if oauth.CheckRedirectURI(scheme+rest, true) == nil {
				t.Errorf("%q may be registered", scheme+rest)
			}
		}
	}
}

func TestMust001_OnlyTheLoopbackPortMayDiffer(t *testing.T) {
	const registered = "http://127.0.0.1/callback?x=1"
	same := []string{registered, "http://127.0.0.1:1/callback?x=1", "http://127.0.0.1:65535/callback?x=1"}
	other := []string{
		"http://127.0.0.1:0/callback?x=1", "http://127.0.0.1:65536/callback?x=1", "http://127.0.0.1:/callback?x=1", "http://127.0.0.1:+80/callback?x=1",
		"http://127.0.0.1:80:80/callback?x=1", "http://127.0.0.1:80@evil.example/callback?x=1", "http://127.0.0.1.evil.example/callback?x=1",
		"http://127.0.0.1:8080/Callback?x=1", "http://127.0.0.1:8080/callback", "https://127.0.0.1:8080/callback?x=1", "http://localhost:8080/callback?x=1",
		"http://127.0.0.2:8080/callback?x=1", "http://[::1]:8080/callback?x=1", "HTTP://127.0.0.1:8080/callback?x=1",
	}
	for _, uri := range same {
		if !oauth.MatchRedirectURI(registered, uri, true) {
			t.Errorf("native client may not use %q", uri)
		}
		if uri != registered && oauth.MatchRedirectURI(registered, uri, false) {
			t.Errorf("web client may use %q", uri)
		}
	}
	for _, uri := range other {
		if oauth.MatchRedirectURI(registered, uri, true) {
			t.Errorf("%q matches %q", uri, registered)
		}
	}
	if oauth.MatchRedirectURI("http://localhost:3000/cb", "http://localhost:3001/cb", true) {
		t.Error("the port of a name may differ")
	}
	if !oauth.MatchRedirectURI("http://[::1]/cb", "http://[::1]:5000/cb", true) {
		t.Error("the port of [::1] may not differ")
	}
	if oauth.MatchRedirectURI("", "", true) {
		t.Error("the empty URI matches")
	}
}

func TestThreat001_ComparisonIsByteForByte(t *testing.T) {
	const registered = "https://a.example/Cb"
	for _, uri := range []string{
		"https://a.example/cb", "https://A.example/Cb", "HTTPS://a.example/Cb", "https://a.example:443/Cb", "https://a.example./Cb",
		"https://a.example/Cb/", "https://a.example/%43b", "https://a.example/Cb?", "https://a.example/Cb#", " https://a.example/Cb", "https://a.example/Cb ",
	} {
		if oauth.MatchRedirectURI(registered, uri, true) || oauth.MatchRedirectURI(registered, uri, false) {
			t.Errorf("%q matches %q", uri, registered)
		}
	}
}

func TestRedirectKinds(t *testing.T) {
	tests := []struct {
		uri                  string
		loopback, privateUse bool
	}{
		{"http://127.0.0.1:1/cb", true, false},
		{"http://localhost/cb", true, false},
		{"https://127.0.0.1/cb", false, false},
		{"com.example:/cb", false, true},
		{"https://shop.example.com/cb", false, false},
	}
	for _, test := range tests {
		if oauth.IsLoopbackRedirect(test.uri) != test.loopback || oauth.IsPrivateUseRedirect(test.uri) != test.privateUse {
			t.Errorf("%q is taken for another kind", test.uri)
		}
	}
}

// FuzzMatchRedirectURI holds the matcher against an oracle built the other way round: whatever
// matches without being equal is, to net/url, the same URI but for its port on a loopback address.
func FuzzMatchRedirectURI(f *testing.F) {
	f.Add("http://127.0.0.1/cb", "http://127.0.0.1:8080/cb")
	f.Add("http://[::1]:1/cb?x", "http://[::1]/cb?x")
	f.Add("https://a.example/Cb", "https://a.example/cb")
	f.Add("http://127.0.0.1", "http://127.0.0.1:80@evil.example/")
	f.Fuzz(func(t *testing.T, registered, presented string) {
		if oauth.MatchRedirectURI(registered, presented, false) && registered != presented {
			t.Fatalf("a web client's %q matches %q", registered, presented)
		}
		if !oauth.MatchRedirectURI(registered, presented, true) || registered == presented {
			return
		}
		if oauth.CheckRedirectURI(registered, true) != nil {
			return
		}
		a, errA := url.Parse(registered)
		b, errB := url.Parse(presented)
		if errA != nil || errB != nil {
			t.Fatalf("%q matches %q, and one is no URI", registered, presented)
		}
		if a.Hostname() != b.Hostname() || b.User != nil || a.EscapedPath() != b.EscapedPath() || a.RawQuery != b.RawQuery || b.Fragment != "" || a.Scheme != b.Scheme {
			t.Fatalf("%q matches %q", registered, presented)
		}
		if host := b.Hostname(); host != "127.0.0.1" && host != "::1" {
			t.Fatalf("host %q is not loopback", host)
		}
	})
}

// FuzzCheckRedirectURI: whatever may be registered cannot split a header or carry a fragment.
func FuzzCheckRedirectURI(f *testing.F) {
	f.Add("https://shop.example.com/cb")
	f.Add("com.example.app:/cb")
	f.Add("javascript:alert(1)")
	f.Fuzz(func(t *testing.T, uri string) {
		if oauth.CheckRedirectURI(uri, true) != nil {
			return
		}
		if strings.ContainsAny(uri, "\r\n\t #\\*\"<>") {
			t.Fatalf("%q may be registered", uri)
		}
		if u, err := url.Parse(uri); err != nil || u.Scheme == "" || u.User != nil {
			t.Fatalf("%q may be registered, read as %v, %v", uri, u, err)
		}
	})
}
