package logout

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/session"
)

// What a frame compares changes with every way out, also where the session had ended already.
func TestMust064_SigningOutIsShown(t *testing.T) {
	name := session.StateCookie("__Host-gatehouse-test-session")
	for why, out := range map[string]func(t *testing.T, h *house, b *browser){
		"by hint": func(_ *testing.T, _ *house, b *browser) { b.get("id_token_hint", b.hint("web")) },
		"by the form": func(_ *testing.T, _ *house, b *browser) {
			b.press(b.get())
		},
		"ended elsewhere": func(t *testing.T, h *house, b *browser) {
			if err := h.Sessions.CutOff(t.Context(), "alice"); err != nil {
				t.Fatal(err)
			}
			r := b.Request(http.MethodGet, "/end_session", nil)
			r.Header.Set("Sec-Fetch-Dest", "document")
			b.send(r)
		},
	} {
		h := newHouse(t)
		b := h.signedIn("alice")
		before, login, known := strings.Cut(b.Cookies[name], ".")
		if !known {
			t.Fatalf("%s: no state: %v", why, b.Cookies)
		}
		b.get() // only asks
		if b.Cookies[name] != before+"."+login {
			t.Errorf("%s: asking is a change", why)
		}
		out(t, h, b)
		after, now, _ := strings.Cut(b.Cookies[name], ".")
		if after != before || now == login {
			t.Errorf("%s: %s.%s became %s.%s", why, before, login, after, now)
		}
	}
}
