package discovery_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/seed-5b16f944/gatehouse/op/discovery"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

const rel = "http://openid.net/specs/connect/1.0/issuer"

func newWebFinger(t *testing.T, hosts ...string) (*discovery.WebFinger, *observer.ObservedLogs) {
	t.Helper()
	pages, err := web.NewPages(nil)
	if err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zap.DebugLevel)
	return discovery.NewWebFinger(issuer, hosts, web.NewResponder(zap.New(core), pages)), logs
}

func finger(f http.Handler, method, query string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://example.com"+discovery.WebFingerPath, nil)
	r.URL.RawQuery = query
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

// about asks for a resource as a URI's query does: a space is never a plus sign.
func about(resource string) string {
	return "resource=" + strings.ReplaceAll(url.QueryEscape(resource), "+", "%20")
}

type jrd struct {
	Subject string
	Links   []struct{ Rel, Href string }
}

func read(t *testing.T, w *httptest.ResponseRecorder) jrd {
	t.Helper()
	var found jrd
	if err := json.Unmarshal(w.Body.Bytes(), &found); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return found
}

// OIDC Discovery section 2.1: normalization, and what clients make of what a person types.
func TestResourcesOfOurHostsLeadToTheIssuer(t *testing.T) {
	f, _ := newWebFinger(t, "example.com", "127.0.0.1:5000", "localhost:8443", "[::1]:5000")
	for resource, subject := range map[string]string{
		"acct:diana@example.com":               "",
		"ACCT:diana@example.com":               "acct:diana@example.com",
		"acct:diana@EXAMPLE.com":               "",
		"acct:diana%40rp.example@example.com":  "",
		"acct:diana+news@example.com":          "",
		"acct:example.com":                     "",
		"acct:diana@127.0.0.1:5000":            "",
		"acct:diana@localhost":                 "", // an account has no port
		"https://diana@127.0.0.1:5000":         "",
		"https://127.0.0.1:5000/":              "",
		"https://diana@[::1]:5000":             "",
		"https://example.com":                  "",
		"https://example.com:443/diana":        "",
		"http://example.com/diana?a=b&c=d":     "",
		"https://example.com/diana#me":         "https://example.com/diana",
		"diana@example.com":                    "acct:diana@example.com",
		"diana@127.0.0.1:5000":                 "https://diana@127.0.0.1:5000",
		"diana@[::1]:5000":                     "https://diana@[::1]:5000",
		"example.com":                          "https://example.com",
		"example.com.":                         "https://example.com.",
		"example.com:443":                      "https://example.com:443",
		"example.com/diana":                    "https://example.com/diana",
		"diana@example.com/at/work":            "https://diana@example.com/at/work",
		"https://example.com/?next=http://a.b": "",
	} {
		if subject == "" {
			subject = resource
		}
		w := finger(f, http.MethodGet, about(resource))
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", resource, w.Code, w.Body)
			continue
		}
		if diff := cmp.Diff(jrd{Subject: subject, Links: []struct{ Rel, Href string }{{rel, issuer}}}, read(t, w)); diff != "" {
			t.Errorf("%s:\n%s", resource, diff)
		}
	}
}

// RFC 7033 section 4.2.
func TestResourcesOfOtherHostsAreNotFound(t *testing.T) {
	f, logs := newWebFinger(t, "example.com", "127.0.0.1:5000")
	for _, resource := range []string{
		"acct:diana@example.org", "acct:diana@example.com.evil.example", "acct:diana@id.example.com", "acct:diana@example.com:8443",
		"acct:example.com@evil.example", "https://example.com@evil.example/", "https://evil.example/example.com", "https://evil.example#@example.com",
		"https://127.0.0.1:5001", "https://127.0.0.1", "https://diana@127.0.0.1:50", "diana@example.org", "evil.example", "evil.example?@example.com",
		"mailto:diana@example.com", "tel:911", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "ftp://example.com/", "device:p1.example.com",
	} {
		w := finger(f, http.MethodGet, about(resource))
		if w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), issuer) || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d %v %s", resource, w.Code, w.Header(), w.Body)
		}
	}
	for _, line := range logs.All() {
		if line.Message != "request refused" || line.ContextMap()["endpoint"] != "webfinger" {
			t.Errorf("%s %v", line.Message, line.ContextMap())
		}
	}
}

// RFC 7033 section 4.2: an absent or malformed resource. One that is repeated can be read in two ways.
func TestQueriesWithoutOneResourceAreBad(t *testing.T) {
	f, _ := newWebFinger(t, "example.com")
	both := about("acct:diana@example.com")
	for _, query := range []string{
		"", "rel=" + url.QueryEscape(rel), "resource=", "Resource=x@example.com", both + "&" + both, both + "&resource=",
		"resource=%zz", "resource=%ff%40example.com", "resource=%00", "a;b=c&" + both,
		about("acct:"), about("acct:@example.com"), about("acct:diana@"), about("acct:diana@a@example.com"), about("acct:dia na@example.com"),
		about("acct:di/ana@example.com"), about("acct:diana%zz@example.com"), about("acct:diana@example.com/"), about("acct:diana@exa%6dple.com"),
		about("acct:diana@example.com\\@evil.example"), about("acct:diana\r\n@example.com"), about("acct:diana\u202e@example.com"),
		about("https://"), about("https:///x"), about("https://example.com:x"), about("https://example.com:0"), about("https://example.com:99999"),
		about("://example.com"), about("https://exa mple.com"), about("https://[::1"), about("@"), about("/diana"), about("#"), about("1a:b"),
		about("acct:" + strings.Repeat("a", 2048) + "@example.com"), "x=" + strings.Repeat("a", 70_000) + "&" + both,
	} {
		w := finger(f, http.MethodGet, query)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"invalid_request"`) {
			t.Errorf("%.60q: %d %s", query, w.Code, w.Body)
		}
		if w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%.60q: %v", query, w.Header())
		}
	}
}

// RFC 7033 section 4.3: rel selects links and may be repeated; what is not known is ignored (section 4.1).
func TestRelSelects(t *testing.T) {
	f, _ := newWebFinger(t, "example.com")
	who := about("acct:diana@example.com")
	avatar, ours := "&rel="+url.QueryEscape("http://webfinger.net/rel/avatar"), "&rel="+url.QueryEscape(rel)
	for query, links := range map[string]int{
		who:                        1,
		who + ours:                 1,
		who + avatar:               0,
		who + avatar + ours:        1,
		who + ours + ours:          1,
		who + "&rel=":              0,
		who + "&rel=issuer":        0,
		who + "&format=xml&a&a":    1,
		who + "&rel=" + rel:        1, // unescaped, as a URI's query may be
		"resource=a+b@example.com": 1,
	} {
		w := finger(f, http.MethodGet, query)
		found := read(t, w)
		if w.Code != http.StatusOK || len(found.Links) != links || found.Subject == "" {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
		if links == 0 && !strings.Contains(w.Body.String(), `"links":[]`) {
			t.Errorf("%s: links is not a list: %s", query, w.Body)
		}
	}
}

func TestWebFingerManners(t *testing.T) {
	f, _ := newWebFinger(t, "example.com")
	query := about("https://example.com/?a=b&c=d")
	get := finger(f, http.MethodGet, query)
	h := get.Header()
	if h.Get("Content-Type") != "application/jrd+json" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "public, max-age=300" {
		t.Errorf("%v", h)
	}
	if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Credentials") != "" { // RFC 7033 section 5
		t.Errorf("%v", h)
	}
	head := finger(f, http.MethodHead, query)
	if head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("Content-Length") != h.Get("Content-Length") {
		t.Errorf("HEAD: %d, %d bytes, %v", head.Code, head.Body.Len(), head.Header())
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		if got := finger(f, method, query); got.Code != http.StatusMethodNotAllowed || got.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d", method, got.Code)
		}
	}
}

// Nothing but the resource's own text differs between people, whether or not they have an account.
func TestThreat101_WebFingerDoesNotKnowAccounts(t *testing.T) {
	f, _ := newWebFinger(t, "example.com")
	known, unknown := finger(f, http.MethodGet, about("acct:diana@example.com")), finger(f, http.MethodGet, about("acct:nobod@example.com"))
	if known.Code != unknown.Code || cmp.Diff(known.Header(), unknown.Header()) != "" ||
		strings.ReplaceAll(known.Body.String(), "diana", "nobod") != unknown.Body.String() {
		t.Errorf("%d %s\n%d %s", known.Code, known.Body, unknown.Code, unknown.Body)
	}
}

func TestHostsOfWebFinger(t *testing.T) {
	f, _ := newWebFinger(t, "Example.com", "localhost:8443")
	for host, served := range map[string]bool{
		"example.com": true, "EXAMPLE.COM:443": true, "example.com.": true, "localhost:8443": true,
		"localhost": false, "example.com:8443": false, "id.example.com": false, "": false,
	} {
		if f.Serves(host) != served {
			t.Errorf("Serves(%q) = %v", host, !served)
		}
	}
	for host, good := range map[string]bool{
		"example.com": true, "localhost:8443": true, "127.0.0.1:5000": true, "[::1]:5000": true, "[::1]": true, "xn--exmple-cua.com": true,
		"": false, "https://example.com": false, "example.com/": false, "example.com/a": false, "*.example.com": false, "example.com:": false,
		"example.com:0": false, "example.com:65536": false, "diana@example.com": false, "a b": false, "example.com?": false, "example.com#": false,
		"a,b": false, "{env.HOST}": false, ":8443": false, "::1": false, "exa%6dple.com": false,
	} {
		if err := discovery.CheckWebFingerHost(host); (err == nil) != good {
			t.Errorf("CheckWebFingerHost(%q): %v", host, err)
		}
	}
}

func FuzzWebFinger(f *testing.F) {
	for _, seed := range []string{"acct:diana@example.com", "https://diana@127.0.0.1:5000", "diana@[::1]:1/?#", "a:b:c@d", "://", "x:%"} {
		f.Add(seed)
	}
	pages, err := web.NewPages(nil)
	if err != nil {
		f.Fatal(err)
	}
	endpoint := discovery.NewWebFinger(issuer, []string{"example.com"}, web.NewResponder(zap.NewNop(), pages))
	f.Fuzz(func(t *testing.T, resource string) {
		w := finger(endpoint, http.MethodGet, about(resource))
		switch w.Code {
		case http.StatusBadRequest, http.StatusNotFound:
		case http.StatusOK:
			subject := read(t, w).Subject
			again := finger(endpoint, http.MethodGet, about(subject))
			if again.Code != http.StatusOK || read(t, again).Subject != subject {
				t.Errorf("%q leads to %q, which leads to %d", resource, subject, again.Code)
			}
			if !strings.Contains(strings.ToLower(subject), "example.com") {
				t.Errorf("%q is not ours", resource)
			}
		default:
			t.Errorf("%q: %d", resource, w.Code)
		}
	})
}
