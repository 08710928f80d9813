package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// errNoKey says that a client was let in whose secret cannot key the algorithm it registered.
var errNoKey = errors.New("client has no kept secret that is long enough for its algorithm")

// Protector makes what a client is told into the JWT it registered for.
type Protector struct {
	ring    *keys.Ring
	keySets *KeySets
}

// NewProtector makes a Protector that signs with the ring's keys and encrypts for those of clients.
func NewProtector(ring *keys.Ring, k *KeySets) *Protector { return &Protector{ring: ring, keySets: k} }

// Protect signs claims for c with how.Alg, by the ring, by the client's secret (an HS algorithm) or not at all
// (none), with typ in the header unless it is empty, and encrypts the result if how says so, nested as OpenID
// Connect Core section 16.14 has it. Without how.Alg the claims are encrypted as they are, which is for userinfo
// alone (section 5.3.2).
//
// Keys of the client that are missing or cannot be read are an invalid_request of its, which it may repeat once
// they are there. Other errors are ours: keys.ErrNoKey, keys.ErrTooLarge, or what wraps oauth.ErrUnavailable.
func (p *Protector) Protect(ctx context.Context, c *Client, how Protection, typ string, claims any) (string, error) {
	if how.EncryptionAlg == "" {
		return p.sign(c, how.Alg, typ, claims)
	}
	plain, tells, err := p.content(c, how.Alg, typ, claims)
	if err != nil {
		return "", err
	}
	encrypted, err := p.keySets.Encrypt(ctx, c, plain, how.EncryptionAlg, how.enc(), tells)
	if errors.Is(err, keys.ErrNoFittingKey) {
		return "", oauth.InvalidRequest("no key of the client to encrypt for could be read", about(c, err))
	}
	return encrypted, err
}

// content is what is encrypted, and what the header tells of it.
func (p *Protector) content(c *Client, alg, typ string, claims any) (plain []byte, tells keys.Inside, err error) {
	if alg == "" {
		if plain, err = json.Marshal(claims); err != nil {
			return nil, keys.Inside{}, fmt.Errorf("encode claims: %w", err)
		}
		return plain, keys.Inside{}, nil
	}
	signed, err := p.sign(c, alg, typ, claims)
	return []byte(signed), keys.Inside{ContentType: nestedType, Issuer: toldIssuer(typ, claims)}, err
}

// toldIssuer is the issuer of a token that comes unasked for: its receiver may have several providers, and cannot look
// inside before it knows which key of its own is meant (OpenID Connect Back-Channel Logout section 2.4).
func toldIssuer(typ string, claims any) string {
	if typ != keys.TypeLogoutToken {
		return ""
	}
	members, _ := claims.(map[string]any)
	issuer, _ := members["iss"].(string)
	return issuer
}

// nestedType is the cty of an encrypted JWT (RFC 7519 section 5.2).
const nestedType = "JWT"

// enc is how content is encrypted if the client said nothing (OIDC Dynamic Client Registration section 2).
func (p Protection) enc() string {
	if p.EncryptionEnc == "" {
		return keys.A128CBCHS256
	}
	return p.EncryptionEnc
}

func (p *Protector) sign(c *Client, alg, typ string, claims any) (string, error) {
	switch {
	case alg == keys.AlgNone:
		return keys.Unsecured(claims)
	case !slices.Contains(keys.HMACAlgs, alg):
		return p.ring.Sign(alg, typ, claims)
	}
	for _, secret := range c.Secrets {
		if plain, kept := secret.Plain(); kept && keys.CheckHMACSecret(plain, alg) == nil {
			return keys.SignHMAC(plain, alg, typ, claims)
		}
	}
	return "", about(c, errNoKey)
}
