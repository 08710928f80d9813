package load

import (
	"testing"
	"time"
)

// patience is how long a node is asked at all how it is.
const patience = time.Minute

// asks are what a node is for, as its probe sees it: the token endpoint refreshes, the guard lets a live token in, and
// introspection knows it.
func (w *World) asks(n *Node) []func() (known bool) {
	k := n.probe
	return []func() bool{
		func() bool { return k.refresh(n) },
		func() bool { return w.passes(n, k.family.access) },
		func() bool { return w.isActive(n, "introspection of an access token", k.family.access) },
	}
}

// serves waits until a node does what it is for.
func (w *World) serves(t testing.TB, n *Node) {
	t.Helper()
	w.wait(t, n, "serves", func() bool {
		if !n.probe.ready(n) {
			return false
		}
		for _, ask := range w.asks(n) {
			if !ask() {
				return false
			}
		}
		return true
	})
}

// CannotTell waits until a node says 503 to whatever only the store can answer: a node that does not hear what others
// change trusts nothing that it remembers.
func (w *World) CannotTell(t testing.TB, n *Node) {
	t.Helper()
	w.wait(t, n, "says that it cannot tell", func() bool {
		for _, ask := range w.asks(n) {
			if ask() {
				return false
			}
		}
		return true
	})
}

// wait waits until a node is so, unless an answer was wrong: that is told by Check.
func (w *World) wait(t testing.TB, n *Node, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !w.Ledger.Blamed(); time.Sleep(breath) {
		if so() {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%s: not within %s that it %s", n.name, patience, what)
			return
		}
	}
}

// ready has the probe get tokens, if it has none.
func (k *worker) ready(n *Node) bool {
	for k.family == nil || !k.family.redeemed {
		if !k.take(n) || k.world.Ledger.Blamed() {
			return false
		}
	}
	return true
}
