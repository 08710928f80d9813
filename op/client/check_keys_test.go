package client

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// A key that is public, of RFC 7515 appendix A.3.
const someJWKS = `{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}`

// TestMust053_KeysAreInOnePlace: jwks or jwks_uri, where something needs them, and never both.
func TestMust053_KeysAreInOnePlace(t *testing.T) {
	byKey := func(c *Client) { c.AuthMethods, c.Secrets = []string{oauth.AuthPrivateKeyJWT}, nil }
	const missing = "jwks: is missing, or jwks_uri; "
	for _, tt := range []struct {
		name   string
		change func(*Client)
		want   []string
	}{
		{"by value", func(c *Client) { byKey(c); c.JWKS = json.RawMessage(someJWKS) }, nil},
		{"by reference", func(c *Client) { byKey(c); c.JWKSURI = "https://shop.example.com/jwks" }, nil},
		{"kept without need", func(c *Client) { c.JWKSURI = "https://shop.example.com/jwks" }, nil},
		{"both", func(c *Client) { c.JWKS, c.JWKSURI = json.RawMessage(someJWKS), "https://shop.example.com/jwks" }, []string{"jwks: excludes jwks_uri"}},
		{"private", func(c *Client) {
			c.JWKS = json.RawMessage(`{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}`)
		}, []string{"jwks: keys: JWK Set holds a private or symmetric key"}},
		{"not keys", func(c *Client) { c.JWKS = json.RawMessage(`{"keys":1}`) }, []string{"jwks: keys: JWK Set has no list of keys"}},
		{"private_key_jwt", byKey, []string{missing + "private_key_jwt is verified with it"}},
		{"encrypted ID token", func(c *Client) { c.IDToken.EncryptionAlg = "RSA-OAEP-256" }, []string{missing + "what is encrypted is encrypted for it"}},
		{"encrypted for a key that fits", func(c *Client) {
			c.JWKS, c.IDToken.EncryptionAlg, c.Userinfo.EncryptionAlg = json.RawMessage(someJWKS), "ECDH-ES", "ECDH-ES+A256KW"
		}, nil},
		{"by value for no algorithm of theirs", func(c *Client) {
			byKey(c)
			c.JWKS, c.AuthSigningAlg = json.RawMessage(someJWKS), "RS256"
		}, []string{"jwks: has no key to verify private_key_jwt with"}},
		{"by value without a key", func(c *Client) { byKey(c); c.JWKS = json.RawMessage(`{"keys":[]}`) }, []string{"jwks: has no key to verify private_key_jwt with"}},
		{"encrypted for no key", func(c *Client) { c.JWKS, c.IDToken.EncryptionAlg = json.RawMessage(someJWKS), "RSA-OAEP-256" }, []string{"jwks: has no key to encrypt for with RSA-OAEP-256"}},
		{"userinfo encrypted for no key", func(c *Client) { c.JWKS, c.Userinfo.EncryptionAlg = json.RawMessage(someJWKS), "RSA-OAEP-256" }, []string{"jwks: has no key to encrypt for with RSA-OAEP-256"}},
		{"encrypted userinfo", func(c *Client) { c.Userinfo.EncryptionAlg = "ECDH-ES" }, []string{missing + "what is encrypted is encrypted for it"}},
	} {
		t.Run(tt.name, func(t *testing.T) { checks(t, tt.change, tt.want...) })
	}
}

// A client may state an algorithm that its method has no use for: libraries fill in RS256.
func TestAssertionAlgorithmFitsTheMethod(t *testing.T) {
	const field = "token_endpoint_auth_signing_alg: "
	long := []Secret{KeptSecret(strings.Repeat("k", 64))}
	for _, tt := range []struct {
		methods []string
		alg     string
		want    []string
	}{
		{[]string{"private_key_jwt"}, "", nil},
		{[]string{"private_key_jwt"}, "PS512", nil},
		{[]string{"private_key_jwt"}, "HS256", []string{field + `"HS256" does not fit how the client authenticates`}},
		{[]string{"client_secret_jwt"}, "", nil},
		{[]string{"client_secret_jwt"}, "HS512", nil},
		{[]string{"client_secret_jwt"}, "RS256", []string{field + `"RS256" does not fit how the client authenticates`}},
		{[]string{"client_secret_jwt", "private_key_jwt"}, "RS256", nil},
		{[]string{"client_secret_basic"}, "RS256", nil},
		{[]string{"client_secret_basic"}, "HS256", nil},
		{nil, "RS256", nil},
		{[]string{"client_secret_basic"}, "none", []string{field + `"none" is not supported`}},
		{[]string{"private_key_jwt"}, "none", []string{field + `"none" is not supported`}},
		{[]string{"private_key_jwt"}, "rs256", []string{field + `"rs256" is not supported`}},
	} {
		t.Run(strings.Join(tt.methods, " ")+" "+tt.alg, func(t *testing.T) {
			checks(t, func(c *Client) {
				c.AuthMethods, c.AuthSigningAlg, c.Secrets, c.JWKSURI = tt.methods, tt.alg, long, "https://shop.example.com/jwks"
			}, tt.want...)
		})
	}
}

// TestMust041_AnHMACHasAKey: what is signed with the client's secret needs that secret, and a long one (RFC 7518
// section 3.2).
func TestMust041_AnHMACHasAKey(t *testing.T) {
	kept := func(n int) []Secret { return []Secret{KeptSecret(strings.Repeat("k", n))} }
	const hash, short = "secret: is a hash; ", "secret: is too short a key for "
	for _, tt := range []struct {
		name   string
		change func(*Client)
		want   []string
	}{
		{"assertions", func(c *Client) { c.AuthMethods, c.Secrets = []string{"client_secret_jwt"}, kept(32) }, nil},
		{"assertions of a short secret", func(c *Client) { c.AuthMethods, c.Secrets = []string{"client_secret_jwt"}, kept(31) }, []string{short + "HS256, which needs as many bytes as its hash has"}},
		{"assertions of one alg", func(c *Client) {
			c.AuthMethods, c.AuthSigningAlg, c.Secrets = []string{"client_secret_jwt"}, "HS512", kept(63)
		}, []string{short + "HS512, which needs as many bytes as its hash has"}},
		{"assertions of a digest", func(c *Client) { c.AuthMethods = []string{"client_secret_jwt"} }, []string{hash + "HS256 is made with the secret itself"}},
		{"assertions of nothing", func(c *Client) { c.AuthMethods, c.Secrets = []string{"client_secret_jwt"}, nil }, []string{"secret: is missing; a client that cannot keep one says auth none"}},
		{"ID token", func(c *Client) { c.IDToken.Alg, c.Secrets = "HS384", kept(48) }, nil},
		{"ID token of a short secret", func(c *Client) { c.IDToken.Alg, c.Secrets = "HS384", kept(47) }, []string{short + "HS384, which needs as many bytes as its hash has"}},
		{"userinfo of a digest", func(c *Client) { c.Userinfo.Alg = "HS256" }, []string{hash + "HS256 is made with the secret itself"}},
		{"every secret counts", func(c *Client) { c.IDToken.Alg, c.Secrets = "HS256", append(kept(32), kept(5)...) }, []string{short + "HS256, which needs as many bytes as its hash has"}},
		{"ID token for a public client", func(c *Client) { c.AuthMethods, c.Secrets, c.IDToken.Alg = []string{"none"}, nil, "HS256" }, []string{"secret: is missing; HS256 is made with one"}},
		{"ID token for a client with keys", func(c *Client) {
			c.AuthMethods, c.JWKSURI, c.Secrets, c.IDToken.Alg = []string{"private_key_jwt"}, "https://a.example/", nil, "HS256"
		}, []string{"secret: is missing; a client that cannot keep one says auth none"}},
	} {
		t.Run(tt.name, func(t *testing.T) { checks(t, tt.change, tt.want...) })
	}
}

func TestNeedsKeptSecret(t *testing.T) {
	for _, tt := range []struct {
		c    Client
		want bool
	}{
		{Client{}, false},
		{Client{AuthMethods: []string{"private_key_jwt"}, AuthSigningAlg: "HS256"}, false},
		{Client{IDToken: Protection{Alg: "RS256"}, Userinfo: Protection{Alg: "EdDSA"}, RequestObjectAlg: "RS256"}, false},
		{Client{AuthMethods: []string{"client_secret_basic", "client_secret_jwt"}}, true},
		{Client{IDToken: Protection{Alg: "HS256"}}, true},
		{Client{Userinfo: Protection{Alg: "HS512"}}, true},
	} {
		if got := tt.c.NeedsKeptSecret(); got != tt.want {
			t.Errorf("%+v: %v", tt.c, got)
		}
	}
}
