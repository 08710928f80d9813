package signin

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int, text string) {
	t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), text) {
		t.Errorf("answer is %d: %s\nwant %d with %q", w.Code, w.Body, status, text)
	}
}

const (
	wrongText   = "do not go together"
	throttled   = "Too many attempts"
	staleText   = "open for too long"
	foreignText = "the form does not belong to this browser"
)

func TestLoginGoesBackToTheAuthorizationEndpoint(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	asked := h.pending(t)
	page := b.ask(asked, Prompt{Client: webShop, LoginHint: "diana"})
	wantProblem(t, page, http.StatusOK, "<bdi>Web shop</bdi>")
	wantProblem(t, page, http.StatusOK, `value="diana"`)
	h.advance(time.Second)
	i := b.returned(b.login(page, "diana", dianasSecret))
	sess := b.session()
	if sess == nil || sess.Account != "diana" || sess.ACR != ACRPassword || !cmp.Equal(sess.AMR, []string{"pwd"}) {
		t.Fatalf("session is %+v", sess)
	}
	if !sess.AuthTime.Equal(h.now()) {
		t.Errorf("auth_time is %v", sess.AuthTime)
	}
	asked.SessionID, asked.Selected, asked.LoginHint = sess.ID, true, "diana"
	if diff := cmp.Diff(asked, i); diff != "" {
		t.Error(diff)
	}
}

func TestLoginWithoutAnApplicationEndsAtTheSignedInPage(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	w := b.login(b.get("/login"), "diana", dianasSecret)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != issuer+"/login" {
		t.Fatalf("answer is %d to %q", w.Code, w.Header().Get("Location"))
	}
	wantProblem(t, b.get("/login"), http.StatusOK, "<strong>Diana Krall</strong><span>diana</span>")
	wantProblem(t, b.get("/login?prompt=login"), http.StatusOK, `name="password"`)
}

// The client's name must not get lost when the page is shown again.
func TestWrongPasswordShowsThePageAgain(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	w := b.login(b.ask(h.pending(t), Prompt{Client: webShop}), "diana", "wrong")
	wantProblem(t, w, http.StatusOK, wrongText)
	wantProblem(t, w, http.StatusOK, "<bdi>Web shop</bdi>")
	wantProblem(t, w, http.StatusOK, `value="diana"`)
	if b.session() != nil {
		t.Error("a wrong password made a session")
	}
	b.returned(b.login(w, "diana", dianasSecret))
}

func TestNoSignInWithoutTheRightPassword(t *testing.T) {
	for _, tt := range []struct{ name, username, password string }{
		{"wrong password", "diana", "wrong"},
		{"other person's password", "babs", dianasSecret},
		{"no password", "diana", ""},
		{"no name", "", dianasSecret},
		{"unknown", "nobody", dianasSecret},
		{"disabled", "upper", "crust"},
		{"name no account can have", "di\x00ana", dianasSecret},
		{"password with a blank", "diana", dianasSecret + " "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			b := h.browser()
			wantProblem(t, b.login(b.get("/login"), tt.username, tt.password), http.StatusOK, wrongText)
			if b.session() != nil {
				t.Error("somebody is signed in")
			}
			if got := h.hashes.compared.Load(); got != 1 {
				t.Errorf("%d hashes were compared, want 1 for every failure", got)
			}
		})
	}
}

func TestThreat101_UnknownAndKnownNamesGetTheSameAnswer(t *testing.T) {
	answers := map[string]string{}
	for _, name := range []string{"diana", "upper", "nosuch"} {
		h := newHouse(t)
		b := h.browser()
		var all strings.Builder
		page := b.ask(h.pending(t), Prompt{Client: webShop, LoginHint: name})
		for range 7 { // into the throttle and beyond
			w := b.login(page, name, "wrong")
			all.WriteString(hidden.ReplaceAllString(strings.ReplaceAll(w.Body.String(), name, "NAME"), "SEALED"))
			header := w.Header().Clone()
			encoded, err := json.Marshal(map[string]any{"status": w.Code, "header": header})
			if err != nil {
				t.Fatal(err)
			}
			all.Write(encoded)
		}
		answers[name] = all.String()
	}
	for _, name := range []string{"upper", "nosuch"} {
		if diff := cmp.Diff(answers["diana"], answers[name]); diff != "" {
			t.Errorf("%s differs from diana:\n%s", name, diff)
		}
	}
}

func TestThreat088_OtherMethodsDoNothing(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	form := url.Values{"interaction": {sealed(t, b.get("/login"))}, "username": {"diana"}, "password": {dianasSecret}}
	for _, method := range []string{"HEAD", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "CONNECT", "post"} {
		w := httptest.NewRecorder()
		r := b.request(http.MethodPost, "/login", form)
		r.Method = method
		r.Header.Set("X-HTTP-Method-Override", "POST")
		h.SignIn.ServeHTTP(w, r)
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, POST" || len(w.Result().Cookies()) > 0 {
			t.Errorf("%s: %d, %v", method, w.Code, w.Header())
		}
	}
}

func TestMust019_LoginPostsWithoutTheirTokenAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		post func(h *house, b *browser, form url.Values) *httptest.ResponseRecorder
		want string
	}{
		{"no token", func(_ *house, b *browser, form url.Values) *httptest.ResponseRecorder {
			form.Del("interaction")
			return b.post(form)
		}, foreignText},
		{"no browser cookie", func(_ *house, b *browser, form url.Values) *httptest.ResponseRecorder {
			b.cookies = map[string]string{}
			return b.post(form)
		}, foreignText},
		{"another browser", func(h *house, _ *browser, form url.Values) *httptest.ResponseRecorder {
			other := h.browser()
			other.get("/login")
			return other.post(form)
		}, foreignText},
		{"seal of the way back", func(h *house, b *browser, form url.Values) *httptest.ResponseRecorder {
			seal, err := h.SignIn.Interactions.Seal(b.cookies[browserCookie], h.pending(h.t))
			if err != nil {
				h.t.Fatal(err)
			}
			form.Set("interaction", seal)
			return b.post(form)
		}, foreignText},
		{"foreign origin", func(_ *house, b *browser, form url.Values) *httptest.ResponseRecorder {
			b.headers.Set("Origin", "https://evil.example")
			return b.post(form)
		}, "the form was sent from another site"},
		{"sibling by Sec-Fetch-Site", func(_ *house, b *browser, form url.Values) *httptest.ResponseRecorder {
			b.headers["Origin"] = nil
			b.headers.Set("Sec-Fetch-Site", "same-site")
			return b.post(form)
		}, "the form was sent from another site"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			b := h.browser()
			form := url.Values{"interaction": {sealed(t, b.get("/login"))}, "username": {"diana"}, "password": {dianasSecret}}
			w := tt.post(h, b, form)
			wantProblem(t, w, http.StatusForbidden, tt.want)
			if len(w.Result().Cookies()) > 0 || h.hashes.compared.Load() > 0 {
				t.Error("the refused post had an effect")
			}
		})
	}
}

func TestThreat008_EveryByteOfTheLoginTokenCounts(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	token := sealed(t, b.get("/login"))
	for at := range len(token) {
		changed := []byte(token)
		if changed[at] == 'A' {
			changed[at] = 'B'
		} else {
			changed[at] = 'A'
		}
		w := b.post(url.Values{"interaction": {string(changed)}, "username": {"diana"}, "password": {dianasSecret}})
		if w.Code != http.StatusForbidden {
			t.Fatalf("byte %d: %d", at, w.Code)
		}
	}
}
