package token

import (
	"errors"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/dpop"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// What a client that gets bound tokens only did not prove, for the log alone.
var (
	errUnbound       = errors.New("the client's tokens are always bound to a key")
	errNoCertificate = errors.New("the client's tokens are always bound to its certificate")
)

// possession is what a token request proves its sender to have. The proof is judged here and counts when something is
// issued for it; a request that is refused for another reason leaves it as it is. The proof may come with a nonce that
// its client should replace, or lack one: either way the answer brings another.
func (e *Endpoint) possession(w http.ResponseWriter, r *http.Request, c *client.Client) (grant.Possession, error) {
	var by grant.Possession
	if c.CertificateBound { // RFC 8705 section 3
		shown := web.ClientCertificate(r)
		if shown == nil {
			return by, oauth.InvalidRequest("client certificate is missing", errNoCertificate)
		}
		by.X5T = web.CertificateThumbprint(shown)
	}
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
