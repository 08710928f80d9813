package device

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func TestADeviceIsLetIn(t *testing.T) {
	h := newHouse(t)
	begun, b := h.begin("tv", "openid offline_access api:read"), h.signedIn("alice")
	page := b.question(begun)
	if !says(page, "Connect Living room TV?", "Is this code shown on your device?", begun.UserCode, "Alice Example", "api:read", granttest.API) || page.Code != http.StatusOK {
		t.Errorf("%d\n%s", page.Code, page.Body)
	}
	done := b.follow(b.press(page, "allow"))
	if done.Code != http.StatusOK || !says(done, "Device connected") {
		t.Errorf("%d\n%s", done.Code, done.Body)
	}
	issued, err := h.fetch("tv", begun)
	if err != nil {
		t.Fatal(err)
	}
	g := issued.Grant
	if g.Account != "alice" || !g.Offline || !g.Refresh || issued.RefreshToken == "" || g.SID == "" || issued.SID != g.SID || g.ACR != "pwd" ||
		g.AuthTime.IsZero() || g.ConsentKey != consent.Key("alice", "tv") {
		t.Errorf("%+v", g)
	}
	sid, err := h.Sessions.SID(t.Context(), mustCurrent(t, b), "tv")
	if err != nil || sid != g.SID {
		t.Errorf("the client has not joined the session: %q, %v", sid, err)
	}
	if _, err := h.Consents.Withdraw(t.Context(), "alice", "tv"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Grants.Introspect(t.Context(), issued.AccessToken); err == nil {
		t.Error("it outlives the consent that the person took back")
	}
}

// TestThreat114_SignInComesFirst: nothing is looked up, counted or told before, and the code comes back afterwards.
func TestThreat114_SignInComesFirst(t *testing.T) {
	h := newHouse(t)
	begun := h.begin("tv", "openid")
	b := h.browser()
	page := b.get("?user_code=" + begun.UserCode)
	if !says(page, `name="password"`) || says(page, "Living room TV") {
		t.Errorf("%s", page.Body)
	}
	if page := b.post("interaction", "x", "user_code", begun.UserCode); !says(page, `name="password"`) {
		t.Errorf("%d %s", page.Code, page.Body)
	}
	b.SignIn("alice")
	r := b.Request(http.MethodPost, "/login", map[string][]string{"interaction": {granttest.Sealed(t, page)}, "username": {"alice"}, "password": {"wrong"}})
	w := httptest.NewRecorder()
	h.signIn.ServeHTTP(w, r) // has signed in meanwhile: the form goes on
	if to := w.Header().Get("Location"); to != granttest.Issuer+"/device?user_code="+begun.UserCode {
		t.Errorf("%d to %q", w.Code, to)
	}
	// And a link with the code in it still asks for the code, and then asks again.
	entered := b.get("?user_code=" + strings.ToLower(begun.UserCode))
	if !says(entered, `value="`+begun.UserCode+`"`) || says(entered, "Living room TV") || !h.stored(begun).Waits() {
		t.Errorf("%s", entered.Body)
	}
	if bad := b.get("?user_code=%22%3E%3Cscript%3E"); bad.Code != http.StatusOK || strings.Contains(bad.Body.String(), "<script>") || !strings.Contains(bad.Body.String(), `type="text" value=""`) {
		t.Errorf("%s", bad.Body)
	}
}

// TestThreat114_RememberedConsentSparesNothing: neither an earlier yes nor the operator's skip.
func TestThreat114_RememberedConsentSparesNothing(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("alice")
	for _, id := range []string{"tv", "tv", "box"} {
		begun := h.begin(id, "openid")
		page := b.question(begun)
		if !says(page, "Is this code shown on your device?", "would get into your account") || !h.stored(begun).Waits() {
			t.Errorf("%s: %s", id, page.Body)
		}
		b.follow(b.press(page, "allow"))
		if !h.stored(begun).Allowed() {
			t.Errorf("%s: not allowed", id)
		}
	}
	given, err := h.Consents.Get(t.Context(), "alice", "tv")
	if err != nil || !given.Standing() || len(given.RedirectURIs) != 0 {
		t.Errorf("%+v, %v", given, err)
	}
}

func TestADenialStands(t *testing.T) {
	h := newHouse(t)
	begun, b := h.begin("tv", "openid"), h.signedIn("alice")
	page := b.question(begun)
	if done := b.follow(b.press(page, "deny")); !says(done, "Nothing was allowed") {
		t.Errorf("%s", done.Body)
	}
	if again := b.press(page, "allow"); again.Code != http.StatusConflict || !says(again, "Already answered") {
		t.Errorf("%d %s", again.Code, again.Body)
	}
	if a := h.stored(begun); a.Waits() || a.Allowed() {
		t.Errorf("%+v", a)
	}
	if w := b.enter(begun.UserCode); !says(w, "No device waits with that code") {
		t.Errorf("the code leads to a second question: %s", w.Body)
	}
}

// TestThreat114_AnAnswerFitsItsQuestion: what the client may have, or is called, can change while the page is open.
func TestThreat114_AnAnswerFitsItsQuestion(t *testing.T) {
	h := newHouse(t)
	begun, b := h.begin("tv", "openid api:read"), h.signedIn("alice")
	page := b.question(begun)
	for name, edit := range map[string]func(c *client.Client){
		"another name": func(c *client.Client) { c.Name = "Your bank" },
		"less":         func(c *client.Client) { c.Scopes = c.Scopes.Without([]string{"api:read"}) },
	} {
		other := furnish(t, h.World, change(standard(), "tv", edit), h.budgets)
		there := b.at(other)
		if asked := there.press(page, "allow"); asked.Code != http.StatusOK || !says(asked, "Is this code shown on your device?") {
			t.Errorf("%s: %d %s", name, asked.Code, asked.Body)
		}
	}
	for name, cfg := range map[string]granttest.Config{
		"gone":                standard().Without("tv"),
		"disabled":            change(standard(), "tv", func(c *client.Client) { c.Disabled = true }),
		"not for devices now": change(standard(), "tv", func(c *client.Client) { c.GrantTypes = nil; c.RedirectURIs = []string{granttest.Redirect} }),
	} {
		there := b.at(furnish(t, h.World, cfg, h.budgets))
		if w := there.press(page, "allow"); w.Code != http.StatusOK || !says(w, "That code is too old") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if !h.stored(begun).Waits() {
		t.Error("it was answered")
	}
}

func TestACodeExpiresWhileItIsLookedAt(t *testing.T) {
	h := newHouse(t)
	begun, b := h.begin("tv", "openid"), h.signedIn("alice")
	found := b.enter(begun.UserCode)
	page := b.follow(found)
	h.Clock.Advance(grant.DeviceCode)
	for name, w := range map[string]*httptest.ResponseRecorder{"pressed": b.press(page, "allow"), "looked at": b.follow(found)} {
		if !says(w, "That code is too old") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if !says(b.enter(begun.UserCode), "No device waits") {
		t.Error("it is found")
	}
	if a := h.stored(begun); !a.Waits() {
		t.Errorf("%+v", a)
	}
}

// TestThreat114_ALockedUserGetsNothing: what was allowed before does not help, nor does what comes after.
func TestThreat114_ALockedUserGetsNothing(t *testing.T) {
	for name, lock := range map[string]func(h *house, b *browser) *house{
		"disabled": func(h *house, _ *browser) *house {
			cfg := standard()
			alice := *cfg.Users[0]
			alice.Disabled = true
			cfg.Users[0] = &alice
			return furnish(t, h.World, cfg, h.budgets)
		},
		"another password": func(h *house, _ *browser) *house {
			cfg := standard()
			alice := *cfg.Users[0]
			alice.PasswordHash = "$plain$other"
			cfg.Users[0] = &alice
			return furnish(t, h.World, cfg, h.budgets)
		},
		"gone": func(h *house, _ *browser) *house { return furnish(t, h.World, standard().Without("alice"), h.budgets) },
		"client disabled": func(h *house, _ *browser) *house {
			return furnish(t, h.World, change(standard(), "tv", func(c *client.Client) { c.Disabled = true }), nil)
		},
		"signed out":     func(h *house, b *browser) *house { return must(h, h.Sessions.End(t.Context(), mustCurrent(t, b).ID)) },
		"out everywhere": func(h *house, _ *browser) *house { return must(h, h.Sessions.CutOff(t.Context(), "alice")) },
		"consent withdrawn": func(h *house, _ *browser) *house {
			_, err := h.Consents.Withdraw(t.Context(), "alice", "tv")
			return must(h, err)
		},
	} {
		h := newHouse(t)
		begun, b := h.begin("tv", "openid"), h.signedIn("alice")
		b.press(b.question(begun), "allow")
		h = lock(h, b)
		if issued, err := h.fetch("tv", begun); err == nil {
			t.Errorf("%s: %+v", name, issued)
		}
	}
}

func must(h *house, err error) *house {
	if err != nil {
		h.t.Fatal(err)
	}
	return h
}

// TestThreat113_CodesCannotBeTried: the page counts by person, and a right code of their own gives nothing back.
func TestThreat113_CodesCannotBeTried(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("bob")
	own := h.begin("tv", "openid")
	for range 10 {
		b.question(own) // a right one
		if w := b.enter("bbbbbbbb"); !says(w, "No device waits") {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	w := b.enter("BBBB-BBBC")
	if w.Code != http.StatusTooManyRequests || !says(w, "Too many codes were tried") || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := b.enter(own.UserCode); w.Code != http.StatusTooManyRequests {
		t.Errorf("a right one tells: %d", w.Code)
	}
	if w := h.signedIn("alice").enter(own.UserCode); w.Code != http.StatusSeeOther {
		t.Errorf("another person: %d", w.Code)
	}
}

func TestFaultsOfTheStoreAllowNothing(t *testing.T) {
	h := newHouse(t)
	begun, b := h.begin("tv", "openid"), h.signedIn("alice")
	page := b.question(begun)
	for _, kind := range []store.Kind{store.DeviceCodes, store.Sessions, store.Accounts, store.Consents} {
		h.Faults.FailReads(func(k store.Kind) bool { return k == kind })
		if w := b.press(page, "allow"); w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s", kind, w.Code, w.Body)
		}
		h.Faults.FailReads(nil)
	}
	h.Faults.FailWrites(func([]store.Change) bool { return true })
	if w := b.press(page, "allow"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	h.Faults.FailWrites(nil)
	h.Faults.Contend(true)
	if w := b.press(page, "allow"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	h.Faults.Contend(false)
	if !h.stored(begun).Waits() {
		t.Error("it was answered")
	}
	h.Faults.FailReads(func(k store.Kind) bool { return k == store.DeviceCodes })
	for range 20 { // what was not judged is no guess
		if w := b.post("interaction", granttest.Sealed(t, b.get("")), "user_code", begun.UserCode); w.Code != http.StatusServiceUnavailable {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	h.Faults.FailReads(nil)
	if w := b.follow(b.press(page, "allow")); !says(w, "Device connected") {
		t.Errorf("%s", w.Body)
	}
}
