package registration

import (
	"github.com/seed-5b16f944/gatehouse/op/client"
)

// tell is the client information response (RFC 7591 section 3.2.1, RFC 7592 section 3): all metadata in effect,
// a token to manage it with, and a secret only if the client has not seen it yet. A client that named no scope is
// told none, though it may have all that are open to it: OIDC Dynamic Client Registration has no such member, and
// relying parties that know only its members give up over a list they did not ask for.
func (e *Endpoint) tell(of *client.Registration, token, secret string) map[string]any {
	body := of.Metadata.Members()
	body["client_id"] = of.ID
	body["client_id_issued_at"] = of.IssuedAt.Unix()
	body["registration_access_token"] = token
	body["registration_client_uri"] = e.uri(of.ID)
	if secret != "" {
		body["client_secret"] = secret
		body["client_secret_expires_at"] = 0 // never: it ends with the registration
	}
	return body
}
