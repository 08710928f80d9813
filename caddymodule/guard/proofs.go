package guard

import (
	"github.com/caddyserver/caddy/v2"

	"github.com/seed-5b16f944/gatehouse/op"
)

// loneProofs holds the one memory of DPoP proofs for all guards without a provider. A proof thus counts once at
// all of them, and a reload, which makes new guards before it lets go of the old, forgets none.
var loneProofs = caddy.NewUsagePool()

// loneKey is the place of that memory in the pool.
const loneKey = "proofs"

// heldProofs are what the pool holds: memory alone, of which nothing is left when nobody holds it any more.
type heldProofs struct{ *op.Proofs }

// Destruct implements caddy.Destructor.
func (heldProofs) Destruct() error { return nil }

// holdProofs takes a share of the memory for a guard that has no provider to ask, unless it takes no such tokens.
func (g *Guard) holdProofs() error {
	if g.DPoP == bindingOff || g.lone != nil {
		return nil
	}
	held, _, err := loneProofs.LoadOrNew(loneKey, func() (caddy.Destructor, error) {
		return heldProofs{op.NewProofs()}, nil
	})
	if err != nil {
		return err
	}
	g.lone = held.(heldProofs).Proofs
	return nil
}

// Cleanup gives the share back. Requests that are on their way keep what they have.
func (g *Guard) Cleanup() error {
	if g.lone == nil {
		return nil
	}
	g.lone = nil
	_, err := loneProofs.Delete(loneKey)
	return err
}

// Interface guard
var _ caddy.CleanerUpper = (*Guard)(nil)
