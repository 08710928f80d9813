package caddymodule

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// serving makes a handler for a provider at issuer, as Provision does.
func serving(t *testing.T, issuer string) *Endpoints {
	t.Helper()
	return servingOf(t, &Provider{Issuer: issuer, Storage: &Storage{Driver: driverMemory}})
}

func servingOf(t *testing.T, p *Provider) *Endpoints {
	t.Helper()
	i := prepared(t, p)
	e := new(Endpoints)
	if err := e.serve(i); err != nil {
		t.Fatal(err)
	}
	return e
}

// ask sends a request through the handler; passed is what came out at the other side, if anything.
func ask(t *testing.T, e *Endpoints, r *http.Request) (answer *http.Response, passed *http.Request) {
	t.Helper()
	w := httptest.NewRecorder()
	next := caddyhttp.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
		passed = r
		return nil
	})
	if err := e.ServeHTTP(w, withVars(r, map[string]any{caddyhttp.ClientIPVarKey: "203.0.113.7"}), next); err != nil {
		t.Fatal(err)
	}
	return w.Result(), passed
}

func request(method, url, body string) *http.Request {
	r := httptest.NewRequest(method, url, strings.NewReader(body))
	if r.TLS != nil {
		r.TLS.HandshakeComplete = true
	}
	return r
}

func TestProvidersPathsAreServedAndOthersPassOn(t *testing.T) {
	e := serving(t, "https://id.example.com/people")
	for url, ours := range map[string]bool{
		"https://id.example.com/people/.well-known/openid-configuration":       true,
		"https://id.example.com/.well-known/openid-configuration/people":       true,
		"https://id.example.com/.well-known/oauth-authorization-server/people": true,
		"https://id.example.com/people/jwks":                                   true,
		"https://ID.example.com/people/jwks":                                   true,
		"https://id.example.com/people/jwks/":                                  false,
		"https://id.example.com/people/../people/jwks":                         false,
		"https://id.example.com/jwks":                                          false,
		"https://id.example.com/people":                                        false,
		"https://id.example.com/":                                              false,
		"https://other.example.com/people/jwks":                                false,
	} {
		answer, passed := ask(t, e, request(http.MethodGet, url, ""))
		if (passed == nil) != ours {
			t.Errorf("%s: passed on: %v", url, passed != nil)
		}
		if ours && answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", url, answer.Status)
		}
	}
}

func TestThreat077_PassedRequestsLoseOurCookies(t *testing.T) {
	e := serving(t, "https://id.example.com")
	r := request(http.MethodGet, "https://id.example.com/app", "")
	r.Header.Set("Cookie", "a=1; __Host-gatehouse-main-session=x; __Host-gatehouse-main-session-state=z; __Host-gatehouse-main-browser=y")
	_, passed := ask(t, e, r)
	if passed == nil {
		t.Fatal("was not passed on")
	}
	if got := passed.Header.Get("Cookie"); got != "a=1" {
		t.Errorf("Cookie: %s", got)
	}
}

// MUST 87: nothing is answered in the clear.
func TestMust087_PlaintextIsRedirectedOrRefused(t *testing.T) {
	e := serving(t, "https://id.example.com:8443")
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		answer, passed := ask(t, e, request(method, "http://id.example.com/authorize?client_id=web", ""))
		if passed != nil {
			t.Fatalf("%s was passed on", method)
		}
		// 307 and 308 would send a form again, so they never occur (RFC 9700 section 4.12).
		if answer.StatusCode != http.StatusFound || answer.Header.Get("Location") != "https://id.example.com:8443/authorize?client_id=web" {
			t.Errorf("%s: %s %s", method, answer.Status, answer.Header.Get("Location"))
		}
	}
	for _, path := range []string{"/token", "/login", "/authorize", "/introspect"} {
		answer, passed := ask(t, e, request(http.MethodPost, "http://id.example.com"+path, "a=b"))
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		if passed != nil || answer.StatusCode != http.StatusBadRequest || answer.Header.Get("Location") != "" ||
			answer.Header.Get("Cache-Control") != "no-store" || !strings.Contains(string(body), `"invalid_request"`) {
			t.Errorf("POST %s: %s %s", path, answer.Status, body)
		}
	}
	if _, passed := ask(t, e, request(http.MethodGet, "http://id.example.com/app", "")); passed == nil {
		t.Error("a path that is not the provider's was answered")
	}
}

func TestWebFingerOnAHostOfItsOwn(t *testing.T) {
	e := servingOf(t, &Provider{
		Issuer: "https://id.example.com:8443", Storage: &Storage{Driver: driverMemory}, WebFinger: []string{"example.com"},
	})
	const query = "/.well-known/webfinger?resource=acct:diana@example.com"
	for url, ours := range map[string]bool{
		"https://example.com" + query:                               true,
		"https://EXAMPLE.com:443" + query:                           true,
		"https://id.example.com:8443" + query:                       false,
		"https://example.org" + query:                               false,
		"https://example.com/.well-known/webfinger/":                false,
		"https://example.com/.well-known/openid-configuration":      false,
		"https://example.com/jwks":                                  false,
		"https://example.com/.well-known%2Fwebfinger?resource=a@b.": false,
	} {
		answer, passed := ask(t, e, request(http.MethodGet, url, ""))
		if (passed == nil) != ours {
			t.Errorf("%s: passed on: %v", url, passed != nil)
		}
		if ours && answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", url, answer.Status)
		}
		// What a site that only leads to the provider promises about itself is not the provider's to say.
		if ours && answer.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: %v", url, answer.Header)
		}
	}
	for _, host := range []string{"example.com", "example.com:80"} {
		answer, passed := ask(t, e, request(http.MethodGet, "http://"+host+query, ""))
		if passed != nil || answer.StatusCode != http.StatusFound || answer.Header.Get("Location") != "https://example.com"+query {
			t.Errorf("in the clear: %s %s", answer.Status, answer.Header.Get("Location"))
		}
	}
}

func TestPlaintextOnLoopbackIsServedForAPlainIssuer(t *testing.T) {
	e := serving(t, "http://localhost:9000")
	answer, passed := ask(t, e, request(http.MethodGet, "http://localhost:9000/jwks", ""))
	if passed != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("%s", answer.Status)
	}
}

func TestMust087_EarlyDataIsRefusedOnPosts(t *testing.T) {
	e := serving(t, "https://id.example.com")
	r := request(http.MethodPost, "https://id.example.com/token", "grant_type=client_credentials")
	r.TLS = &tls.ConnectionState{HandshakeComplete: false}
	if answer, _ := ask(t, e, r); answer.StatusCode != http.StatusTooEarly {
		t.Errorf("got %s", answer.Status)
	}
}

func TestMust087_StrictTransportSecurity(t *testing.T) {
	for issuer, want := range map[string]bool{
		"https://id.example.com": true,
		"https://localhost:8443": false, // would bind every other port of localhost
		"http://localhost:9000":  false,
	} {
		answer, _ := ask(t, serving(t, issuer), request(http.MethodGet, issuer+"/jwks", ""))
		if got := answer.Header.Get("Strict-Transport-Security") != ""; got != want {
			t.Errorf("%s: %v", issuer, got)
		}
	}
}

func TestStoppedProviderIsUnavailable(t *testing.T) {
	e := serving(t, "https://id.example.com")
	if err := e.provider.life.end(); err != nil {
		t.Fatal(err)
	}
	next := caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error {
		t.Error("was passed on")
		return nil
	})
	err := e.ServeHTTP(httptest.NewRecorder(), withVars(request(http.MethodGet, "https://id.example.com/jwks", ""), nil), next)
	var answer caddyhttp.HandlerError
	if !errors.As(err, &answer) || answer.StatusCode != http.StatusServiceUnavailable || !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

// MUST 85: a panic is answered 500, and its value, which may hold a secret, is shown to nobody.
func TestMust085_PanicIsContained(t *testing.T) {
	e := serving(t, "https://id.example.com")
	for name, fault := range map[string]func(){
		"a string": func() { panic("canary") },
		"an error": func() { panic(errors.New("canary")) },
		"a fault of the runtime": func() {
			var none *caddyhttp.App
			none.HTTPPort = 80
		},
	} {
		endpoint := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fault() })
		err := e.answer(endpoint, httptest.NewRecorder(), request(http.MethodGet, "https://id.example.com/jwks", ""))
		var answer caddyhttp.HandlerError
		if !errors.As(err, &answer) || answer.StatusCode != http.StatusInternalServerError {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v shows the value", name, err)
		}
	}
	defer func() {
		if recover() != http.ErrAbortHandler { //nolint:errorlint // it is passed on as it is
			t.Error("an abort was taken for a fault")
		}
	}()
	abort := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_ = e.answer(abort, httptest.NewRecorder(), request(http.MethodGet, "https://id.example.com/jwks", ""))
}

func TestDirectiveTakesANameAndNoBlock(t *testing.T) {
	for text, want := range map[string]string{"openid_provider": "", "openid_provider main": "main"} {
		e := new(Endpoints)
		if err := e.UnmarshalCaddyfile(caddyfile.NewTestDispenser(text)); err != nil || e.Provider != want {
			t.Errorf("%s: %q, %v", text, e.Provider, err)
		}
	}
	for _, text := range []string{"openid_provider main other", "openid_provider main {\n issuer https://id.example.com\n}"} {
		if err := new(Endpoints).UnmarshalCaddyfile(caddyfile.NewTestDispenser(text)); err == nil {
			t.Errorf("was accepted: %s", text)
		}
	}
}
