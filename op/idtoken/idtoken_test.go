package idtoken

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

const issuer = "https://id.example.com"

// clock is the injected time of a test, which runs in one goroutine.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newClock() *clock { return &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

var policy = keys.Policy{
	Algs: []string{keys.RS256, keys.ES256}, RotateEvery: 24 * time.Hour, PublishAhead: time.Hour, KeepFor: 2 * time.Hour,
}

func newRing(t testing.TB, c *clock) *keys.Ring {
	t.Helper()
	s := memory.New(c.now)
	secrets, err := keys.OpenSecrets(context.Background(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keys.OpenRing(context.Background(), s, secrets, c.now)
	if err != nil {
		t.Fatal(err)
	}
	ensure(t, ring)
	return ring
}

func ensure(t testing.TB, ring *keys.Ring) {
	t.Helper()
	if err := ring.Ensure(context.Background(), policy); err != nil {
		t.Fatal(err)
	}
}

// newMaker makes the ID tokens of issuer for these clients.
func newMaker(ring *keys.Ring, life time.Duration, c *clock, clients ...*client.Client) *Maker {
	keySets := client.NewKeySets(fetch.New(fetch.Policy{}), c.now)
	return New(Deps{
		Ring: ring, Protector: client.NewProtector(ring, keySets), Clients: client.NewRegistry(memory.New(c.now), clients), KeySets: keySets,
		Issuer: issuer, Life: life, Now: c.now,
	})
}

// web is a client that registered alg.
func web(alg string) *client.Client {
	return &client.Client{ID: "web", IDToken: client.Protection{Alg: alg}, Secrets: []client.Secret{client.KeptSecret(strings.Repeat("web's secret ", 6))}}
}

func mustMake(t testing.TB, m *Maker, alg string, req Request) string {
	t.Helper()
	token, err := m.Make(t.Context(), web(alg), req)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// parts decodes header and claims of a token.
func parts(t testing.TB, token string) (header, claims map[string]any) {
	t.Helper()
	for i, into := range []*map[string]any{&header, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatal(err)
		}
	}
	return header, claims
}

func TestMakeSaysWhatCoreSection2Wants(t *testing.T) {
	c := newClock()
	m := newMaker(newRing(t, c), 10*time.Minute, c)
	now := float64(c.at.Unix())
	full := Request{
		Subject: "sub-1", Nonce: "n-\"1", AuthTime: c.at.Add(-time.Hour), ACR: "pwd", AMR: []string{"pwd"}, SID: "sid-1",
		AccessToken: "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
		Code:        "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk",
		Extra:       map[string]any{"email": "diana@example.org", "email_verified": true},
	}
	least := map[string]any{"iss": issuer, "sub": "sub-1", "aud": "web", "iat": now, "exp": now + 600}
	for _, tt := range []struct {
		name string
		req  Request
		want map[string]any
	}{
		{"everything", full, map[string]any{
			"iss": issuer, "sub": "sub-1", "aud": "web", "iat": now, "exp": now + 600, "auth_time": now - 3600,
			"nonce": "n-\"1", "acr": "pwd", "amr": []any{"pwd"}, "sid": "sid-1",
			"at_hash": "77QmUPtjPfzWtF2AnpK9RQ", "c_hash": "LDktKdoQak3Pk0cnXxCltA",
			"email": "diana@example.org", "email_verified": true,
		}},
		{"the least", Request{Subject: "sub-1"}, least},
	} {
		_, claims := parts(t, mustMake(t, m, "", tt.req))
		if diff := cmp.Diff(tt.want, claims); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestMakeSignsWithTheAlgorithmOfTheClient(t *testing.T) {
	c := newClock()
	m := newMaker(newRing(t, c), time.Minute, c)
	for alg, want := range map[string]string{"": "RS256", "RS256": "RS256", "ES256": "ES256"} {
		header, _ := parts(t, mustMake(t, m, alg, Request{Subject: "s"}))
		if header["alg"] != want || header["typ"] != "JWT" || header["kid"] == "" {
			t.Errorf("%q: %v", alg, header)
		}
	}
	for _, alg := range []string{"None", "EdDSA", "rs256"} {
		if token, err := m.Make(t.Context(), web(alg), Request{Subject: "s"}); !errors.Is(err, keys.ErrNoKey) || token != "" {
			t.Errorf("%q: %q, %v", alg, token, err)
		}
	}
}

func TestThreat040_NoTokenWithoutSubjectOrAudience(t *testing.T) {
	c := newClock()
	m := newMaker(newRing(t, c), time.Minute, c)
	for _, req := range []Request{{}, {Extra: map[string]any{"sub": "s"}}} {
		if token, err := m.Make(t.Context(), web(""), req); err == nil {
			t.Errorf("%+v: %s", req, token)
		}
	}
	if token, err := m.Make(t.Context(), &client.Client{}, Request{Subject: "s"}); err == nil {
		t.Errorf("for nobody: %s", token)
	}
}

// Threat 40: what an operator writes into a user file changes nothing about what the token is.
func TestThreat040_APersonsDataNeverBecomesAProtocolClaim(t *testing.T) {
	c := newClock()
	m := newMaker(newRing(t, c), time.Minute, c)
	extra := map[string]any{"name": "Diana"}
	for _, name := range []string{
		"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "auth_time", "nonce", "acr", "amr", "azp", "at_hash", "c_hash", "s_hash", "sid",
		"cnf", "events", "sub_jwk", "act", "may_act", "client_id", "scope", "token_use", "token_type", "active", "Aud", "NONCE",
	} {
		extra[name] = "evil"
	}
	_, claims := parts(t, mustMake(t, m, "", Request{Subject: "s", Extra: extra}))
	for name, value := range claims {
		if value == "evil" {
			t.Errorf("%s comes from the person", name)
		}
	}
	if claims["name"] != "Diana" || claims["sub"] != "s" || claims["nonce"] != nil {
		t.Errorf("%v", claims)
	}
	if extra["aud"] != "evil" {
		t.Error("the caller's claims were changed")
	}
}

func TestMakeRefusesATokenNobodyWouldRead(t *testing.T) {
	c := newClock()
	m := newMaker(newRing(t, c), time.Minute, c)
	extra := map[string]any{"picture": strings.Repeat("x", keys.MaxJWS)}
	if _, err := m.Make(t.Context(), web(""), Request{Subject: "s", Extra: extra}); !errors.Is(err, keys.ErrTooLarge) {
		t.Errorf("%v", err)
	}
}
