package browser

import (
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness/chromium"
)

// A person is signed in at two applications on other origins, and logs out at one. Both are out: the browser told them,
// their servers were told, a page that was left open noticed it, and asked silently the provider knows nobody. What a
// frame of another site can tell or be told depends on whether the browser sends it cookies; what servers are told does not.
func TestMust063_LoggedOutAtOneLoggedOutAtBoth(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]struct {
		host string
		tab  func(t testing.TB) *chromium.Tab
		// frames says that an application in a frame has its cookie.
		frames bool
	}{
		"the provider's own site":                 {"localhost", chromium.NewTab, true},
		"the same, and cookies are kept back":     {"localhost", chromium.NewStrictTab, true},
		"another site":                            {"127.0.0.1", chromium.NewTab, true},
		"another site, and cookies are kept back": {"127.0.0.1", chromium.NewStrictTab, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, shop, forum := newWholeReceivers(t, at.host)
			both := []*receiver{shop, forum}
			b := at.tab(t)
			sids := map[*receiver]string{}
			for _, a := range both {
				a.signIn(b)
				sids[a] = a.sid(b)
			}

			// In other tabs, a page of each has the provider's frame in it.
			before, after := "unchanged", "changed"
			if !at.frames {
				before, after = "error", "error"
			}
			pages, states := map[*receiver]*watcher{}, map[*receiver]string{}
			for _, a := range both {
				pages[a], states[a] = w.watch(b.Another(), a.base), a.lastState()
				pages[a].want(a.id+", signed in", pages[a].status(a.id, states[a]), before)
			}

			b.Visit(shop.logoutURL())
			b.Title("Bye from shop")

			for _, a := range both {
				// By the browser.
				heard, cookie := a.calls()
				if len(heard) != 1 || heard[0].FormValue("iss") != w.issuer || heard[0].FormValue("sid") != sids[a] || sids[a] == "" {
					t.Fatalf("%s was told by the browser: %v; its session is %q", a.id, heard, sids[a])
				}
				if cookie != at.frames || (a.sid(b) == "") != at.frames {
					t.Errorf("%s: its cookie came to its frame: %t; its session is %q", a.id, cookie, a.sid(b))
				}
				// By the provider.
				if told := a.back.Await(t, 1, 10*time.Second); told[0].SID != sids[a] || told[0].Subject != "dikr0001" {
					t.Errorf("%s was told of %q of %q, want %q", a.id, told[0].SID, told[0].Subject, sids[a])
				}
				a.is(b, "out")
				pages[a].want(a.id+", signed out", pages[a].status(a.id, states[a]), after)
			}
			for _, a := range both {
				b.Open(a.base + "/start?prompt=none")
				if shown := a.outcome(b); shown.Error != "login_required" {
					t.Errorf("%s: %+v", a.id, shown)
				}
			}
			w.signedOut(b)
		})
	}
}
