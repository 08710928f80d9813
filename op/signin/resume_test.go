package signin

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/interaction"
)

func TestLoginPostedTwiceResumes(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	page := b.ask(h.pending(t), Prompt{})
	h.advance(time.Second)
	first := b.returned(b.login(page, "diana", dianasSecret))
	h.advance(time.Second)
	for _, password := range []string{dianasSecret, "", "typed by mistake"} {
		second := b.returned(b.login(page, " DIANA", password))
		if second.SessionID != first.SessionID || second.ID != first.ID {
			t.Errorf("second post goes on with %+v, first with %+v", second, first)
		}
	}
	if got := h.hashes.compared.Load(); got != 1 {
		t.Errorf("%d hashes compared, want 1", got)
	}
}

// A session from before the request does not stand in for the login that prompt=login asks for.
func TestMust011_AnOlderSessionDoesNotAnswerALogin(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn("diana", dianasSecret)
	before := b.session()
	h.advance(time.Minute)
	page := b.ask(h.pending(t), Prompt{LoginHint: "diana"})
	wantProblem(t, b.login(page, "diana", "wrong"), http.StatusOK, wrongText)
	h.advance(time.Second)
	b.returned(b.login(page, "diana", dianasSecret))
	after := b.session()
	if after.ID != before.ID || !after.AuthTime.Equal(h.now()) {
		t.Errorf("session was %+v, is %+v", before, after)
	}
}

func TestAnotherPersonsLoginIsJudgedThoughSomebodyIsSignedIn(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	page := b.ask(h.pending(t), Prompt{})
	h.advance(time.Second)
	b.returned(b.login(page, "diana", dianasSecret))
	dianas := b.session()
	wantProblem(t, b.login(page, "babs", "wrong"), http.StatusOK, wrongText)
	i := b.returned(b.login(page, "babs", "howes"))
	if sess := b.session(); sess.Account != "babs" || sess.ID == dianas.ID || i.SessionID != sess.ID {
		t.Errorf("session is %+v", sess)
	}
	ended, err := h.SignIn.Sessions.Get(context.Background(), dianas.ID)
	if err != nil || !ended.Ended() {
		t.Errorf("the first person's session is %+v, %v", ended, err)
	}
}

func TestThreat081_TheCookieChangesAtEveryLogin(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn("diana", dianasSecret)
	id, old := b.session().ID, b.cookies[sessionCookie]
	h.advance(time.Second)
	b.signIn("diana", dianasSecret)
	if b.cookies[sessionCookie] == old || b.session().ID != id {
		t.Error("the cookie stayed or the session went")
	}
	b.cookies[sessionCookie] = old
	if b.session() != nil {
		t.Error("the old cookie is still good")
	}
}

func TestStaleFormAsksAgainAndDoesNotJudge(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	asked := h.pending(t)
	page := b.ask(asked, Prompt{Client: webShop})
	h.advance(31 * time.Minute)
	w := b.login(page, "diana", dianasSecret)
	wantProblem(t, w, http.StatusOK, staleText)
	wantProblem(t, w, http.StatusOK, "<bdi>Web shop</bdi>")
	if h.hashes.compared.Load() != 0 || b.session() != nil {
		t.Error("a stale form was judged")
	}
	i := b.returned(b.login(w, "diana", dianasSecret))
	if i.ID == asked.ID || !i.Received.Equal(h.now()) || string(i.Request) != string(asked.Request) {
		t.Errorf("request goes on as %+v", i)
	}
}

func TestSelectionGoesOnWithTheAccountShown(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn("diana", dianasSecret)
	page := b.ask(h.pending(t), Prompt{Client: webShop, Select: true})
	wantProblem(t, page, http.StatusOK, "<strong>Diana Krall</strong>")
	i := b.returned(b.post(url.Values{"interaction": {sealed(t, page)}, "account": {"current"}}))
	if !i.Selected || i.SessionID != b.session().ID {
		t.Errorf("request goes on as %+v", i)
	}
	other := b.post(url.Values{"interaction": {sealed(t, page)}, "account": {"other"}})
	wantProblem(t, other, http.StatusOK, `name="password"`)
	if i := b.returned(b.login(other, "babs", "howes")); !i.Selected || i.SessionID != b.session().ID || b.session().Account != "babs" {
		t.Errorf("request goes on as %+v", i)
	}
}

// Somebody else signed in in another tab after the choice was shown: the choice is not theirs.
func TestSelectionDoesNotCountForAnotherSession(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn("diana", dianasSecret)
	page := b.ask(h.pending(t), Prompt{Select: true})
	b.signIn("babs", "howes")
	w := b.post(url.Values{"interaction": {sealed(t, page)}, "account": {"current"}})
	wantProblem(t, w, http.StatusOK, `name="password"`)

	login := b.ask(h.pending(t), Prompt{}) // a page that offered no account
	w = b.post(url.Values{"interaction": {sealed(t, login)}, "account": {"current"}})
	wantProblem(t, w, http.StatusOK, `name="password"`)
}

func TestSelectionWithoutASessionIsALogin(t *testing.T) {
	h := newHouse(t)
	wantProblem(t, h.browser().ask(h.pending(t), Prompt{Select: true}), http.StatusOK, `name="password"`)
}

func TestThreat020_ASessionEndsWithItsUserAndPassword(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(h *house)
	}{
		{"disabled", func(h *house) { h.users[0].Disabled = true }},
		{"new password", func(h *house) { h.users[0].PasswordHash = "hash:new" }},
		{"removed", func(h *house) { h.users = h.users[1:] }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			b := h.browser()
			page := b.ask(h.pending(t), Prompt{})
			b.returned(b.login(page, "diana", dianasSecret))
			tt.change(h)
			h.SignIn = h.build()
			wantProblem(t, b.get("/login"), http.StatusOK, `name="password"`)
			wantProblem(t, b.ask(h.pending(t), Prompt{Select: true}), http.StatusOK, `name="password"`)
			wantProblem(t, b.login(page, "diana", dianasSecret), http.StatusOK, wrongText)
		})
	}
}

// A compressed page that repeats its secret lets an observer guess it byte by byte.
func TestThreat099_NoTwoPagesHoldTheSameToken(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	seen := map[string]bool{}
	for range 50 {
		seen[sealed(t, b.get("/login"))] = true
	}
	if len(seen) != 50 {
		t.Errorf("%d tokens on 50 pages", len(seen))
	}
	if w := b.get("/login"); w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("headers are %v", w.Header())
	}
}

func TestThreat010_NothingInTheRequestChoosesWhereToGo(t *testing.T) {
	h := newHouse(t)
	for _, evil := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "/%09/evil.example", "javascript:alert(1)"} {
		b := h.browser()
		page := b.get("/login?" + url.Values{"next": {evil}, "return_to": {evil}, "redirect_uri": {evil}, "interaction": {evil}}.Encode())
		w := b.post(url.Values{
			"interaction": {sealed(t, page)}, "username": {"diana"}, "password": {dianasSecret},
			"next": {evil}, "return_to": {evil}, "action": {evil},
		})
		if w.Header().Get("Location") != issuer+"/login" {
			t.Errorf("%s: goes to %q", evil, w.Header().Get("Location"))
		}
		if strings.Contains(page.Body.String(), "evil") {
			t.Errorf("%s stands in the page", evil)
		}
	}
}

func TestALoginForTheAccountPageReturnsThere(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	page := b.ask(h.SignIn.Interactions.Receive(interaction.NextAccount, nil), Prompt{})
	for range 2 { // the second is a click too much
		w := b.login(page, "diana", dianasSecret)
		if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != issuer+"/account" {
			t.Errorf("%d to %q", w.Code, got)
		}
		h.advance(time.Second)
	}
	if signedIn := b.get("/login").Body.String(); !strings.Contains(signedIn, `href="`+issuer+`/account"`) {
		t.Error("the signed-in page does not lead to the account page")
	}
}
