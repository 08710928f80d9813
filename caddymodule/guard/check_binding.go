package guard

import (
	"errors"
	"fmt"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// bound is what clients are told of bound tokens: what is said here, for a word that stands by default promises nothing.
func (g *Guard) bound() op.Bound {
	return op.Bound{
		DPoP:         g.DPoP == bindingAccept || g.DPoP == bindingRequire,
		DPoPRequired: g.DPoP == bindingRequire,
		Certificate:  g.MTLS == bindingAccept || g.MTLS == bindingRequire,
	}
}

// checkBinding returns the faults of what is said about bound tokens. A guard that wants proofs and does not know for
// which origin they have to be made could take none.
func (g *Guard) checkBinding(uri string) (faults []error) {
	for _, one := range []struct{ word, policy string }{{"dpop", g.DPoP}, {"mtls", g.MTLS}} {
		if !slices.Contains([]string{"", bindingAccept, bindingRequire, bindingOff}, one.policy) {
			faults = append(faults, fmt.Errorf("%s: %q is none of accept, require, off", one.word, one.policy))
		}
		if g.Browser && one.policy == bindingRequire {
			faults = append(faults, fmt.Errorf("%s: a guard that takes browsers cannot require it, for their sessions are bound to no key", one.word))
		}
	}
	if g.DPoPNonce && g.DPoP == bindingOff {
		faults = append(faults, errors.New("dpop_nonce: there are no proofs where dpop is off"))
	}
	for _, from := range g.Origins {
		origin, err := op.NormalizeOrigin(from)
		if whole, _ := oauth.NormalizeResource(from); err != nil || whole != origin {
			faults = append(faults, fmt.Errorf("origins: %q is not an origin, such as https://api.example.com", from))
		}
	}
	if _, err := op.NormalizeOrigin(uri); err != nil && g.DPoP == bindingRequire && len(g.Origins) == 0 {
		faults = append(faults, errors.New("origins: is missing; the audience has no origin that DPoP proofs could be made for"))
	}
	return faults
}
