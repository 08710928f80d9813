package guard

import (
	"errors"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// The policies for tokens that are bound to something.
const (
	bindingAccept  = "accept"
	bindingRequire = "require"
	bindingOff     = "off"
)

// Why a token is not good for who sent it, for the log alone.
var (
	errDowngraded       = errors.New("token is bound to a key and was sent without proof of it")
	errUnbound          = errors.New("token is not bound as this guard or its scheme wants it")
	errOtherCertificate = errors.New("token is bound to another certificate than that of the connection")
	errOtherKey         = errors.New("token is bound to another key than that of the proof")
	errUnprovable       = errors.New("token is bound to something that is not taken here")
)

// binding holds a token against what its sender proves to have (RFC 9449 section 7). What a token is bound to is
// asked of every request with it, whatever the policy: that decides only what is taken at all.
type binding struct {
	dpop    string
	mtls    string
	nonce   bool
	origins []string
	proofs  func() (*op.Proofs, error)
}

func newBinding(g *Guard, uri string, provider Provider) binding {
	b := binding{dpop: g.DPoP, mtls: g.MTLS, nonce: g.DPoPNonce}
	switch lone := g.lone; {
	case provider != nil:
		b.proofs = provider.Proofs
	case lone != nil:
		b.proofs = func() (*op.Proofs, error) { return lone, nil }
	default:
		b.dpop = bindingOff // nobody would remember what was used
	}
	for _, from := range g.originsOf(uri) {
		if origin, err := op.NormalizeOrigin(from); err == nil {
			b.origins = append(b.origins, origin)
		}
	}
	return b
}

// originsOf are the origins that are configured, or else that of the audience.
func (g *Guard) originsOf(uri string) []string {
	if len(g.Origins) > 0 {
		return g.Origins
	}
	return []string{uri}
}

// check returns why a live token is not good for this request, nil if it is, and whether its sender should get a nonce for the
// next. A nil token is judge's to refuse.
func (b *binding) check(r *http.Request, sent credential, t *op.Token, says challenge) (nonce bool, why *decision) {
	if t == nil || t.Confirmation.IsZero() && t.TokenType != dpopType && !sent.dpop &&
		b.dpop != bindingRequire && b.mtls != bindingRequire {
		return false, nil
	}
	bound := t.Confirmation
	switch {
	case bound.Other, bound.JKT == "" && t.TokenType == dpopType:
		return false, notTheirs(says, errUnprovable)
	case bound.JKT != "" && b.dpop == bindingOff, bound.X5T != "" && b.mtls == bindingOff:
		return false, notTheirs(says, errUnprovable)
	case bound.X5T == "" && b.mtls == bindingRequire:
		return false, notTheirs(says, errUnbound)
	case !bound.ShownBy(op.ClientThumbprint(r)):
		return false, notTheirs(says, errOtherCertificate)
	case bound.JKT == "" && !sent.dpop && b.dpop != bindingRequire:
		return false, nil
	case bound.JKT == "":
		return false, notTheirs(says, errUnbound)
	case !sent.dpop:
		return false, notTheirs(says, errDowngraded)
	}
	return b.prove(r, sent, bound.JKT, says)
}

// prove asks for a proof of the key (RFC 9449 section 4.3), made for this request and this token.
func (b *binding) prove(r *http.Request, sent credential, jkt string, says challenge) (nonce bool, why *decision) {
	proofs, err := b.proofs()
	if err != nil {
		return false, &decision{cause: err}
	}
	proof, err := proofs.Check(r.Header[op.ProofHeader], b.request(r, sent.token))
	if err == nil && proof.Thumbprint != jkt {
		return false, notTheirs(says, errOtherKey)
	}
	if err == nil {
		err = proofs.Spend(r.Context(), proof)
	}
	if err != nil {
		return false, disproved(says, err)
	}
	return proof.RenewNonce, nil
}

// request is what a proof has to be made for: the method and path that the client sent, whatever became of them on
// the way here, at an origin that is configured. No header says where a request went.
func (b *binding) request(r *http.Request, token string) op.ProofRequest {
	sent := r
	if original, ok := r.Context().Value(caddyhttp.OriginalRequestCtxKey).(http.Request); ok {
		sent = &original
	}
	return op.ProofRequest{
		Method: readMethod(sent), AccessToken: token, Nonce: b.nonce,
		Target: op.ProofTarget{Origins: b.origins, Path: sent.URL.EscapedPath()},
	}
}

// notTheirs refuses a live token that came from somebody else, or the wrong way.
func notTheirs(says challenge, cause error) *decision {
	d := refusedProof(says, "invalid_token", "the access token is not bound to what was proved", cause)
	d.dpop = errors.Is(cause, errDowngraded) // and is told how it has to come
	return d
}

// disproved refuses a proof in its own words. One that could not be judged is refused as unavailable.
func disproved(says challenge, err error) *decision {
	told, ok := errors.AsType[*oauth.Error](err)
	if !ok {
		return &decision{cause: err}
	}
	d := refusedProof(says, told.Code, told.Description, err)
	d.nonce = told.Code == oauth.CodeUseDPoPNonce
	return d
}

// refusedProof is 401, as RFC 9449 section 7.1 has it. The texts are fixed ones and need no quoting.
func refusedProof(says challenge, code, description string, cause error) *decision {
	return &decision{cause: cause, refusal: &refusal{
		status: http.StatusUnauthorized, outcome: outcomeNotBound, reason: errors.New(code),
		challenge: says.because(code, description),
	}}
}

// challenge writes a challenge of the scheme Bearer as one of DPoP, for whoever uses that or has to (RFC 9449 section
// 7.1).
func (b *binding) challenge(written string, dpop bool) string {
	rest, is := strings.CutPrefix(written, bearerType)
	if !is || !dpop && b.dpop != bindingRequire {
		return written
	}
	return dpopType + ` algs="` + strings.Join(op.ProofAlgs(), " ") + `",` + rest
}

// offerNonce gives the client a nonce for its next proof, if it needs one.
func (g *Guard) offerNonce(h http.Header, d decision) {
	if !d.nonce {
		return
	}
	if proofs, err := g.binding.proofs(); err == nil {
		h[op.NonceHeader] = []string{proofs.Nonce()}
	}
}

// to is the decision for whoever sent this.
func (d decision) to(sent credential) decision {
	d.dpop = d.dpop || sent.dpop
	return d
}
