package load

import (
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// refresh exchanges the refresh token that counts. Asked again because there was no answer, it gets the same successor.
func (k *worker) refresh(n *Node) bool {
	f := k.family
	got, known := k.world.ask(n, "refresh", func() (*harness.Reply, error) { return n.Web().Refresh(f.last()) },
		func(got *harness.Reply) bool { return issued(got) && got.RefreshToken != f.last() })
	return k.took(got, known)
}

// graceful is well within refresh_grace.
const graceful = 2 * time.Minute

// repeat shows the refresh token before the one that counts: within the grace it brings forth that one and no other.
func (k *worker) repeat(n *Node) bool {
	f := k.family
	if len(f.refresh) < 2 || time.Since(f.rotated) > graceful {
		return true
	}
	got, known := k.world.ask(n, "refresh again", func() (*harness.Reply, error) { return n.Web().Refresh(f.refresh[len(f.refresh)-2]) },
		func(got *harness.Reply) bool { return issued(got) && got.RefreshToken == f.last() })
	return k.took(got, known)
}

// took notes the tokens of an answer.
func (k *worker) took(got *harness.Reply, known bool) bool {
	if got != nil {
		k.family.got(got)
		k.world.Ledger.acknowledge(got.AccessToken, got.RefreshToken, got.IDToken)
	}
	return known
}

// visit comes to the guard with the access token.
func (k *worker) visit(n *Node) bool {
	return k.world.passes(n, k.family.access)
}

// introspect asks about the tokens that count, and about one that was spent.
func (k *worker) introspect(n *Node) bool {
	f := k.family
	switch drawn := chance(3); {
	case drawn == 0:
		return k.world.isActive(n, "introspection of an access token", f.access)
	case drawn == 1 || len(f.refresh) < 2:
		return k.world.isActive(n, "introspection of a refresh token", f.last())
	default:
		_, known := k.world.ask(n, "introspection of a spent refresh token", func() (*harness.Reply, error) {
			return n.Web().Introspect(f.refresh[len(f.refresh)-2])
		}, inactive)
		return known
	}
}

func (w *World) passes(n *Node, access string) (known bool) {
	_, known = w.ask(n, "the guard, with a live token", func() (*harness.Reply, error) {
		return harness.Guarded(n.client, n.House.API(), access)
	}, done)
	return known
}

func (w *World) isActive(n *Node, what, token string) (known bool) {
	_, known = w.ask(n, what, func() (*harness.Reply, error) { return n.Web().Introspect(token) }, active)
	return known
}

// haunt comes with what was ended, of another family or of one's own.
func (k *worker) haunt(n *Node) bool {
	if f := k.family; len(f.revoked) > 0 && chance(2) == 0 {
		return k.world.deadToken(n, f.revoked[chance(len(f.revoked))])
	}
	f := k.world.Ledger.ghost()
	if f == nil {
		return true
	}
	asks := k.world.deadFamily(n, f)
	return asks[chance(len(asks))]()
}

// deadFamily are the ways to find out that a family lives, each of which has to fail. Those that would end it come last.
func (w *World) deadFamily(n *Node, f *family) []func() (known bool) {
	refused := func(what string, send func() (*harness.Reply, error)) func() bool {
		return func() bool {
			_, known := w.ask(n, what+": "+f.ended.why, send, invalidGrant)
			return known
		}
	}
	code := refused("a spent code", func() (*harness.Reply, error) { return n.Web().Redeem(f.code) })
	if !f.redeemed {
		return []func() bool{code}
	}
	gone := end{why: f.ended.why, token: f.access, by: f.ended.by, at: f.ended.at}
	return []func() bool{
		func() bool { return w.deadToken(n, gone) },
		func() bool {
			_, known := w.ask(n, "introspection of a refresh token: "+f.ended.why, func() (*harness.Reply, error) {
				return n.Web().Introspect(f.last())
			}, w.gone(n, gone, inactive, active))
			return known
		},
		refused("a refresh token", func() (*harness.Reply, error) { return n.Web().Refresh(f.last()) }),
		code,
	}
}

// deadToken comes with an access token that was ended, to the guard or to introspection.
func (w *World) deadToken(n *Node, gone end) (known bool) {
	if chance(2) == 0 {
		_, known = w.ask(n, "introspection of an access token: "+gone.why, func() (*harness.Reply, error) {
			return n.Web().Introspect(gone.token)
		}, w.gone(n, gone, inactive, active))
		return known
	}
	_, known = w.ask(n, "the guard: "+gone.why, func() (*harness.Reply, error) {
		return harness.Guarded(n.client, n.House.API(), gone.token)
	}, w.gone(n, gone, turnedAway, done))
	return known
}

// gone judges an answer about something that was ended. What ended at another node may still seem to live here for as
// long as the news takes.
func (w *World) gone(n *Node, gone end, dead, alive deserved) deserved {
	asked := time.Since(gone.at)
	return func(got *harness.Reply) bool {
		if n == gone.by || !alive(got) {
			return dead(got)
		}
		return asked < Bites()
	}
}
