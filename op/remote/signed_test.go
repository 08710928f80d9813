package remote

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op/fact"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/keys/keystest"
)

// signer is a key of the issuer.
type signer struct{ private *ecdsa.PrivateKey }

func newSigner(t *testing.T) signer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{private}
}

func (k signer) sign(t *testing.T, typ string, claims any) string {
	t.Helper()
	return keystest.Sign(t, jose.SigningKey{Algorithm: jose.ES256, Key: k.private}, (&jose.SignerOptions{}).WithType(jose.ContentType(typ)), claims)
}

// signing is a server that publishes the key and signs what it says of every token.
func signing(t *testing.T, k signer, typ string, replaced map[string]any) *server {
	t.Helper()
	s := newServer()
	s.mediaType = signedType
	s.files[issuerID+"/.well-known/openid-configuration"] = `{"issuer":"` + issuerID + `","jwks_uri":"` + issuerID + `/keys"}`
	s.files[issuerID+"/keys"] = encode(t, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: k.private.Public()}}})
	s.say = func(token string) string {
		claims := map[string]any{
			"iss": issuerID, "aud": "gate", "iat": time.Now().Unix(), "token_introspection": json.RawMessage(about(token, nil)),
		}
		maps.Copy(claims, replaced)
		maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
		return k.sign(t, typ, claims)
	}
	return s
}

func TestSignedAnswers(t *testing.T) {
	k := newSigner(t)
	asksSigned := func(c *Config) { c.Signed = true }
	for _, typ := range []string{"token-introspection+jwt", "application/token-introspection+jwt", "Token-Introspection+JWT"} {
		s := signing(t, k, typ, nil)
		found, err := newRemote(t, s, asksSigned).Introspect(t.Context(), "good")
		if err != nil || found.Subject != "good" || s.last.Accept != "application/token-introspection+jwt" {
			t.Errorf("%s: %+v, %v, asked for %s", typ, found, err, s.last.Accept)
		}
	}
	s := signing(t, k, "token-introspection+jwt", map[string]any{"aud": []string{"other", "gate"}, "token_introspection": map[string]bool{"active": false}})
	if found, err := newRemote(t, s, asksSigned).Introspect(t.Context(), "good"); !fact.SaysNo(err) {
		t.Errorf("a signed no: %+v, %v", found, err)
	}
}

// TestMust042_OnlySignedAnswersOfTheIssuer for us, of now: none of its other JWTs, and no other answer.
func TestMust042_OnlySignedAnswersOfTheIssuer(t *testing.T) {
	k := newSigner(t)
	for name, s := range map[string]*server{
		"another key": func() *server {
			s := signing(t, newSigner(t), keys.TypeIntrospection, nil)
			s.files[issuerID+"/keys"] = signing(t, k, "", nil).files[issuerID+"/keys"]
			return s
		}(),
		"an access token":   signing(t, k, "at+jwt", nil),
		"an ID token":       signing(t, k, "JWT", nil),
		"another issuer":    signing(t, k, keys.TypeIntrospection, map[string]any{"iss": "https://other.example"}),
		"for somebody else": signing(t, k, keys.TypeIntrospection, map[string]any{"aud": "other"}),
		"for nobody":        signing(t, k, keys.TypeIntrospection, map[string]any{"aud": nil}),
		"without iat":       signing(t, k, keys.TypeIntrospection, map[string]any{"iat": nil}),
		"of yesterday":      signing(t, k, keys.TypeIntrospection, map[string]any{"iat": time.Now().Add(-24 * time.Hour).Unix()}),
		"of tomorrow":       signing(t, k, keys.TypeIntrospection, map[string]any{"iat": time.Now().Add(24 * time.Hour).Unix()}),
		"about nothing":     signing(t, k, keys.TypeIntrospection, map[string]any{"token_introspection": nil}),
		"in words":          signing(t, k, keys.TypeIntrospection, map[string]any{"token_introspection": "active"}),
		"active beside it":  signing(t, k, keys.TypeIntrospection, map[string]any{"token_introspection": map[string]any{}, "active": true}),
		"active in words":   signing(t, k, keys.TypeIntrospection, map[string]any{"token_introspection": map[string]any{"active": "true"}}),
		"keys nobody finds": func() *server { s := signing(t, k, keys.TypeIntrospection, nil); s.files = nil; return s }(),
		"not signed at all": newServer(),
		"of another type": func() *server {
			s := signing(t, k, keys.TypeIntrospection, nil)
			s.mediaType = "application/jwt"
			return s
		}(),
		"plain in its place": func() *server { s := newServer(); s.mediaType = signedType; return s }(),
	} {
		found, err := newRemote(t, s, func(c *Config) { c.Signed = true }).Introspect(t.Context(), "good")
		if found != nil || !unavailable(err) || fact.SaysNo(err) {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
	// Nor is a signed answer one where none was asked for.
	if found, err := newRemote(t, signing(t, k, keys.TypeIntrospection, nil), nil).Introspect(t.Context(), "good"); !unavailable(err) {
		t.Errorf("signed without being asked: %+v, %v", found, err)
	}
}

// Instead of a secret, an assertion that is for the issuer, short-lived and new each time.
func TestProofByAKey(t *testing.T) {
	k := newSigner(t)
	jwk, err := jose.JSONWebKey{Key: k.private, KeyID: "gate-1"}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	private, err := keys.ParsePrivateKey(jwk)
	if err != nil {
		t.Fatal(err)
	}
	s := newServer()
	r := newRemote(t, s, func(c *Config) { c.Secret, c.Key, c.Cache = "", private, 0 })
	public, err := keys.ParsePublicKeys([]byte(encode(t, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: k.private.Public(), KeyID: "gate-1"}}})))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 2 {
		if _, err := r.Introspect(t.Context(), "good"); err != nil {
			t.Fatal(err)
		}
		if s.last.Authorization != "" || s.form().Get("client_assertion_type") != assertionType {
			t.Errorf("%+v", s.last)
		}
		verified, err := public.Verify(s.form().Get("client_assertion"), []string{"ES256"})
		if err != nil || verified.Type != assertionTyp || verified.KeyID != "gate-1" {
			t.Fatalf("%+v, %v", verified, err)
		}
		var claims struct {
			Iss, Sub, Aud, Jti string
			Iat, Exp           int64
		}
		if err := json.Unmarshal(verified.Payload, &claims); err != nil {
			t.Fatal(err)
		}
		if claims.Iss != "gate" || claims.Sub != "gate" || claims.Aud != issuerID || claims.Exp-claims.Iat != 60 || seen[claims.Jti] || claims.Jti == "" {
			t.Errorf("%+v", claims)
		}
		seen[claims.Jti] = true
	}
	config := standard()
	config.Secret, config.Key, config.Issuer = "", private, ""
	if faults := config.Check(); len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), "key: needs issuer") {
		t.Error(faults)
	}
	config = standard()
	config.Key = private
	if faults := config.Check(); len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), "key: excludes secret") {
		t.Error(faults)
	}
}
