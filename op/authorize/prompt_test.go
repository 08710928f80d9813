package authorize_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

const own = "https://own.example.com/cb"

func TestMust010_PromptNoneNeverShowsAPage(t *testing.T) {
	h := newHouse(t)
	none := func(changes ...string) []string { return append([]string{"prompt=none"}, changes...) }
	h.browser().authorize(asking("web", callback, none()...)).wantError(callback, "login_required")

	b := h.signedIn("diana", "krall")
	b.authorize(asking("web", callback, none()...)).wantError(callback, "consent_required")
	b.authorize(asking("own", own, none()...)).code(own)
	h.wait(time.Minute)
	b.authorize(asking("own", own, none("max_age=59")...)).wantError(own, "login_required")
	b.authorize(asking("own", own, none("max_age=0")...)).wantError(own, "login_required")
	b.authorize(asking("own", own, none("max_age=61")...)).code(own)
	b.authorize(asking("own", own, none("max_age=99999999999999999999")...)).code(own)
	for _, other := range []string{"login", "consent", "select_account"} {
		b.authorize(asking("own", own, "prompt=none "+other)).wantError(own, "invalid_request")
	}
	h.wait(12 * time.Hour)
	b.authorize(asking("own", own, none()...)).wantError(own, "login_required")
}

func TestMust011_PromptLoginAndMaxAgeZeroAskAgain(t *testing.T) {
	for _, change := range []string{"prompt=login", "max_age=0", "max_age=30"} {
		t.Run(change, func(t *testing.T) {
			h := newHouse(t)
			b := h.signedIn("diana", "krall")
			h.wait(time.Minute)
			received := h.now()
			page := b.authorize(asking("own", own, change))
			page.wantPage("login")
			h.wait(time.Minute)
			// A wrong password is no authentication.
			page = b.signIn(page, "diana", "wrong")
			g := h.granted(b.signIn(page, "diana", "krall").code(own))
			if g.AuthTime.Before(received) {
				t.Errorf("auth_time %v is from before the request at %v", g.AuthTime, received)
			}
			h.wait(time.Minute)
			b.authorize(asking("own", own, change)).wantPage("login")
		})
	}
}

func TestThreat108_AResumedRequestAsksEverythingAgain(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("web", callback))
	for name, end := range map[string]func(){
		"the session is gone": func() { delete(b.cookies, sessionCookie) },
		"the session ended": func() {
			sess, err := h.sessions.Current(t.Context(), b.request())
			if err == nil {
				err = h.sessions.End(t.Context(), sess.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b = h.signedIn("diana", "krall")
			page = b.authorize(asking("web", callback))
			end()
			b.decide(page, "allow").wantPage("login")
			if h.count(store.Codes) != 0 {
				t.Error("a code was issued to nobody")
			}
		})
	}
}

func (b *browser) request() *http.Request {
	r := newRequest(http.MethodGet, issuer+"/", nil)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

func TestSelectAccount(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("own", own, "prompt=select_account"))
	page.wantPage("select")
	if !strings.Contains(page.body, "Diana Krall") {
		t.Error("the page does not show who is signed in")
	}
	if g := h.granted(b.submit(page, "account", "current").code(own)); g.Account != "diana" {
		t.Errorf("Account = %s", g.Account)
	}

	page = b.authorize(asking("own", own, "prompt=select_account"))
	login := b.submit(page, "account", "other")
	if g := h.granted(b.signIn(login, "babs", "howes").code(own)); g.Account != "babs" {
		t.Errorf("Account = %s", g.Account)
	}

	fresh := h.browser()
	fresh.signIn(fresh.authorize(asking("own", own, "prompt=select_account")), "diana", "krall").code(own)
}

func TestAChoiceForAnotherSessionIsNone(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	page := b.authorize(asking("own", own, "prompt=select_account"))
	chosen := b.once(newRequest(http.MethodPost, page.form().action, page.filled("account", "current")))
	b.signIn(b.send(newRequest(http.MethodGet, issuer+"/login?prompt=login", nil)), "babs", "howes")
	h.wait(time.Second)
	got := b.send(newRequest(http.MethodGet, chosen.location(), nil))
	got.wantPage("select")
	if h.count(store.Codes) != 0 {
		t.Error("a choice made by one person counted for another")
	}
	if g := h.granted(b.submit(got, "account", "current").code(own)); g.Account != "babs" {
		t.Errorf("Account = %s: the choice was another", g.Account)
	}
}

func TestLoginHintFillsInTheName(t *testing.T) {
	page := newHouse(t).browser().authorize(asking("web", callback, "login_hint=diana"))
	page.wantPage("login")
	if !strings.Contains(page.body, `value="diana"`) {
		t.Errorf("the login page does not begin with the hint:\n%s", page.body)
	}
}

func (h *house) hint(clientID, subject string) string {
	h.t.Helper()
	token, err := h.idToken(clientID, idtoken.Request{Subject: subject})
	if err != nil {
		h.t.Fatal(err)
	}
	return "id_token_hint=" + token
}

func TestMust012_IDTokenHint(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("babs", "howes")
	h.wait(time.Minute)

	b.authorize(asking("own", own, h.hint("own", "sub-of-babs"))).code(own)
	b.authorize(asking("own", own, h.hint("own", "sub-of-babs"), "prompt=none")).code(own)
	b.authorize(asking("own", own, h.hint("own", "another"), "prompt=none")).wantError(own, "login_required")
	b.authorize(asking("own", own, h.hint("web", "sub-of-babs"), "prompt=none")).wantError(own, "login_required")
	b.authorize(asking("own", own, h.hint("web", "sub-of-babs"))).wantError(own, "login_required")

	foreign := newHouse(t)
	b.authorize(asking("own", own, foreign.hint("own", "sub-of-babs"))).wantError(own, "login_required")

	old := h.hint("own", "sub-of-babs")
	h.wait(time.Hour)
	b.authorize(asking("own", own, old)).code(own)

	t.Run("the right person may sign in", func(t *testing.T) {
		other := h.signedIn("diana", "krall")
		page := other.authorize(asking("own", own, h.hint("own", "sub-of-babs")))
		other.signIn(page, "babs", "howes").code(own)
	})
	t.Run("the wrong one is told once", func(t *testing.T) {
		other := h.signedIn("babs", "howes")
		h.wait(time.Minute)
		page := other.authorize(asking("own", own, h.hint("own", "another")))
		h.wait(time.Second)
		other.signIn(page, "diana", "krall").wantError(own, "login_required")
	})
	t.Run("nothing is revealed", func(t *testing.T) {
		bodies := map[string]bool{}
		for _, hint := range []string{h.hint("web", "sub-of-babs"), "id_token_hint=garbage", foreign.hint("own", "x")} {
			answer := b.authorize(asking("own", own, hint)).answer(own)
			answer.Del("session_state") // salted
			bodies[answer.Encode()] = true
		}
		if len(bodies) != 1 {
			t.Errorf("bad hints are told apart: %v", bodies)
		}
	})
}

func TestThreat021_ASessionDoesNotOutliveItsUser(t *testing.T) {
	for name, change := range map[string]func(*house){
		"disabled":         func(h *house) { h.users[0].Disabled = true },
		"another password": func(h *house) { h.users[0].PasswordHash = "new" },
		"removed":          func(h *house) { h.users = h.users[1:] },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			b := h.signedIn("diana", "krall")
			page := b.authorize(asking("web", callback))
			change(h)
			h.build()
			b.authorize(asking("own", own)).wantPage("login")
			b.authorize(asking("own", own, "prompt=none")).wantError(own, "login_required")
			b.decide(page, "allow").wantPage("login")
		})
	}
}
