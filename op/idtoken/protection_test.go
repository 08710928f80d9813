package idtoken

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// everyRing has a key for every algorithm.
func everyRing(t testing.TB, c *clock) *keys.Ring {
	t.Helper()
	ring := newRing(t, c)
	every := policy
	every.Algs = keys.SigningAlgs
	if err := ring.Ensure(context.Background(), every); err != nil {
		t.Fatal(err)
	}
	return ring
}

func TestMust034_HashesOfWhatIsIssuedBesideForEveryAlgorithm(t *testing.T) {
	c := newClock()
	m := newMaker(everyRing(t, c), time.Minute, c)
	const token, code = "gat_access", "gac_code"
	for _, alg := range append(append([]string{keys.AlgNone}, keys.HMACAlgs...), keys.SigningAlgs...) {
		made := mustMake(t, m, alg, Request{Subject: "s", Direct: true, AccessToken: token, Code: code})
		header, claims := parts(t, made)
		if header["alg"] != alg {
			t.Errorf("%s: header %v", alg, header)
		}
		if alg == keys.AlgNone {
			if claims["at_hash"] != nil || claims["c_hash"] != nil || !strings.HasSuffix(made, ".") {
				t.Errorf("none: %v", claims)
			}
			continue
		}
		for name, value := range map[string]string{"at_hash": token, "c_hash": code} {
			want, err := keys.HalfHash(alg, value)
			if err != nil || claims[name] != want {
				t.Errorf("%s: %s is %v, want %s", alg, name, claims[name], want)
			}
		}
	}
}

func TestThreat031_AnUnsignedIDTokenPassesThroughNoBrowser(t *testing.T) {
	c := newClock()
	m := newMaker(newRing(t, c), time.Minute, c)
	if token, err := m.Make(t.Context(), web(keys.AlgNone), Request{Subject: "s"}); !errors.Is(err, errUnsecured) || token != "" {
		t.Errorf("%q, %v", token, err)
	}
	if _, err := m.Make(t.Context(), web(keys.AlgNone), Request{Subject: "s", Direct: true}); err != nil {
		t.Error(err)
	}
}

func TestMakeEncryptsForTheClient(t *testing.T) {
	c := newClock()
	ring := newRing(t, c)
	m := newMaker(ring, time.Minute, c)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	relying := web("")
	relying.IDToken.EncryptionAlg = keys.ECDHES
	if relying.JWKS, err = json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public()}}}); err != nil {
		t.Fatal(err)
	}
	token, err := m.Make(t.Context(), relying, Request{Subject: "s"})
	if err != nil {
		t.Fatal(err)
	}
	jwe, err := jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{jose.ECDH_ES}, []jose.ContentEncryption{jose.A128CBC_HS256})
	if err != nil {
		t.Fatal(err)
	}
	inner, err := jwe.Decrypt(private)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ring.Verify(t.Context(), string(inner), keys.TypeIDToken); err != nil {
		t.Error(err)
	}
	if _, err := m.ReadHint(t.Context(), token); !errors.Is(err, ErrBadHint) {
		t.Errorf("encrypted, as a hint: %v", err)
	}
}

func TestReadHintOfASecret(t *testing.T) {
	c := newClock()
	for _, alg := range keys.HMACAlgs {
		mine := web(alg)
		m := newMaker(newRing(t, c), time.Minute, c, mine, &client.Client{ID: "app", IDToken: mine.IDToken, Secrets: []client.Secret{client.KeptSecret(strings.Repeat("app's secret ", 6))}})
		token := mustMake(t, m, alg, Request{Subject: "sub-1", SID: "sid-1"})
		hint, err := m.ReadHint(t.Context(), token)
		if err != nil || hint.Subject != "sub-1" || hint.SID != "sid-1" || len(hint.Audience) != 1 || hint.Audience[0] != "web" {
			t.Errorf("%s: %+v, %v", alg, hint, err)
		}
		secret, _ := mine.Secrets[0].Plain()
		good := map[string]any{"iss": issuer, "sub": "sub-1", "aud": "web", "iat": 1, "exp": 2}
		for why, claims := range map[string]map[string]any{
			"for another client":   {"iss": issuer, "sub": "sub-1", "aud": "app", "iat": 1, "exp": 2},
			"for another as well":  {"iss": issuer, "sub": "sub-1", "aud": []string{"web", "app"}, "iat": 1, "exp": 2},
			"for nobody we know":   {"iss": issuer, "sub": "sub-1", "aud": "gone", "iat": 1, "exp": 2},
			"of another issuer":    {"iss": "https://evil.example", "sub": "sub-1", "aud": "web", "iat": 1, "exp": 2},
			"userinfo":             {"iss": issuer, "sub": "sub-1", "aud": "web"},
			"of no subject at all": {"iss": issuer, "aud": "web", "iat": 1, "exp": 2},
		} {
			forged, err := keys.SignHMAC(secret, alg, keys.TypeIDToken, claims)
			if err != nil {
				t.Fatal(err)
			}
			if hint, err := m.ReadHint(t.Context(), forged); !errors.Is(err, ErrBadHint) || hint.Subject != "" {
				t.Errorf("%s: %s: %v", alg, why, err)
			}
		}
		for _, typ := range []string{keys.TypeAccessToken, "logout+jwt", ""} {
			forged, err := keys.SignHMAC(secret, alg, typ, good)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.ReadHint(t.Context(), forged); !errors.Is(err, ErrBadHint) {
				t.Errorf("%s: typ %q: %v", alg, typ, err)
			}
		}
		// A client whose ID tokens the provider signs with its own keys has no say in what they tell.
		asymmetric := newMaker(newRing(t, c), time.Minute, c, web(keys.ES256))
		if _, err := asymmetric.ReadHint(t.Context(), token); !errors.Is(err, ErrBadHint) {
			t.Errorf("%s at a client of ES256: %v", alg, err)
		}
	}
}

// Every kind of JWT that is about, at every place that takes one: each passes at its own only.
func TestMust042_EachKindOfJWTPassesAtItsPlaceOnly(t *testing.T) {
	c := newClock()
	ring := everyRing(t, c)
	type kind struct {
		name, typ string
		claims    map[string]any
	}
	now := c.at.Unix()
	kinds := []kind{
		{"ID token", keys.TypeIDToken, map[string]any{"iss": issuer, "sub": "sub-1", "aud": "web", "iat": now, "exp": now + 60}},
		{"userinfo", keys.TypeIDToken, map[string]any{"iss": issuer, "sub": "sub-1", "aud": "web", "email": "diana@example.org"}},
		{"access token", keys.TypeAccessToken, map[string]any{"iss": issuer, "sub": "sub-1", "aud": "web", "iat": now, "exp": now + 60, "client_id": "web"}},
		{"logout token", "logout+jwt", map[string]any{"iss": issuer, "sub": "sub-1", "aud": "web", "iat": now, "exp": now + 60, "jti": "1"}},
		{"client assertion", "", map[string]any{"iss": "web", "sub": "web", "aud": issuer, "iat": now, "exp": now + 60, "jti": "1"}},
		{"request object", "oauth-authz-req+jwt", map[string]any{"iss": "web", "aud": issuer, "client_id": "web", "iat": now, "exp": now + 60}},
		{"introspection", "token-introspection+jwt", map[string]any{"iss": issuer, "aud": "web", "iat": now, "exp": now + 60, "sub": "sub-1"}},
		{"DPoP proof", "dpop+jwt", map[string]any{"htm": "POST", "htu": issuer, "iat": now, "jti": "1"}},
	}
	for _, alg := range append(append([]string{keys.AlgNone}, keys.HMACAlgs...), keys.SigningAlgs...) {
		relying := web(alg)
		m := newMaker(ring, time.Minute, c, relying)
		for _, k := range kinds {
			token, err := m.Protector.Protect(t.Context(), relying, client.Protection{Alg: alg}, k.typ, k.claims)
			if err != nil {
				t.Fatal(err)
			}
			hint, err := m.ReadHint(t.Context(), token)
			if want := k.name == "ID token" && alg != keys.AlgNone; (err == nil) != want || hint.Subject != "" != want {
				t.Errorf("%s %s as id_token_hint: %v", alg, k.name, err)
			}
			ours := alg != keys.AlgNone && !strings.HasPrefix(alg, "HS")
			if _, _, err := ring.Verify(t.Context(), token, keys.TypeAccessToken); (err == nil) != (ours && k.name == "access token") {
				t.Errorf("%s %s as an access token: %v", alg, k.name, err)
			}
			// What we signed is none of the client's, whatever it says.
			if _, err := m.KeySets.Verify(t.Context(), relying, token, keys.SigningAlgs); err == nil {
				t.Errorf("%s %s passes as signed by a key of the client", alg, k.name)
			}
		}
	}
}
