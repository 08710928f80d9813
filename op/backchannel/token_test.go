package backchannel

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// parts decodes header and claims of a token, and takes the jti out.
func parts(t *testing.T, token string) (header, claims map[string]any, jti string) {
	t.Helper()
	for i, into := range []*map[string]any{&header, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
		if err == nil {
			err = json.Unmarshal(raw, into)
		}
		if err != nil {
			t.Fatalf("%q: %v", token, err)
		}
	}
	jti, _ = claims["jti"].(string)
	delete(claims, "jti")
	return header, claims, jti
}

func TestThreat096_ALogoutTokenIsWhatTheSpecificationSays(t *testing.T) {
	h := newHouse(t, nil)
	now := float64(h.clock.Unix())
	for name, tt := range map[string]struct {
		of   notice
		want map[string]any
	}{
		"both":             {notice{SID: "s1", Subject: "p1"}, map[string]any{"sid": "s1", "sub": "p1"}},
		"session alone":    {notice{SID: "s1"}, map[string]any{"sid": "s1"}},
		"the person alone": {notice{Subject: "p1"}, map[string]any{"sub": "p1"}},
	} {
		token, err := h.token(t.Context(), &client.Client{ID: "web"}, tt.of)
		if err != nil {
			t.Fatal(err)
		}
		header, claims, jti := parts(t, token)
		if header["typ"] != "logout+jwt" || header["alg"] != "RS256" || len(jti) < 20 {
			t.Errorf("%s: %v, jti %q", name, header, jti)
		}
		maps.Copy(tt.want, map[string]any{
			"iss": issuer, "aud": "web", "iat": now, "exp": now + 120,
			"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
		})
		if diff := cmp.Diff(tt.want, claims); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if _, _, err := h.ring.Verify(t.Context(), token, keys.TypeLogoutToken); err != nil {
			t.Error(err)
		}
		for _, other := range []string{keys.TypeIDToken, keys.TypeAccessToken, keys.TypeRequestObject, ""} {
			if _, _, err := h.ring.Verify(t.Context(), token, other); !errors.Is(err, keys.ErrNotVerified) {
				t.Errorf("it passes for %q: %v", other, err)
			}
		}
		if _, err := h.ring.VerifyHint(t.Context(), token); !errors.Is(err, keys.ErrNotVerified) {
			t.Errorf("it passes for a hint: %v", err)
		}
	}
}

func TestThreat096_EachTokenHasAJTIOfItsOwn(t *testing.T) {
	h := newHouse(t, nil)
	var seen []string
	for range 5 {
		token, err := h.token(t.Context(), &client.Client{ID: "web"}, notice{SID: "s1"})
		if err != nil {
			t.Fatal(err)
		}
		_, _, jti := parts(t, token)
		if slices.Contains(seen, jti) {
			t.Fatal("a jti came again")
		}
		seen = append(seen, jti)
	}
}

func TestThreat096_TheAlgorithmIsThatOfTheClient(t *testing.T) {
	h := newHouse(t, nil)
	secret := client.KeptSecret(strings.Repeat("web's secret ", 6))
	for alg, want := range map[string]string{"": keys.RS256, keys.RS256: keys.RS256, keys.ES256: keys.ES256, keys.HMACAlgs[0]: keys.HMACAlgs[0]} {
		c := &client.Client{ID: "web", IDToken: client.Protection{Alg: alg}, Secrets: []client.Secret{secret}}
		token, err := h.token(t.Context(), c, notice{SID: "s1"})
		if err != nil {
			t.Fatalf("%q: %v", alg, err)
		}
		if header, _, _ := parts(t, token); header["alg"] != want || header["typ"] != "logout+jwt" {
			t.Errorf("%q: %v", alg, header)
		}
	}
	if _, err := h.token(t.Context(), &client.Client{ID: "web", IDToken: client.Protection{Alg: keys.PS256}}, notice{SID: "s1"}); !errors.Is(err, keys.ErrNoKey) {
		t.Errorf("an algorithm that there is no key for: %v", err)
	}
}

func TestThreat031_ALogoutTokenIsNeverWithoutASignature(t *testing.T) {
	h := newHouse(t, nil)
	token, err := h.token(t.Context(), &client.Client{ID: "web", IDToken: client.Protection{Alg: keys.AlgNone}}, notice{SID: "s1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.ring.Verify(t.Context(), token, keys.TypeLogoutToken); err != nil {
		t.Error(err)
	}
}

func TestALogoutTokenIsEncryptedAsIDTokensAre(t *testing.T) {
	h := newHouse(t, nil)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &client.Client{ID: "web", IDToken: client.Protection{Alg: keys.AlgNone, EncryptionAlg: keys.ECDHES}}
	if c.JWKS, err = json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public()}}}); err != nil {
		t.Fatal(err)
	}
	token, err := h.token(t.Context(), c, notice{SID: "s1"})
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
	if _, _, err := h.ring.Verify(t.Context(), string(inner), keys.TypeLogoutToken); err != nil {
		t.Error(err)
	}
	// So that who has several providers knows whose it is.
	if told := jwe.Header.ExtraHeaders["iss"]; told != issuer {
		t.Errorf("the header tells of %v", told)
	}
}

func TestATokenThatWouldNameNobodyIsNotMade(t *testing.T) {
	h := newHouse(t, nil)
	for name, tt := range map[string]struct {
		of       notice
		required bool
	}{"nothing": {}, "a person where the session is asked for": {notice{Subject: "p1"}, true}} {
		c := &client.Client{ID: "web", BackchannelLogoutSessionRequired: tt.required}
		if token, err := h.token(t.Context(), c, tt.of); !errors.Is(err, errNobody) || token != "" {
			t.Errorf("%s: %q, %v", name, token, err)
		}
	}
}
