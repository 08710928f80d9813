package token

import (
	"errors"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/dpop"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// errUnbound is a client that gets bound tokens only, and proved nothing to bind them to.
var errUnbound = errors.New("the client's tokens are always bound to a key")

// possession is what a token request proves its sender to have. The proof is judged here and counts when something is
// issued for it; a request that is refused for another reason leaves it as it is. The proof may come with a nonce that
// its client should replace, or lack one: either way the answer brings another.
func (e *Endpoint) possession(w http.ResponseWriter, r *http.Request, c *client.Client) (grant.Possession, error) {
	var by grant.Possession
	sent := r.Header[dpop.Header]
	if len(sent) == 0 {
		if c.DPoPBound { // RFC 9449 section 5.2
			return by, oauth.InvalidDPoPProof("DPoP proof is missing", errUnbound)
		}
		return by, nil
	}
	proof, err := e.proofs.Check(sent, dpop.Request{Method: r.Method, Target: e.target, Nonce: e.needsNonce})
	if refusal, ok := errors.AsType[*oauth.Error](err); err == nil && proof.RenewNonce || ok && refusal.Code == oauth.CodeUseDPoPNonce {
		w.Header().Set(dpop.NonceHeader, e.proofs.Nonce())
	}
	if err != nil {
		return by, err
	}
	by.JKT = proof.Thumbprint
	by.Spending = []store.Change{proof.Spending()}
	return by, nil
}
