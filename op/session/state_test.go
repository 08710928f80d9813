package session_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/session"
)

const stateName = cookieName + "-state"

// jar keeps all cookies of a browser, and sends what a kind of request carries.
type jar map[string]string

// take keeps what was set and returns the names of it.
func (j jar) take(w *httptest.ResponseRecorder) (set []string) {
	for _, c := range w.Result().Cookies() {
		j[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(j, c.Name)
		}
		set = append(set, c.Name)
	}
	return set
}

// request is one for a page of its own, or for a frame of another site, with which only the state goes.
func (j jar) request(dest string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "https://id.example.com/authorize", nil)
	for name, value := range j {
		if dest == "document" || name == stateName {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
	}
	if dest != "" {
		r.Header.Set("Sec-Fetch-Dest", dest)
	}
	return r
}

func (h *house) signInWith(j jar, account, stamp string) *session.Session {
	h.t.Helper()
	w := httptest.NewRecorder()
	sess, err := h.SignIn(h.t.Context(), w, j.request("document"), account, stamp, "pwd", []string{"pwd"})
	if err != nil {
		h.t.Fatal(err)
	}
	if diff := cmp.Diff([]string{cookieName, stateName}, j.take(w)); diff != "" {
		h.t.Errorf("cookies of a sign-in (-want +got):\n%s", diff)
	}
	return sess
}

// shows is the browser's state after a request, and whether a cookie was set for it.
func (h *house) shows(j jar, dest string, sess *session.Session) (session.State, bool) {
	h.t.Helper()
	w := httptest.NewRecorder()
	state := h.ShowState(w, j.request(dest), sess)
	return state, len(j.take(w)) > 0
}

// frame answers as the script of the check_session_iframe does.
func (j jar) frame(clientID, origin, sessionState string) string {
	digest := func(part, salt string) string {
		sum := sha256.Sum256([]byte(clientID + " " + origin + " " + part + " " + salt))
		return base64.RawURLEncoding.EncodeToString(sum[:])
	}
	asked := strings.Split(sessionState, ".")
	browser, login, known := strings.Cut(j[stateName], ".")
	switch {
	case !known, len(asked) != 3, digest(browser, asked[1]) != asked[2]:
		return "error"
	case digest(login, asked[1]) != asked[0]:
		return "changed"
	}
	return "unchanged"
}

const shop = "https://shop.example"

func (j jar) want(t *testing.T, why, sessionState, want string) {
	t.Helper()
	if got := j.frame("shop", shop, sessionState); got != want {
		t.Errorf("%s: %s, want %s", why, got, want)
	}
}

func TestMust064_TheStateFollowsTheLogin(t *testing.T) {
	h, j := newHouse(t), jar{}
	nobody, set := h.shows(j, "document", nil)
	if !set {
		t.Fatal("a browser that comes for the first time is shown nothing")
	}
	before := nobody.Value("shop", shop)
	j.want(t, "nobody is signed in", before, "unchanged")
	first := h.signInWith(j, "diana", "s1")
	j.want(t, "somebody signed in", before, "changed")

	state, set := h.shows(j, "document", first)
	value := state.Value("shop", shop)
	if set {
		t.Error("what has not changed is set again")
	}
	j.want(t, "signed in", value, "unchanged")
	h.signInWith(j, "diana", "s1")
	j.want(t, "the same person again", value, "unchanged")
	h.signInWith(j, "babs", "s1")
	j.want(t, "another person", value, "changed")
	second := h.signInWith(j, "diana", "s1")
	j.want(t, "the same person in another session", value, "changed")

	state, _ = h.shows(j, "document", second)
	value = state.Value("shop", shop)
	w := httptest.NewRecorder()
	h.Forget(w, j.request("document"))
	if diff := cmp.Diff([]string{cookieName, stateName}, j.take(w)); diff != "" {
		t.Error(diff)
	}
	j.want(t, "signed out", value, "changed")
	j.want(t, "nobody, as at first", before, "unchanged")
}

// What ended elsewhere, or of itself, is noticed when the browser comes by.
func TestMust064_ASessionThatIsOverIsNoticed(t *testing.T) {
	h, j := newHouse(t), jar{}
	state, _ := h.shows(j, "document", h.signInWith(j, "diana", "s1"))
	value := state.Value("shop", shop)
	if _, set := h.shows(j, "document", nil); !set {
		t.Error("it is not noticed")
	}
	j.want(t, "over", value, "changed")
}

// In a frame of another site the session's cookie stays at home, which says nothing of who is signed in.
func TestThreat094_AFrameOfAnotherSiteChangesNothing(t *testing.T) {
	for _, dest := range []string{"iframe", "frame", "empty", "image", ""} {
		h, j := newHouse(t), jar{}
		state, _ := h.shows(j, "document", h.signInWith(j, "diana", "s1"))
		value := state.Value("shop", shop)
		seen, set := h.shows(j, dest, nil)
		if set {
			t.Errorf("%q: a cookie is set", dest)
		}
		j.want(t, dest, value, "unchanged")
		j.want(t, dest+", as it is answered there", seen.Value("shop", shop), "unchanged")

		stranger := jar{}
		seen, set = h.shows(stranger, dest, nil)
		if set {
			t.Errorf("%q: a cookie is set for a stranger", dest)
		}
		stranger.want(t, "stranger", seen.Value("shop", shop), "error")
		j.want(t, "another browser", seen.Value("shop", shop), "error")
	}
}

func TestMust064_AStateIsForOneClientOriginAndBrowser(t *testing.T) {
	h, j, other := newHouse(t), jar{}, jar{}
	state, _ := h.shows(j, "document", h.signInWith(j, "diana", "s1"))
	h.signInWith(other, "diana", "s1")
	value := state.Value("shop", shop)
	for why, got := range map[string]string{
		"another client":  j.frame("web", shop, value),
		"another origin":  j.frame("shop", "https://evil.example", value),
		"another port":    j.frame("shop", shop+":8443", value),
		"another browser": other.frame("shop", shop, value),
		"no cookie":       jar{}.frame("shop", shop, value),
	} {
		if got != "error" {
			t.Errorf("%s: %s", why, got)
		}
	}
	if again := state.Value("shop", shop); again == value {
		t.Error("no salt")
	}
}

// session_state and cookie are digests and randomness; no request can name a state.
func TestThreat094_NothingOfTheSessionIsShown(t *testing.T) {
	h, j := newHouse(t), jar{}
	sess := h.signInWith(j, "diana", "s1")
	state, _ := h.shows(j, "document", sess)
	_, secret, _ := strings.Cut(j[cookieName], ".")
	for _, shown := range []string{j[stateName], state.Value("shop", shop)} {
		for _, hidden := range []string{sess.ID, secret, sess.SecretDigest, "diana"} {
			if strings.Contains(shown, hidden) {
				t.Errorf("%s is in %s", hidden, shown)
			}
		}
		if strings.ContainsAny(shown, " \",;\\") {
			t.Errorf("%q", shown)
		}
	}
	if n := len(j[stateName]); n != 22+1+43 {
		t.Errorf("the cookie has %d characters", n)
	}
}

func TestWhatIsNoStateOfOursIsReplaced(t *testing.T) {
	h := newHouse(t)
	rapid.Check(t, func(t *rapid.T) {
		planted := rapid.StringMatching(`[\w.+/=-]{0,80}`).Draw(t, "planted")
		j := jar{stateName: planted}
		w := httptest.NewRecorder()
		state := h.ShowState(w, j.request("document"), nil)
		if len(j.take(w)) != 1 || j.frame("shop", shop, state.Value("shop", shop)) != "unchanged" {
			t.Errorf("%q is kept", planted)
		}
	})
	// Two of one name: one was planted.
	j := jar{}
	h.signInWith(j, "diana", "s1")
	before := j[stateName]
	r := j.request("document")
	r.AddCookie(&http.Cookie{Name: stateName, Value: before})
	w := httptest.NewRecorder()
	h.ShowState(w, r, nil)
	j.take(w)
	if browser, _, _ := strings.Cut(before, "."); strings.HasPrefix(j[stateName], browser) {
		t.Error("one of two counts")
	}
	// Nobody had a state, and nobody gets one by signing out.
	w = httptest.NewRecorder()
	h.Forget(w, jar{}.request("document"))
	if set := (jar{}).take(w); len(set) != 1 {
		t.Errorf("signing out sets %v", set)
	}
}
