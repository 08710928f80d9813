package op

import (
	"net/http"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/dpop"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// What a guard needs of DPoP (RFC 9449), under this package's name.
type (
	// Proofs judges DPoP proofs, each of which counts once.
	Proofs = dpop.Proofs
	// ProofRequest is what a proof has to be made for.
	ProofRequest = dpop.Request
	// ProofTarget is where a request went.
	ProofTarget = dpop.Target
	// Confirmation says what a token is bound to.
	Confirmation = oauth.Confirmation
)

// The header fields of DPoP, as net/http spells them.
const (
	ProofHeader = dpop.Header
	NonceHeader = dpop.NonceHeader
)

// ProofAlgs are the algorithms that DPoP proofs may be signed with.
func ProofAlgs() []string { return keys.ProofAlgs }

// Proofs judges the proofs for every endpoint and guard of the provider: what was used at one of them is used.
func (p *Provider) Proofs() *Proofs { return p.state.proofs }

// NewProofs judges proofs for guards without a provider, whose tokens come from elsewhere. Nonces and what was used
// are of this process and of this value alone: what one before it took needs a nonce, for the first seconds.
func NewProofs() *Proofs { return dpop.New(keys.PassingSecrets(), time.Now) }

// ClientThumbprint is the x5t#S256 of the certificate that the sender of a request has shown in the TLS handshake of
// its connection, "" for none (RFC 8705 section 3.1).
func ClientThumbprint(r *http.Request) string { return web.ClientThumbprint(r) }

// NormalizeOrigin is the one spelling of the origin of an http or https URL, as a ProofTarget has it.
func NormalizeOrigin(of string) (string, error) { return dpop.NormalizeOrigin(of) }
