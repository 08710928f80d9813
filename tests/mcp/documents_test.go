package mcp

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// A client that nobody registered or configured signs a person in, on any port of their device and without naming a
// scope; what it got outlives its document.
func TestThreat047_AClientThatIsDescribedByADocument(t *testing.T) {
	w := newWorld(t)
	id := w.docs.put("/client.json", `,"client_name":"Desk","token_endpoint_auth_method":"none"`, onDevice)
	browser := w.Client(t)
	p := w.party(id, "http://127.0.0.1:4711/callback")
	tokens := w.signIn(p, browser)
	if tokens.Scope != harness.HouseScope || tokens.RefreshToken == "" || w.guarded(tokens.AccessToken) != http.StatusOK {
		t.Fatalf("%s: scope %q", tokens, tokens.Scope)
	}
	w.docs.remove("/client.json")
	asked := w.docs.times("/client.json")
	again, err := p.Refresh(tokens.RefreshToken, "resource", harness.HouseAudience)
	if err != nil || again.Scope != harness.HouseScope || w.guarded(again.AccessToken) != http.StatusOK {
		t.Errorf("refreshed: %v, %v", again, err)
	}
	for range 20 {
		if status := w.guarded(tokens.AccessToken); status != http.StatusOK {
			t.Fatalf("the guard: %d", status)
		}
	}
	if now := w.docs.times("/client.json"); now != asked || asked != 1 {
		t.Errorf("asked %d times, and %d times for tokens", asked, now-asked)
	}
	// Neither skip nor memory: any program of the device can say that it is this client.
	if code, err := w.party(id, "http://127.0.0.1:4712/callback").Silent(browser, "resource", harness.HouseAudience); err == nil || !strings.Contains(err.Error(), "consent_required") {
		t.Errorf("a silent answer: %v, %v", code.Value != "", err)
	}
}

// TestThreat050_ThePageSaysWhoIsBehindADocument: its host, where the answer goes, and that nobody checked it.
func TestThreat050_ThePageSaysWhoIsBehindADocument(t *testing.T) {
	w := newWorld(t)
	host := strings.TrimPrefix(w.docs.URL, "https://")
	id := w.docs.put("/desk", `,"client_name":"Your bank"`, onDevice, onTheWeb)
	for redirect, wants := range map[string][]string{
		onDevice: {"127.0.0.1 <small>(this device)</small>", "any program here can say that it is this application", "described by <strong>" + host},
		onTheWeb: {"desk.example", "Go on only if you trust <strong>desk.example</strong>", "described by <strong>" + host},
	} {
		browser := w.Client(t)
		address, _ := w.party(id, redirect).AuthorizationURL("resource", harness.HouseAudience)
		page := harness.Get(t, browser, address)
		for page.StatusCode == http.StatusSeeOther || harness.FormOf(t, page).Fields.Has("password") {
			if page.StatusCode == http.StatusSeeOther {
				location, err := page.Location()
				if err != nil {
					t.Fatal(err)
				}
				page = harness.Get(t, browser, location.String())
				continue
			}
			page = harness.Submit(t, browser, harness.FormOf(t, page), "username", harness.Person, "password", harness.Password)
		}
		for _, want := range wants {
			if !strings.Contains(page.Text, want) {
				t.Errorf("%s: the page lacks %q:\n%s", redirect, want, page.Text)
			}
		}
	}
}

// TestThreat041_NobodyElseIsAsked: the list is looked at first, and so is the form of the URL; a document that lies
// is a page and no redirect.
func TestThreat041_NobodyElseIsAsked(t *testing.T) {
	w := newWorld(t)
	other := newLibrary(t)
	refused := map[string]string{
		"another host":        other.put("/client.json", "", onDevice),
		"a query":             w.docs.URL + "/client.json?a=b",
		"a dot segment":       w.docs.URL + "/a/../client.json",
		"no path":             w.docs.URL,
		"user information":    strings.Replace(w.docs.URL, "https://", "https://u@", 1) + "/client.json",
		"another's document":  w.docs.URL + "/lies.json",
		"nothing there":       w.docs.URL + "/nothing.json",
		"with a secret":       w.docs.put("/secret.json", `,"client_secret":"s"`, onDevice),
		"with another method": w.docs.put("/post.json", `,"token_endpoint_auth_method":"client_secret_post"`, onDevice),
	}
	w.docs.put("/client.json", "", onDevice)
	w.docs.files["/lies.json"] = w.docs.files["/client.json"]
	for name, id := range refused {
		address, _ := w.party(id, onDevice).AuthorizationURL("resource", harness.HouseAudience)
		if page := harness.Get(t, w.Client(t), address); page.StatusCode != http.StatusBadRequest || page.Header.Get("Location") != "" {
			t.Errorf("%s: %s %s", name, page.Status, page.Header.Get("Location"))
		}
	}
	if other.times("/client.json")+w.docs.times("/client.json") != 0 {
		t.Error("somebody was asked who must not be")
	}
}

// A reload without the documents ends what was granted to their clients on the next request; the resource is kept
// through a silent answer before that.
func TestWithoutDocumentsTheirTokensAreDead(t *testing.T) {
	w := newWorld(t)
	id := w.docs.put("/web", "", onTheWeb)
	browser := w.Client(t)
	p := w.party(id, onTheWeb)
	w.signIn(p, browser)
	code, err := p.Silent(browser, "resource", harness.HouseAudience)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := p.Redeem(code)
	if err != nil || w.guarded(tokens.AccessToken) != http.StatusOK {
		t.Fatalf("%v, %v", tokens, err)
	}
	without := w.house.With(func(h *harness.House) { h.Provider = "registration open" })
	if err := w.Load(t, without.Options(), without.Sites()); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); w.guarded(tokens.AccessToken) != http.StatusUnauthorized; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the token lives on")
		}
	}
	// By connections of their own: some may still meet the old configuration.
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		again, err := w.party(id, onTheWeb).Refresh(tokens.RefreshToken)
		if err == nil && again.Error == "invalid_client" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("refresh: %v, %v", again, err)
		}
	}
}
