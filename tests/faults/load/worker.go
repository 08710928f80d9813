package load

import "time"

// worker is a person and their application, who take one step after the other.
type worker struct {
	world   *World
	session *session
	family  *family
	// pending is a step that nobody knows the outcome of.
	pending step
}

// step is one request, at that node; false says that it has to be done again, at any.
type step func(n *Node) (known bool)

// choices is what somebody with tokens does next, each as often as it stands here.
type choice struct {
	weight int
	step   func(*worker) step
}

var choices = []choice{
	{30, func(k *worker) step { return k.refresh }},
	{25, func(k *worker) step { return k.visit }},
	{15, func(k *worker) step { return k.introspect }},
	{10, func(k *worker) step { return k.haunt }},
	{5, func(k *worker) step { return k.repeat }},
	{5, func(k *worker) step { return k.revokeAccess }},
	{3, func(k *worker) step { return k.revoke }},
	{2, func(k *worker) step { return k.replay }},
	{2, func(k *worker) step { return k.reuse }},
}

// work takes steps until it is told to stop.
func (k *worker) work(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		if !k.take(k.world.Any()) {
			time.Sleep(breath)
		}
	}
}

// take takes the pending step, or one that is chosen.
func (k *worker) take(n *Node) (known bool) {
	if k.pending == nil {
		k.pending = k.choose()
	}
	if known = k.pending(n); known {
		k.pending = nil
	}
	return known
}

func (k *worker) choose() step {
	switch {
	case k.session == nil:
		return k.signIn
	case k.family == nil:
		return k.authorize
	case !k.family.redeemed:
		return k.redeem
	}
	total := 0
	for _, c := range choices {
		total += c.weight
	}
	drawn := chance(total)
	for _, c := range choices {
		if drawn -= c.weight; drawn < 0 {
			return c.step(k)
		}
	}
	return k.visit
}

// settle takes what is pending to its end, in fair weather.
func (k *worker) settle() {
	for _, n := range k.world.Nodes {
		if k.pending == nil || k.take(n) {
			return
		}
	}
	k.world.Ledger.blame("in fair weather nobody can tell what came of a step")
}
