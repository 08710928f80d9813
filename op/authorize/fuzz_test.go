package authorize_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// FuzzParameters holds that whatever is asked, the browser is sent to a registered redirect_uri or
// nowhere, is told who answers, and gets no code without having signed in.
func FuzzParameters(f *testing.F) {
	f.Add(asking("web", callback).Encode())
	f.Add(asking("web", callback, "prompt=none", "max_age=0").Encode())
	f.Add(asking("own", own, "prompt=none", "scope=openid offline_access", "resource="+api).Encode())
	f.Add(asking("cli", loopback, "response_mode=form_post").Encode())
	f.Add("client_id=web&redirect_uri=https://evil.example/cb&response_type=token&prompt=none")
	f.Add("interaction=AAAA&decision=allow")
	f.Add("posted=AAAA")
	f.Add("client_id=web&client_id=own&redirect_uri=%0d%0a&state=%00;%zz")
	f.Fuzz(func(t *testing.T, query string) {
		h := fuzzHouse(t)
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r := newRequest(method, issuer+"/authorize", nil)
			if method == http.MethodGet {
				r.URL.RawQuery = query
			} else {
				body := newRequest(method, issuer+"/authorize", nil)
				body.Body = readCloser{strings.NewReader(query)}
				r = body
			}
			got := h.browser().once(r)
			got.t = t
			switch got.status {
			case http.StatusOK, http.StatusBadRequest, http.StatusForbidden:
				if got.location() != "" {
					t.Fatalf("%d with a Location %q", got.status, got.location())
				}
				if strings.Contains(got.body, `name="code"`) {
					t.Fatal("a code for nobody")
				}
			case http.StatusSeeOther:
				checkTarget(t, got.location())
			default:
				t.Fatalf("status %d", got.status)
			}
		}
	})
}

func checkTarget(t *testing.T, location string) {
	t.Helper()
	target, err := url.Parse(location)
	if err != nil {
		t.Fatalf("Location %q: %v", location, err)
	}
	if query := target.Query(); query.Has("code") || query.Get("iss") != issuer || query.Get("error") == "" {
		t.Fatalf("answer %v", query)
	}
	target.RawQuery = ""
	switch at := target.String(); at {
	case callback, own, "https://spa.example.com/cb", "https://service.example.com/cb", "com.example.app:/cb":
	default:
		if target.Scheme != "http" || target.Hostname() != "127.0.0.1" || target.Path != "/cb" {
			t.Fatalf("sent to %q", at)
		}
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// fuzzHouse is one house for all inputs of a run: making one costs a key.
func fuzzHouse(t *testing.T) *house {
	t.Helper()
	fuzzOnce.Do(func() { fuzzed = newHouse(t) })
	return &house{t: t, handler: fuzzed.handler}
}

var (
	fuzzOnce sync.Once
	fuzzed   *house
)
