package authorize

import (
	"context"
	"crypto/sha256"
	"encoding/base64"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// wellFormedThumbprint wants dpop_jkt, by which a client binds its code to a key (RFC 9449 section 10), to be a
// SHA-256 thumbprint: any other text is one that no key has, and would be found out only when the code is redeemed.
func wellFormedThumbprint(_ context.Context, _ *Endpoint, q *request) error {
	sent := q.params.Get(paramDPoPJKT)
	if sent == "" {
		return nil
	}
	sum, err := base64.RawURLEncoding.Strict().DecodeString(sent)
	if err != nil || len(sum) != sha256.Size || len(sent) != base64.RawURLEncoding.EncodedLen(sha256.Size) {
		return oauth.InvalidRequest("dpop_jkt is not a SHA-256 thumbprint", nil)
	}
	return nil
}
