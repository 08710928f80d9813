package guard

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// saml is the other name of a sign-in by password.
const saml = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"

// needs wants a request to be answered with 401 and a challenge for another sign-in.
func (w *world) needs(path, token, challenge string) {
	w.t.Helper()
	before := w.up.hits()
	got := w.ask("GET", path, token)
	says := got.Header.Get("WWW-Authenticate")
	if got.StatusCode != http.StatusUnauthorized || w.up.hits() != before ||
		!strings.Contains(says, `error="insufficient_user_authentication"`) || !strings.HasSuffix(says, challenge) {
		w.t.Errorf("%s: %s, %d hits, %s", path, got.Status, w.up.hits()-before, says)
	}
}

// A client that does what the challenge says gets through.
func TestStepUpByAnotherACR(t *testing.T) {
	w := build(t, plan{sites: `@API@ {
		bind 127.0.0.1
		tls internal
		openid_guard main {
			audience @API@
			scopes shop
			require /vault/* vault {
				acr ` + saml + `
			}
		}
		reverse_proxy @UPSTREAM@
	}`})
	browser := w.Client(t)
	token := w.signedIn(browser, "scope", "openid shop")
	if got := w.ask("GET", "/", token); got.StatusCode != http.StatusOK {
		t.Fatalf("where nothing is asked: %s", got.Status)
	}
	challenge := `scope="shop vault", acr_values="` + saml + `"`
	w.needs("/vault/1", token, challenge)
	w.needs("/vault/1", w.token("shop vault"), challenge) // of a service, behind which is nobody
	if token = w.signedIn(browser, "scope", "shop vault", "acr_values", saml); w.ask("GET", "/vault/1", token).StatusCode != http.StatusOK {
		t.Error("what the challenge asked for is not enough")
	}
	if got := w.ask("GET", "/vault/1", w.signedIn(browser, "scope", "shop", "acr_values", saml)); got.StatusCode != http.StatusForbidden {
		t.Errorf("without the scope: %s", got.Status)
	}
}

func TestStepUpByAMoreRecentSignIn(t *testing.T) {
	w := build(t, plan{sites: `@API@ {
		bind 127.0.0.1
		tls internal
		openid_guard main {
			audience @API@
			scopes shop
			max_age 1h
			require /vault/* {
				max_age 4s
			}
		}
		reverse_proxy @UPSTREAM@
	}`})
	browser := w.Client(t)
	token := w.signedIn(browser, "scope", "openid shop")
	for deadline := time.Now().Add(time.Minute); w.ask("GET", "/vault/1", token).StatusCode == http.StatusOK; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the sign-in never gets too old")
		}
	}
	w.needs("/vault/1", token, `scope="shop", max_age="4"`)
	if got := w.ask("GET", "/", token); got.StatusCode != http.StatusOK {
		t.Errorf("elsewhere the same token is good: %s", got.Status)
	}
	// Without a page the provider cannot do it; with one the person signs in again.
	app := w.house.Web(browser)
	app.ID = "app"
	if _, err := app.Silent(browser, "scope", "shop", "resource", w.api, "max_age", "4"); err == nil || !strings.Contains(err.Error(), "login_required") {
		t.Errorf("silently: %v", err)
	}
	for attempt := range 5 { // on a slow machine an answer may be old when it arrives
		token = w.signedIn(browser, "scope", "shop", "max_age", "4")
		if got := w.ask("GET", "/vault/1", token); got.StatusCode == http.StatusOK {
			return
		}
		t.Logf("attempt %d was too slow", attempt)
	}
	t.Error("a new sign-in is not enough")
}

// What cannot be had by anybody is not accepted.
func TestASignInThatIsNotThereIsAFault(t *testing.T) {
	w := build(t, plan{sites: shop})
	options, sites := w.config(plan{sites: strings.Replace(shop, "scopes shop", "scopes shop\nrequire acr phr", 1)})
	if err := w.Load(t, options, sites); err == nil || !strings.Contains(err.Error(), "no sign-in here is phr") {
		t.Errorf("%v", err)
	}
	if got := harness.Get(t, w.http, w.api+"/health"); got.StatusCode != http.StatusOK {
		t.Errorf("what ran before runs no more: %s", got.Status)
	}
}
