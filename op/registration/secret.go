package registration

import "github.com/seed-5b16f944/gatehouse/op/client"

// suitSecret gives the client the secret that its metadata needs, keeps the one it has, or takes it away; what
// comes back is a secret that the client has not seen. shown is the present one, if the client has just
// shown it: a secret of which only the digest was kept can be sealed then.
func (e *Endpoint) suitSecret(of *client.Registration, shown string) (fresh string) {
	described := client.Client{
		AuthMethods: []string{of.Metadata.TokenEndpointAuthMethod},
		IDToken:     client.Protection{Alg: of.Metadata.IDTokenAlg}, Userinfo: client.Protection{Alg: of.Metadata.UserinfoAlg},
	}
	kept := described.NeedsKeptSecret()
	isKept, has := of.HasSecret()
	switch {
	case !described.NeedsSecret():
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
