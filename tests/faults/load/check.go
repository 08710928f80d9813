package load

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// Check holds the store and every node to what was acknowledged. The load must not run, and the weather must be fair.
// What was ended and found dead at an earlier check is looked at again by CheckAll.
func (w *World) Check(t testing.TB) {
	t.Helper()
	w.check(t, false)
}

// CheckAll is Check of everything since the World began.
func (w *World) CheckAll(t testing.TB) {
	t.Helper()
	w.check(t, true)
}

func (w *World) check(t testing.TB, all bool) {
	t.Helper()
	for i, bad := range w.find(t, all) {
		if i == most {
			t.Fatal("and more")
		}
		t.Error(bad)
	}
}

// most is how much of what is wrong is printed.
const most = 20

// find is everything that is wrong.
func (w *World) find(t testing.TB, all bool) []string {
	t.Helper()
	for _, k := range w.workers {
		k.settle()
	}
	for _, n := range w.Nodes {
		n.probe.settle()
	}
	bad := w.checkStore(t, all)
	for _, n := range w.Nodes {
		w.checkNode(n, all)
		bad = append(bad, w.checkLog(t, n)...)
	}
	for _, f := range w.Ledger.families {
		f.checked = true
	}
	for _, s := range w.Ledger.sessions {
		s.checked = true
	}
	bad = append(bad, w.Ledger.wrong...)
	w.Ledger.wrong = nil
	return bad
}

// checkStore reads the store.
func (w *World) checkStore(t testing.TB, all bool) []string {
	t.Helper()
	b, err := openBooks(t.Context(), w.house)
	if err != nil {
		t.Fatal(err)
	}
	defer b.db.Close()
	b.checkLaws()
	for _, s := range w.Ledger.sessions {
		if all || !s.checked {
			b.checkSession(s)
		}
	}
	for _, f := range w.Ledger.families {
		if all || !f.checked || f.ended == nil {
			b.checkFamily(f, all)
		}
	}
	return b.bad
}

// checkNode asks one node about everything.
func (w *World) checkNode(n *Node, all bool) {
	for _, s := range w.Ledger.sessions {
		if all || !s.checked {
			w.checkBrowser(n, s)
		}
	}
	for _, f := range w.Ledger.families {
		switch {
		case f.ended == nil && f.redeemed:
			w.checkLiving(n, f)
		case f.ended != nil && (all || !f.checked):
			for _, ask := range w.deadFamily(n, f) {
				_ = ask()
			}
		}
		for _, gone := range f.revoked {
			if all || !f.checked {
				_ = w.deadToken(n, gone)
			}
		}
	}
}

// checkBrowser wants a session to sign in without a page. What it is given binds nobody.
func (w *World) checkBrowser(n *Node, s *session) {
	browser := n.visiting(s.jar)
	address, _ := n.House.Web(browser).AuthorizationURL("scope", "openid", "prompt", "none")
	_, _ = w.ask(n, "a session that was acknowledged", func() (*harness.Reply, error) { return harness.Guarded(browser, address, "") }, authorized)
}

// checkLiving wants a family to live, and one refresh token of it to bring forth one and no more, whichever node is asked.
func (w *World) checkLiving(n *Node, f *family) {
	k := &worker{world: w, family: f}
	_ = w.passes(n, f.access)
	_ = w.isActive(n, "introspection of an access token", f.access)
	_ = w.isActive(n, "introspection of a refresh token", f.last())
	if k.refresh(n) {
		_ = k.repeat(w.other(n))
		_, _ = w.ask(n, "introspection of a spent refresh token", func() (*harness.Reply, error) {
			return n.Web().Introspect(f.refresh[len(f.refresh)-2])
		}, inactive)
	}
}

// other is another node than this, if there is one.
func (w *World) other(n *Node) *Node {
	for _, other := range w.Nodes {
		if other != n {
			return other
		}
	}
	return n
}

// checkLog finds secrets and alarms in what a node has printed.
func (w *World) checkLog(t testing.TB, n *Node) (bad []string) {
	t.Helper()
	log := n.Log(t)
	w.Ledger.mu.Lock()
	defer w.Ledger.mu.Unlock()
	for _, found := range append(w.Ledger.secrets.in(log), alarmed(log)...) {
		bad = append(bad, fmt.Sprintf("the log of %s has %s", n.name, found))
	}
	return bad
}

// StartAgain runs a node whose process has ended, and says since when. Its log was looked at and begins anew.
func (w *World) StartAgain(t testing.TB, n *Node) (since time.Time) {
	t.Helper()
	for _, bad := range w.checkLog(t, n) {
		t.Error(bad)
	}
	n.ForgetLog(t)
	since = time.Now()
	n.Start(t)
	return since
}
