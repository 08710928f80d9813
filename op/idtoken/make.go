package idtoken

import (
	"errors"
	"maps"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// DefaultAlg signs ID tokens of clients that registered no other (OpenID Connect Core section 15.1).
const DefaultAlg = keys.RS256

// errIncomplete says that a token would not say who it is about or for whom it is.
var errIncomplete = errors.New("idtoken: an ID token needs a subject and an audience")

// Request is what one ID token says. Zero values leave their claim out.
type Request struct {
	// ClientID is the audience, Subject the sub that this client sees. Neither may be empty.
	ClientID, Subject string
	// Alg is the client's id_token_signed_response_alg, "" for DefaultAlg.
	Alg string
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

// Maker makes the ID tokens of one issuer.
type Maker struct {
	ring   *keys.Ring
	issuer string
	life   time.Duration
	now    func() time.Time
}

// New makes a Maker whose tokens live for life and bear the issuer exactly as written.
func New(ring *keys.Ring, issuer string, life time.Duration, now func() time.Time) *Maker {
	return &Maker{ring: ring, issuer: issuer, life: life, now: now}
}

// protocol are the claims that say what a token is. They never come from a person's data: a user file with a
// claim named aud must not make tokens for others, nor one named nonce vouch for a request that had none.
var protocol = []string{
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "auth_time", "nonce", "acr", "amr", "azp", "at_hash", "c_hash", "s_hash", "sid",
	"cnf", "events", "sub_jwk", "client_id", "scope", "token_use",
}

// Make signs an ID token (OpenID Connect Core section 2). It fails on a request without subject or audience,
// and with keys.ErrNoKey or keys.ErrTooLarge; all of these are our own faults.
func (m *Maker) Make(req Request) (string, error) {
	if req.Subject == "" || req.ClientID == "" {
		return "", errIncomplete
	}
	alg := req.Alg
	if alg == "" {
		alg = DefaultAlg
	}
	claims, err := m.claims(req, alg)
	if err != nil {
		return "", err
	}
	return m.ring.Sign(alg, keys.TypeIDToken, claims)
}

func (m *Maker) claims(req Request, alg string) (map[string]any, error) {
	claims := maps.Clone(req.Extra)
	if claims == nil {
		claims = make(map[string]any)
	}
	for _, name := range protocol {
		delete(claims, name)
	}
	now := m.now()
	claims["iss"] = m.issuer
	claims["sub"] = req.Subject
	claims["aud"] = req.ClientID
	claims["iat"] = now.Unix()
	claims["exp"] = now.Add(m.life).Unix()
	if !req.AuthTime.IsZero() {
		claims["auth_time"] = req.AuthTime.Unix()
	}
	if len(req.AMR) > 0 {
		claims["amr"] = req.AMR
	}
	for name, value := range map[string]string{"nonce": req.Nonce, "acr": req.ACR, "sid": req.SID} {
		if value != "" {
			claims[name] = value
		}
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
