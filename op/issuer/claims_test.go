package issuer

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys/keystest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// refused wants a clear no.
func refused(t *testing.T, what string, i *Issuer, token string) {
	t.Helper()
	if got, err := i.Introspect(t.Context(), token); !errors.Is(err, grant.ErrInactive) || errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("%s: %+v, %v", what, got, err)
	}
}

func TestMust042_OnlyAccessTokensOfTheIssuer(t *testing.T) {
	p := newPair(t, "1")
	i := New(Config{Issuer: name}, publishing(t, p), time.Now)
	good := claims(time.Now(), nil)
	for _, typ := range []string{"at+jwt", "AT+JWT", "application/at+jwt"} {
		if _, err := i.Introspect(t.Context(), p.sign(t, typ, good)); err != nil {
			t.Errorf("typ %s: %v", typ, err)
		}
	}
	for _, typ := range []string{"", "JWT", "jwt", "application/", "logout+jwt", "oauth-authz-req+jwt", "dpop+jwt", "token-introspection+jwt", "at+jwt ", "secevent+jwt"} {
		refused(t, "typ "+typ, i, p.sign(t, typ, good))
	}
	for what, replaced := range map[string]map[string]any{
		"another issuer":       {"iss": "https://as.example"},
		"a slash too many":     {"iss": name + "/"},
		"issuer in an array":   {"iss": []string{name}},
		"no issuer":            {"iss": nil},
		"no sub":               {"sub": nil},
		"empty sub":            {"sub": ""},
		"no client_id":         {"client_id": nil},
		"no audience":          {"aud": nil},
		"no exp":               {"exp": nil},
		"no iat":               {"iat": nil},
		"expired":              {"exp": time.Now().Unix() - 1},
		"exp as text":          {"exp": fmt.Sprint(time.Now().Unix() + 60)},
		"not yet":              {"nbf": time.Now().Unix() + 120},
		"audience of a number": {"aud": 1},
		"bound to a word":      {"cnf": "x"},
	} {
		refused(t, what, i, p.sign(t, "at+jwt", claims(time.Now(), replaced)))
	}
}

// Where the operator takes typ JWT, other JWTs of the issuer look alike.
func TestThreat059_OtherJWTsOfTheIssuer(t *testing.T) {
	p := newPair(t, "1")
	i := New(Config{Issuer: name, Types: []string{TypeJWT}}, publishing(t, p), time.Now)
	for _, typ := range []string{"", "JWT", "jwt", "application/jwt"} {
		token, err := i.Introspect(t.Context(), p.sign(t, typ, claims(time.Now(), map[string]any{"client_id": nil, "azp": "shop"})))
		if err != nil || token.ClientID != "shop" {
			t.Errorf("typ %q: %+v, %v", typ, token, err)
		}
	}
	refused(t, "typ at+jwt", i, p.sign(t, "at+jwt", claims(time.Now(), nil)))
	for what, claim := range map[string]any{
		"nonce": "n", "at_hash": "h", "c_hash": "h", "s_hash": "h", "token_introspection": map[string]bool{"active": true},
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	} {
		refused(t, what, i, p.sign(t, "JWT", claims(time.Now(), map[string]any{what: claim})))
	}
	both := New(Config{Issuer: name, Types: []string{TypeAccessToken, TypeJWT}}, publishing(t, p), time.Now)
	for _, typ := range []string{"", "JWT", "at+jwt"} {
		if _, err := both.Introspect(t.Context(), p.sign(t, typ, claims(time.Now(), nil))); err != nil {
			t.Errorf("typ %q: %v", typ, err)
		}
	}
}

func TestMust041_OnlyAlgorithmsThatAreAllowed(t *testing.T) {
	p := newPair(t, "1")
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	w := publishing(t, p)
	set := jwks(t, p)
	public, err := jose.JSONWebKey{Key: private.Public(), KeyID: "r"}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	w.files[jwksURI] = strings.Replace(set, "]", ","+string(public)+"]", 1)
	by := func(alg jose.SignatureAlgorithm) string {
		return sign(t, jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: private, KeyID: "r"}}, "at+jwt", claims(time.Now(), nil))
	}
	standard := New(Config{Issuer: name}, w, time.Now)
	narrow := New(Config{Issuer: name, Algs: []string{"PS256"}}, w, time.Now)
	for alg, allowed := range map[jose.SignatureAlgorithm][2]bool{
		jose.RS256: {true, false}, jose.PS256: {true, true}, jose.RS512: {false, false}, jose.PS384: {false, false},
	} {
		for n, i := range []*Issuer{standard, narrow} {
			if _, err := i.Introspect(t.Context(), by(alg)); (err == nil) != allowed[n] {
				t.Errorf("%s: %v", alg, err)
			}
		}
	}
	refused(t, "ES256 where it is not allowed", narrow, p.sign(t, "at+jwt", claims(time.Now(), nil)))
	// The published key as the secret of an HMAC (CVE-2015-9235), and no signature at all.
	hmac := sign(t, jose.SigningKey{Algorithm: jose.HS256, Key: []byte(w.files[jwksURI])}, "at+jwt", claims(time.Now(), nil))
	refused(t, "HS256", standard, hmac)
	_, payload, _ := strings.Cut(by(jose.PS256), ".")
	payload, _, _ = strings.Cut(payload, ".")
	for _, header := range []string{`{"alg":"none","typ":"at+jwt"}`, `{"alg":"None","typ":"at+jwt"}`, `{"typ":"at+jwt"}`} {
		refused(t, header, standard, base64.RawURLEncoding.EncodeToString([]byte(header))+"."+payload+".")
	}
}

// TestMust043_HeadersNameNoKeys: which keys are trusted is not for the token to say.
func TestMust043_HeadersNameNoKeys(t *testing.T) {
	p, thief := newPair(t, "1"), newPair(t, "1")
	w := publishing(t, p)
	i := New(Config{Issuer: name}, w, time.Now)
	key := jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: thief.private, KeyID: "1"}}
	for header, value := range map[string]any{
		"jku": "https://thief.example/jwks", "x5u": "https://thief.example/chain", "x5c": []string{"MIIB"}, "jwk": jose.JSONWebKey{Key: thief.private.Public()},
	} {
		options := (&jose.SignerOptions{}).WithType("at+jwt").WithHeader(jose.HeaderKey(header), value)
		refused(t, header, i, keystest.Sign(t, key, options, []byte(`{}`)))
	}
	for address := range w.asked {
		if strings.Contains(address, "thief") {
			t.Errorf("asked %s", address)
		}
	}
}

func TestThreat037_WhatIsNoTokenIsCheap(t *testing.T) {
	i := New(Config{Issuer: name}, publishing(t, newPair(t, "1")), time.Now)
	for _, token := range []string{"", ".", "..", "a.b.c", strings.Repeat(".", 1<<20), strings.Repeat("a", 1<<20), "gat_x", "a.b.c.d.e"} {
		refused(t, fmt.Sprintf("%d bytes", len(token)), i, token)
	}
}

func TestThreat039_ClaimsAreReadStrictly(t *testing.T) {
	p := newPair(t, "1")
	i := New(Config{Issuer: name}, publishing(t, p), time.Now)
	good := fmt.Sprintf(`"iss":%q,"client_id":"shop","aud":%q,"iat":%d,"exp":%d`, name, api, time.Now().Unix(), time.Now().Unix()+60)
	if _, err := i.Introspect(t.Context(), p.sign(t, "at+jwt", `{"sub":"diana",`+good+`}`)); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`{"sub":"diana","sub":"root",` + good + `}`, `{"Sub":"root",` + good + `}`, `{"sub":"diana",` + good + `}x`,
		`[{"sub":"diana",` + good + `}]`, `{"sub":"diana",` + good + `,"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
		"{\"sub\":\"di\xffana\"," + good + "}", `null`, ``,
	} {
		refused(t, fmt.Sprintf("%.60s", text), i, p.sign(t, "at+jwt", text))
	}
}
