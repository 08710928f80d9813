package guard

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// told is a site whose upstream gets tokens of its own.
func told(more, block string) string {
	return `@API@ {
		bind 127.0.0.1
		tls internal
		openid_guard main {
			audience @API@
			scopes shop
			public /health
			require GET /vault/* vault
			header X-Email email
			upstream_token jwt ` + block + `
			` + more + `
		}
		reverse_proxy @UPSTREAM@
	}`
}

// passport is the token of the request that arrived last, verified.
func (w *world) passport(audience string) harness.Passport {
	w.t.Helper()
	return harness.ReadPassport(w.t, w.http, w.house.Issuer(), audience, w.up.last(w.t).Header)
}

// Whatever the caller came with, a JWT or a reference, the upstream gets a JWT for itself, and none of the caller's.
func TestTheUpstreamVerifiesItsTokenByTheIssuersName(t *testing.T) {
	for _, format := range []string{"jwt", "opaque"} {
		w := build(t, plan{sites: told("token "+format, "")})
		token := w.signedIn(w.Client(t), "scope", "openid shop")
		if isJWT := strings.Count(token, ".") == 2; isJWT != (format == "jwt") {
			t.Fatalf("the caller's token is %s", token)
		}
		if got := w.ask("GET", "/", token, "Cookie", "__Host-gatehouse-main-session=x"); got.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", format, got.Status)
		}
		p := w.passport(w.api)
		life := p.Claims["exp"].(float64) - p.Claims["iat"].(float64)
		if p.Type != "upstream+jwt" || p.JWT == token || life != 60 || p.Claims["client_id"] != "app" || p.Claims["scope"] != "openid shop" ||
			p.Claims["acr"] != "pwd" || p.Claims["auth_time"] == nil || p.Claims["sub"] == "" || p.Claims["sub"] == "app" {
			t.Errorf("%s: %s %v", format, p.Type, p.Claims)
		}
		if cookie := w.up.last(t).Header.Get("Cookie"); cookie != "" {
			t.Errorf("%s: the upstream sees the cookie %s", format, cookie)
		}
		service := w.token("shop")
		if w.ask("GET", "/", service); w.passport(w.api).Claims["sub"] != "app" {
			t.Errorf("%s: of a service: %v", format, w.passport(w.api).Claims)
		}

		// What may not pass brings nothing with it, and what needs no token neither.
		before := w.up.hits()
		for path, status := range map[string]int{"/vault/1": http.StatusForbidden, "/a;b": http.StatusBadRequest} {
			if got := w.ask("GET", path, service); got.StatusCode != status || w.up.hits() != before {
				t.Errorf("%s: %s is %s, %d hits", format, path, got.Status, w.up.hits()-before)
			}
		}
		if w.ask("GET", "/health", service); w.up.last(t).Header["Authorization"] != nil {
			t.Errorf("%s: a public path brings %v", format, w.up.last(t).Header)
		}
		if _, err := w.party("app").Revoke(service); err != nil {
			t.Fatal(err)
		}
		before = w.up.hits()
		if got := w.ask("GET", "/", service); got.StatusCode != http.StatusUnauthorized || w.up.hits() != before {
			t.Errorf("%s: a revoked token: %s", format, got.Status)
		}
	}
}

// TestThreat059_TheUpstreamsTokenOpensNothing: an upstream that is taken over, or that sends it on, has nothing in it
// for the guard it stands behind, another guard or an endpoint of the provider.
func TestThreat059_TheUpstreamsTokenOpensNothing(t *testing.T) {
	w := build(t, plan{sites: told("", ""), provider: "client watcher {\nsecret watchers-secret\ngrant_types client_credentials\nscopes shop\nintrospect @API@\n}"})
	token := w.signedIn(w.Client(t), "scope", "openid shop")
	w.ask("GET", "/", token)
	p, before := w.passport(w.api), w.up.hits()
	if got := w.ask("GET", "/", p.JWT); got.StatusCode != http.StatusUnauthorized || w.up.hits() != before {
		t.Errorf("at its own guard: %s", got.Status)
	}
	userinfo := harness.Get(t, w.http, w.house.Issuer()+"/userinfo", "Authorization", "Bearer "+p.JWT)
	if userinfo.StatusCode != http.StatusUnauthorized {
		t.Errorf("at userinfo: %s %s", userinfo.Status, userinfo.Text)
	}
	watcher := w.party("watcher")
	watcher.Secret = "watchers-secret"
	for what, wants := range map[string]string{p.JWT: `{"active":false}`, token: `"active":true`} {
		if told, err := watcher.Introspect(what); err != nil || !strings.Contains(told.Body, wants) {
			t.Errorf("at introspection: %v %s, want %s", err, told.Body, wants)
		}
	}
}

// A header of its own, for an upstream that wants the caller's token too.
func TestBothTokensForTheUpstream(t *testing.T) {
	w := build(t, plan{sites: told("forward_token", "{\naudience urn:orders\nheader X-Orders-Token\nlifetime 2m\nclaims name\n}")})
	token := w.token("shop")
	if got := w.ask("GET", "/", token, "X-Orders-Token", "forged", "X_Orders_Token", "forged"); got.StatusCode != http.StatusOK {
		t.Fatal(got.Status)
	}
	header := w.up.last(t).Header
	if header.Get("Authorization") != "Bearer "+token || header["X_orders_token"] != nil {
		t.Errorf("%v", header)
	}
	p := harness.ReadPassport(t, w.http, w.house.Issuer(), "urn:orders", http.Header{"Authorization": {"Bearer " + header.Get("X-Orders-Token")}})
	if life := p.Claims["exp"].(float64) - p.Claims["iat"].(float64); life != 120 {
		t.Errorf("it lives for %v s", life)
	}
}

// Keys are rotated and taken away while requests pass: each request brings a token that the keys of that moment verify.
func TestKeysChangeWhileTheUpstreamIsToldOfCallers(t *testing.T) {
	w := build(t, plan{sites: told("token opaque", "")})
	token := w.signedIn(w.Client(t), "scope", "openid shop")
	ask := func() harness.Passport {
		t.Helper()
		if got := w.ask("GET", "/", token); got.StatusCode != http.StatusOK {
			t.Fatal(got.Status)
		}
		return w.passport(w.api)
	}
	change := func(what string, body any) {
		t.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := harness.Read(http.Post(w.Admin+"/openid/main/keys/"+what, "application/json", bytes.NewReader(text)))
		if err != nil || answer.Status != http.StatusOK {
			t.Fatalf("%s: %v %v", what, answer, err)
		}
	}
	first := ask()
	if ask().JWT != first.JWT {
		t.Error("every request has another token")
	}
	change("rotate", struct{}{})
	if after := ask(); after.JWT != first.JWT { // still good, and its key published
		t.Error("a rotation makes what was remembered worthless")
	}
	var all sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got := w.ask("GET", "/", token); got.StatusCode != http.StatusOK {
					t.Errorf("meanwhile: %s", got.Status)
				}
			}
		})
	}
	for range 3 {
		removed := ask()
		change("remove", map[string]string{"kid": removed.KeyID})
		if after := ask(); after.KeyID == removed.KeyID || after.JWT == removed.JWT {
			t.Error("a removed key has signed it")
		}
	}
	close(stop)
	all.Wait()
}
