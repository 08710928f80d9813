package userinfo

import (
	"errors"
	"net/http"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/dpop"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// Why a token is not good for who sent it, for the log alone.
var (
	errDowngraded       = errors.New("token is bound to a key and was sent without proof of it")
	errUnbound          = errors.New("token is bound to no key and was sent as if it were")
	errOtherKey         = errors.New("token is bound to another key than that of the proof")
	errOtherCertificate = errors.New("token is bound to another certificate than that of the connection")
	errUnprovable       = errors.New("token is bound to something that cannot be proved here")
)

// checkBound holds a token against what its sender proves: one that is bound to a key counts with a proof of it
// and by its own scheme alone (RFC 9449 section 7).
func (e *Endpoint) checkBound(w http.ResponseWriter, r *http.Request, sent credential, t *grant.Token) error {
	bound := t.Confirmation
	switch {
	case bound.Other:
		return notTheirs(errUnprovable)
	case !bound.ShownBy(web.ClientThumbprint(r)):
		return notTheirs(errOtherCertificate)
	case bound.JKT == "" && sent.dpop:
		return notTheirs(errUnbound)
	case bound.JKT == "":
		return nil
	case !sent.dpop:
		return notTheirs(errDowngraded)
	}
	proof, err := e.Proofs.Check(r.Header[dpop.Header], dpop.Request{
		Method: r.Method, Target: e.target, AccessToken: sent.token, Nonce: e.DPoPNonce,
	})
	if err == nil && proof.Thumbprint != bound.JKT {
		return notTheirs(errOtherKey)
	}
	if err == nil {
		err = e.Proofs.Spend(r.Context(), proof)
	}
	if refusal, ok := errors.AsType[*oauth.Error](err); err == nil && proof.RenewNonce || ok && refusal.Code == oauth.CodeUseDPoPNonce {
		w.Header().Set(dpop.NonceHeader, e.Proofs.Nonce())
	}
	return err
}

func notTheirs(cause error) error {
	return oauth.InvalidToken("access token is not bound to what was proved", cause)
}

// challenged adds the challenge of the scheme by which the token was sent (RFC 9449 section 7.1). One that is bound
// to a key and was sent as Bearer is shown how it has to come.
func (c credential) challenged(err error) error {
	refusal, ok := errors.AsType[*oauth.Error](err)
	if !ok || !c.dpop && !errors.Is(err, errDowngraded) {
		return challenged(err)
	}
	told := *refusal
	if told.Code == oauth.CodeInvalidDPoPProof || told.Code == oauth.CodeUseDPoPNonce {
		told.Status = http.StatusUnauthorized
	}
	told.Challenge = `DPoP error="` + told.Code + `", error_description="` + told.Description + `", algs="` + strings.Join(keys.ProofAlgs, " ") + `"`
	return &told
}
