package authorize_test

import (
	"net/http"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// TestMust062_NoClientJoinsASessionThatEnds: it would have an answer of a session whose end it is never told.
func TestMust062_NoClientJoinsASessionThatEnds(t *testing.T) {
	for name, end := range map[string]func(h *house, b *browser) error{
		"signed out": func(h *house, b *browser) error {
			sess, err := h.sessions.Current(h.t.Context(), b.request())
			if err != nil {
				return err
			}
			return h.sessions.End(h.t.Context(), sess.ID)
		},
		"signed out everywhere": func(h *house, _ *browser) error { return h.sessions.CutOff(h.t.Context(), "diana") },
	} {
		for _, prompt := range []string{"", "none"} {
			h := newHouse(t)
			b := h.signedIn("diana", "krall")
			h.store.overtake = func() {
				if err := end(h, b); err != nil {
					t.Error(err)
				}
			}
			request := asking("own", own)
			if prompt != "" {
				request.Set("prompt", prompt)
			}
			b.authorize(request).wantError(own, "login_required")
			if h.count(store.SessionClients) != 0 || h.count(store.Grants) != 0 || h.count(store.Codes) != 0 {
				t.Errorf("%s: something was granted", name)
			}
		}
	}
}

func TestASessionThatOnlyMovedIsJoined(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	h.store.overtake = func() { // in another tab
		b.signIn(b.send(newRequest(http.MethodGet, issuer+"/login?prompt=login", nil)), "diana", "krall")
	}
	if g := h.granted(b.authorize(asking("own", own)).code(own)); g.SID == "" || h.count(store.SessionClients) != 1 {
		t.Errorf("%+v", g)
	}
}
