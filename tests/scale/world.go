package main

import (
	"crypto/subtle"
	"fmt"
	"time"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Who there is. The configuration of both sides is the same but for the number of people.
const (
	issuer      = "https://id.example"
	redirectURI = "https://shop.example/callback"
	webClient   = "web"
	secret      = "the-secret-of-the-shop-that-is-long-and-random"
	password    = "the-same-for-everybody"

	signedAudience = "https://signed.example" // its tokens are JWTs
	opaqueAudience = "https://opaque.example"
)

// account is the name of the i-th person. All are of one length: records hold lengths of names.
func account(i int) string { return fmt.Sprintf("p%08d", i) }

// plainHasher compares passwords as they are: only one person signs in, and not to be measured.
type plainHasher struct{}

// Compare implements user.Hasher.
func (plainHasher) Compare(hash, password []byte) (bool, error) {
	return subtle.ConstantTimeCompare(hash, password) == 1, nil
}

// FakeHash implements user.Hasher.
func (plainHasher) FakeHash() []byte { return []byte("nobody") }

// config is a provider with so many people. What lives shortly lives for a day: nothing is to end while the store is
// filled and measured.
func config(people int) op.Config {
	c := op.Config{
		Issuer: issuer,
		Hasher: plainHasher{},
		Lifetimes: op.Lifetimes{
			AccessToken: 24 * time.Hour, RefreshToken: 24 * time.Hour, SessionIdle: 24 * time.Hour,
		},
		Resources: []op.Resource{
			{URI: signedAudience, Scopes: oauth.Scopes{"signed:read"}},
			{URI: opaqueAudience, Scopes: oauth.Scopes{"opaque:read"}, Token: "opaque"},
		},
		Clients: []*op.Client{{
			ID: webClient, Configured: true, AuthMethods: []string{oauth.AuthClientSecretBasic},
			Secrets: []client.Secret{client.PlainSecret(secret)}, RedirectURIs: []string{redirectURI},
			GrantTypes: []string{oauth.GrantAuthorizationCode, oauth.GrantRefreshToken},
			Scopes:     oauth.Scopes{"openid", "offline_access", "signed:read", "opaque:read"},
			IDToken:    client.Protection{Alg: "ES256"},
		}},
		Signing: op.Signing{Algs: []string{"ES256", "RS256"}},
	}
	for i := range people {
		c.Users = append(c.Users, &op.User{Name: account(i), PasswordHash: password})
	}
	return c
}
