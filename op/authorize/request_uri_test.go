package authorize_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// keeping is where a client keeps request objects: a server on loopback that counts who asks.
type keeping struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string]string
	cache string
	asked atomic.Int64
}

func (k *keeping) put(path, object string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.files[path] = object
	return k.URL + path
}

// keepingSigner is a signer whose client "signed" has registered request URIs below a keeping server.
func keepingSigner(t *testing.T) (*signer, *keeping) {
	t.Helper()
	k := &keeping{files: map[string]string{}}
	k.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.asked.Add(1)
		k.mu.Lock()
		defer k.mu.Unlock()
		object, there := k.files[r.URL.Path]
		if !there {
			http.Redirect(w, r, "/there", http.StatusFound)
			return
		}
		w.Header().Set("Cache-Control", k.cache)
		_, _ = w.Write([]byte(object))
	}))
	t.Cleanup(k.Close)
	s := newSigner(t, func(h *house) {
		roots := x509.NewCertPool()
		roots.AddCert(k.Certificate())
		h.fetch = fetch.New(fetch.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Roots: roots})
		for _, c := range h.clients {
			if c.ID == "signed" {
				c.RequestURIs = []string{k.URL + "/request", k.URL + "/gone", k.URL + "/pinned#" + hashOf("pinned"), k.URL + "/large"}
			}
		}
	})
	return s, k
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func byURI(uri string, changes ...string) url.Values {
	v := around("signed", "", append([]string{"request_uri=" + uri}, changes...)...)
	v.Del("request")
	return v
}

func TestMust014_RegisteredRequestURIs(t *testing.T) {
	s, k := keepingSigner(t)
	b := s.signedIn("diana", "krall")
	uri := k.put("/request", s.object("JWT", "state", "one")+"\n")
	if got := b.authorize(byURI(uri)).answer(signedRP); got.Get("state") != "one" || got.Get("code") == "" {
		t.Fatalf("answer = %v", got)
	}
	// Without a word on caching, it is read for each request, and read once for each.
	k.put("/request", s.object("JWT", "state", "two"))
	if got := b.authorize(byURI(uri)).answer(signedRP); got.Get("state") != "two" || k.asked.Load() != 2 {
		t.Errorf("answer = %v, asked %d times", got, k.asked.Load())
	}
}

func TestARequestThatWasFetchedIsNotFetchedAgain(t *testing.T) {
	s, k := keepingSigner(t)
	b := s.browser()
	page := b.authorize(byURI(k.put("/request", s.object("JWT", "state", "one"))))
	k.put("/request", s.object("JWT", "state", "two"))
	if got := b.signIn(page, "diana", "krall").answer(signedRP); got.Get("state") != "one" || k.asked.Load() != 1 {
		t.Errorf("answer = %v, asked %d times", got, k.asked.Load())
	}
}

func TestARequestURIIsKeptAsLongAsItSays(t *testing.T) {
	s, k := keepingSigner(t)
	b := s.signedIn("diana", "krall")
	k.cache = "max-age=60"
	uri := k.put("/request", s.object("JWT"))
	for range 3 {
		b.authorize(byURI(uri)).code(signedRP)
	}
	if k.asked.Load() != 1 {
		t.Errorf("asked %d times", k.asked.Load())
	}
	s.wait(time.Minute)
	if b.authorize(byURI(uri)).code(signedRP); k.asked.Load() != 2 {
		t.Errorf("asked %d times", k.asked.Load())
	}
}

// OIDC Core section 6.2: a fragment is the hash of what lies there, and a client that registered the bare address
// may hang any such hash behind it.
func TestMust014_AFragmentIsTheHash(t *testing.T) {
	s, k := keepingSigner(t)
	b := s.signedIn("diana", "krall")
	object := s.object("JWT", "state", "hashed")
	uri := k.put("/request", object)
	for range 2 {
		if got := b.authorize(byURI(uri + "#" + hashOf(object))).answer(signedRP); got.Get("state") != "hashed" {
			t.Errorf("answer = %v", got)
		}
	}
	if k.asked.Load() != 1 {
		t.Errorf("asked %d times", k.asked.Load())
	}
	other := s.object("JWT", "state", "other")
	k.put("/request", other)
	if got := b.authorize(byURI(uri + "#" + hashOf(other))).answer(signedRP); got.Get("state") != "other" {
		t.Errorf("answer = %v", got)
	}
}

// The conformance suite registers its request_uri with the hash of something random as fragment, before it knows
// the object. Such a fragment names nothing, so what lies there is read for each request, as without one.
func TestMust014_AFragmentNeedNotBeTheHash(t *testing.T) {
	s, k := keepingSigner(t)
	b := s.signedIn("diana", "krall")
	uri := k.URL + "/pinned#" + hashOf("pinned")
	for _, state := range []string{"one", "two"} {
		k.put("/pinned", s.object("JWT", "state", state))
		if got := b.authorize(byURI(uri)).answer(signedRP); got.Get("state") != state || got.Get("code") == "" {
			t.Errorf("answer = %v", got)
		}
	}
	if k.asked.Load() != 2 {
		t.Errorf("asked %d times", k.asked.Load())
	}
}

// TestThreat041_OnlyRegisteredRequestURIsAreFetched: nobody makes us ask anybody else.
func TestThreat041_OnlyRegisteredRequestURIsAreFetched(t *testing.T) {
	s, k := keepingSigner(t)
	k.put("/request", s.object("JWT"))
	b := s.signedIn("diana", "krall")
	for name, uri := range map[string]string{
		"another path":                     k.URL + "/other",
		"with a query":                     k.URL + "/request?a=b",
		"another host":                     "https://evil.example/request",
		"metadata":                         "http://169.254.169.254/latest/meta-data",
		"a file":                           "file:///etc/passwd",
		"in other letters":                 strings.Replace(k.URL, "https", "HTTPS", 1) + "/request",
		"a path that leads there":          k.URL + "/./request",
		"another client's":                 "https://signed.example.com/request",
		"another hash than the registered": k.URL + "/pinned#" + hashOf("other"),
		"without the hash registered":      k.URL + "/pinned",
		"a pushed request":                 "urn:ietf:params:oauth:request_uri:x",
	} {
		b.authorize(byURI(uri)).wantRefused(400, "invalid_request_uri")
		b.authorize(byURI(uri, "redirect_uri="+signedRP)).wantError(signedRP, "invalid_request_uri")
		if k.asked.Load() != 0 {
			t.Fatalf("%s was fetched", name)
		}
	}
}

func TestRequestURIsThatGiveNothing(t *testing.T) {
	s, k := keepingSigner(t)
	b := s.signedIn("diana", "krall")
	told := []string{"redirect_uri=" + signedRP, "state=outer"}
	for name, tt := range map[string]struct{ uri, code string }{
		"TestThreat042: a redirect": {k.URL + "/gone", "invalid_request_uri"},
		"no JWS":                    {k.put("/request", "<html>"), "invalid_request_object"},
		"TestThreat046: too large":  {k.put("/large", s.object("JWT", "x", strings.Repeat("x", keys.MaxJWS))), "invalid_request_uri"},
	} {
		if got := b.authorize(byURI(tt.uri, told...)).wantError(signedRP, tt.code); got.Get("state") != "outer" {
			t.Errorf("%s: %v", name, got)
		}
	}
	k.Close()
	b.authorize(byURI(k.URL+"/request", told...)).wantError(signedRP, "invalid_request_uri")
}

// TestThreat041_NoRequestURILeadsInside: what is registered is still dialled with care.
func TestThreat041_NoRequestURILeadsInside(t *testing.T) {
	k := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(k.Close)
	s := newSigner(t, func(h *house) {
		h.clients = append(h.clients, &client.Client{
			ID: "inside", RedirectURIs: []string{signedRP}, RequestURIs: []string{k.URL + "/request"}, Secrets: []client.Secret{client.PlainSecret("x")},
		})
	})
	v := byURI(k.URL + "/request")
	v.Set("client_id", "inside")
	s.browser().authorize(v).wantRefused(400, "invalid_request_uri")
	if logged := s.logs.All(); len(logged) != 1 || !strings.Contains(fmt.Sprint(logged[0].ContextMap()["cause"]), "may not be reached") {
		t.Errorf("the log says %v", logged)
	}
}
