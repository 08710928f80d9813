package registration

import (
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// suitSecret gives the client the secret that its metadata needs, keeps the one it has, or takes it away; what
// comes back is a secret that the client has not seen. shown is the present one, if the client has just
// shown it: a secret of which only the digest was kept can be sealed then.
func (e *Endpoint) suitSecret(of *client.Registration, shown string) (fresh string) {
	needed, kept := needsSecret(of.Metadata)
	isKept, has := of.HasSecret()
	switch {
	case !needed:
		of.ForgetSecret()
	case has && (isKept || !kept):
		// What it has will do; one that was sealed stays so, since the client may need it again.
	case has && shown != "":
		e.Registrations.GiveSecret(of, shown, kept)
	default:
		return e.Registrations.GiveSecret(of, "", kept)
	}
	return ""
}

// needsSecret reports whether a client of this metadata has a secret, and whether the secret itself is used, as
// the key of an HMAC (OIDC Core sections 9 and 10.1).
func needsSecret(m client.Metadata) (needed, kept bool) {
	described := client.Client{
		AuthMethods: []string{m.TokenEndpointAuthMethod},
		IDToken:     client.Protection{Alg: m.IDTokenAlg}, Userinfo: client.Protection{Alg: m.UserinfoAlg},
	}
	kept = described.NeedsKeptSecret()
	shows := m.TokenEndpointAuthMethod == oauth.AuthClientSecretBasic || m.TokenEndpointAuthMethod == oauth.AuthClientSecretPost
	return kept || shows, kept
}
