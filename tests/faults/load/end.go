package load

import (
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// Bites is how soon what one node ends is over at every other. The promise is a second. The tests that are run by
// everybody share two cores with others and have the race detector on, so there it is more.
func Bites() time.Duration { return time.Duration(harness.Times(5, 1)) * time.Second }

// revokeAccess ends one access token alone, and goes on with another.
func (k *worker) revokeAccess(n *Node) bool {
	f := k.family
	if got, known := k.world.ask(n, "revocation of an access token", func() (*harness.Reply, error) { return n.Web().Revoke(f.access) }, done); got == nil {
		return known
	}
	f.revoked = append(f.revoked, end{why: "it was revoked alone", token: f.access, by: n, at: time.Now()})
	k.world.Ledger.acknowledge()
	k.pending = k.refresh
	return k.refresh(n)
}

// revoke ends the family by its refresh token.
func (k *worker) revoke(n *Node) bool {
	f := k.family
	got, known := k.world.ask(n, "revocation of a grant", func() (*harness.Reply, error) { return n.Web().Revoke(f.last()) }, done)
	return k.closed(got, known, "it was revoked", n)
}

// replay ends the family by showing its code again.
func (k *worker) replay(n *Node) bool {
	f := k.family
	got, known := k.world.ask(n, "a code shown again", func() (*harness.Reply, error) { return n.Web().Redeem(f.code) }, invalidGrant)
	return k.closed(got, known, "its code was shown again", n)
}

// reuse ends the family by a refresh token whose successor was used.
func (k *worker) reuse(n *Node) bool {
	f := k.family
	if len(f.refresh) < 3 {
		return true
	}
	got, known := k.world.ask(n, "a refresh token used again", func() (*harness.Reply, error) { return n.Web().Refresh(f.refresh[len(f.refresh)-3]) }, invalidGrant)
	return k.closed(got, known, "one of its refresh tokens was used again", n)
}

func (k *worker) closed(got *harness.Reply, known bool, why string, by *Node) bool {
	if got != nil {
		k.world.Ledger.acknowledge()
		k.close(why, by)
	}
	return known
}
