package idtoken

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

// DefaultAlg signs ID tokens of clients that registered no other (OpenID Connect Core section 15.1).
const DefaultAlg = keys.RS256

var (
	// errIncomplete says that a token would not say who it is about or for whom it is.
	errIncomplete = errors.New("idtoken: an ID token needs a subject and an audience")
	// errUnsecured says that a token without a signature would go another way than straight to its client.
	errUnsecured = errors.New("idtoken: an ID token without a signature passes through no browser")
)

// Request is what one ID token says. Zero values leave their claim out.
type Request struct {
	// Subject is the sub that the client sees. It may not be empty.
	Subject string
	// Direct says that the token goes to the client over its own connection to the token endpoint, which vouches
	// for it. Only then may it be without a signature (OpenID Connect Core section 2).
	Direct bool
	// Nonce is that of the authorization request, unaltered.
	Nonce string
	// AuthTime is when the person last proved who they are.
	AuthTime time.Time
	// ACR and AMR say how.
	ACR string
	AMR []string
	// SID names the session at this client (OpenID Connect Front-Channel Logout section 3).
	SID string
	// AccessToken and Code are what is issued beside the token, for at_hash and c_hash.
	AccessToken, Code string
	// Extra are claims about the person. A protocol claim among them is dropped.
	Extra map[string]any
}

// Deps are the rooms a Maker uses.
type Deps struct {
	Ring      *keys.Ring
	Protector *client.Protector
	// Clients and KeySets tell whose secret a hint was signed with.
	Clients *client.Registry
	KeySets *client.KeySets
	// Issuer is in every token, exactly as written; Life is how long one is valid.
	Issuer string
	Life   time.Duration
	Now    func() time.Time
}

// Maker makes the ID tokens of one issuer.
type Maker struct{ Deps }

// New makes a Maker.
func New(d Deps) *Maker { return &Maker{d} }

// sources say which claims of the person somebody else vouches for (OIDC Core section 5.6.2). No scope may name them,
// so they count as the protocol's elsewhere.
var sources = []string{"_claim_names", "_claim_sources"}

// AboutPerson is a copy of claims without those of the protocol, for a JWT whose maker says itself what it is. What
// a token is never comes from a person's data: a user file with a claim named aud must not make tokens for others,
// nor one named nonce vouch for a request that had none.
func AboutPerson(claims map[string]any) map[string]any {
	about := maps.Clone(claims)
	if about == nil {
		about = map[string]any{}
	}
	maps.DeleteFunc(about, func(name string, _ any) bool {
		return resource.ProtocolClaim(name) && !slices.Contains(sources, name)
	})
	return about
}

// Make makes an ID token for c (OpenID Connect Core section 2), signed with its id_token_signed_response_alg or
// DefaultAlg and encrypted if it registered for that. The errors are those of client.Protector, of which only an
// invalid_request is the client's fault; so a token is made before anything is spent on it.
func (m *Maker) Make(ctx context.Context, c *client.Client, req Request) (string, error) {
	how := c.IDToken
	if how.Alg == "" {
		how.Alg = DefaultAlg
	}
	switch {
	case req.Subject == "" || c.ID == "":
		return "", errIncomplete
	case how.Alg == keys.AlgNone && !req.Direct:
		return "", errUnsecured
	}
	claims, err := m.claims(c, req, how.Alg)
	if err != nil {
		return "", err
	}
	return m.Protector.Protect(ctx, c, how, keys.TypeIDToken, claims)
}

func (m *Maker) claims(c *client.Client, req Request, alg string) (map[string]any, error) {
	claims := AboutPerson(req.Extra)
	now := m.Now()
	claims["iss"] = m.Issuer
	claims["sub"] = req.Subject
	claims["aud"] = c.ID
	claims["iat"] = now.Unix()
	claims["exp"] = now.Add(m.Life).Unix()
	if !req.AuthTime.IsZero() {
		claims["auth_time"] = req.AuthTime.Unix()
	}
	if len(req.AMR) > 0 {
		claims["amr"] = slices.Clone(req.AMR)
	}
	for name, value := range map[string]string{"nonce": req.Nonce, "acr": req.ACR, "sid": req.SID} {
		if value != "" {
			claims[name] = value
		}
	}
	if alg == keys.AlgNone {
		return claims, nil // at_hash takes the hash of alg, and this one has none
	}
	for name, token := range map[string]string{"at_hash": req.AccessToken, "c_hash": req.Code} {
		if token == "" {
			continue
		}
		hash, err := keys.HalfHash(alg, token)
		if err != nil {
			return nil, err
		}
		claims[name] = hash
	}
	return claims, nil
}
