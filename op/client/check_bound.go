package client

import (
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// checkBound: an access token from the authorization endpoint is bound to nothing, since nothing was proved there. A
// client whose tokens are always bound gets none there.
func (c *Client) checkBound(f *faults) {
	if !slices.ContainsFunc(c.ResponseTypes, func(t string) bool { return oauth.Yields(t, "token") }) {
		return
	}
	if c.DPoPBound {
		f.add("dpop_bound_access_tokens: excludes response_types with token")
	}
	if c.CertificateBound {
		f.add("tls_client_certificate_bound_access_tokens: excludes response_types with token")
	}
}
