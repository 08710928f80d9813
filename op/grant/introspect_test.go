package grant_test

import (
	"encoding/base64"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func TestIntrospectSaysWhatIsBehindAToken(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	now := w.Clock.Now().Truncate(time.Second)
	for name, issued := range map[string]*grant.Issued{
		"remembered": v.Issue(t, "web", "openid api:read"),
		"forgotten":  forgotten(t, w, v.Issue(t, "web", "openid api:read")),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := v.Grants.Introspect(t.Context(), issued.AccessToken)
			if err != nil {
				t.Fatal(err)
			}
			if got.Grant.ID != issued.Grant.ID || !strings.HasPrefix(got.ID, issued.Grant.ID+".") {
				t.Errorf("grant %q, jti %q", got.Grant.ID, got.ID)
			}
			seen := *got
			seen.Grant, seen.ID, seen.AuthTime = nil, "", time.Time{}
			want := grant.Token{
				Kind: grant.KindAccess, TokenType: "Bearer", Issuer: granttest.Issuer, ClientID: "web", Subject: "sub-of-alice", Account: "alice",
				Username: "alice", SignedIn: true, Scopes: oauth.Scopes{"openid", "api:read"}, Audience: []string{granttest.API},
				IssuedAt: now, ExpiresAt: now.Add(time.Hour), ACR: "pwd", AMR: []string{"pwd"},
				Claims: map[string]any{
					"name": "Alice Example", "email": "alice@example.com", "email_verified": true,
					"groups": []any{"staff"}, "preferred_username": "alice",
				},
			}
			if diff := cmp.Diff(want, seen); diff != "" {
				t.Errorf("token (-want +got):\n%s", diff)
			}
		})
	}
}

// forgotten makes the memory stale for everything, as a change that nobody can place does.
func forgotten(t *testing.T, w *granttest.World, issued *grant.Issued) *grant.Issued {
	t.Helper()
	for i := range 20_000 {
		err := w.Store.Commit(t.Context(), store.Creating(store.Record{
			Kind: store.UsedOnce, Key: "filler " + strconv.Itoa(i), ExpiresAt: w.Clock.Now().Add(time.Millisecond),
		}))
		if err != nil {
			t.Fatal(err)
		}
	}
	return issued
}

func TestARememberedTokenAsksTheStoreNothing(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	for _, resource := range []string{granttest.API, granttest.Vault} {
		fewest := int64(math.MaxInt64)
		for range 5 { // the records of one token in a few hundred share a slot with those of its own commit
			issued := v.Issue(t, "web", "openid api:read vault:open", resource)
			reads := w.Faults.Reads()
			first, err := v.Grants.Introspect(t.Context(), issued.AccessToken)
			must(t, err)
			fewest = min(fewest, w.Faults.Reads()-reads)
			second, err := v.Grants.Introspect(t.Context(), issued.AccessToken)
			must(t, err)
			if first != second {
				t.Errorf("%s: two pointers for one remembered token", resource)
			}
		}
		if fewest != 0 {
			t.Errorf("%s: %d reads at the first sight in the process that issued it", resource, fewest)
		}
	}
}

func TestMust056_WhatIsRememberedNeverOutlivesAChange(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(t *testing.T, s *situation)
	}{
		{"its time passes", func(_ *testing.T, s *situation) { s.Clock.Advance(time.Hour) }},
		{"the grant is revoked", func(t *testing.T, s *situation) {
			must(t, s.Grants.Revoke(t.Context(), s.issued.Grant.ID))
			must(t, s.Grants.Revoke(t.Context(), s.opaque.Grant.ID))
		}},
		{"the tokens are revoked", func(t *testing.T, s *situation) {
			must(t, s.Grants.RevokeToken(t.Context(), "web", s.issued.AccessToken))
			must(t, s.Grants.RevokeToken(t.Context(), "web", s.opaque.AccessToken))
		}},
		{"the session ends", endSession},
		{"the consent is withdrawn", withdraw},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := situate(t, granttest.New(t), false)
			tokens := []string{s.issued.AccessToken, s.opaque.AccessToken}
			for _, token := range tokens {
				if _, err := s.Grants.Introspect(t.Context(), token); err != nil {
					t.Fatal(err)
				}
			}
			test.change(t, s)
			for _, token := range tokens {
				if _, err := s.Grants.Introspect(t.Context(), token); !errors.Is(err, grant.ErrInactive) {
					t.Errorf("%.4s… is still alive: %v", token, err)
				}
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Another configuration does not take over what this one checked: it reads the records by its own
// rules, but need not verify the signature again.
func TestARememberedTokenIsCheckedAgainByAnotherConfiguration(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	issued := v.Issue(t, "web", "openid api:read")
	if _, err := w.View(t, granttest.Standard().Without("web")).Grants.Introspect(t.Context(), issued.AccessToken); !errors.Is(err, grant.ErrInactive) {
		t.Errorf("the client is gone: %v", err)
	}
	if _, err := v.Grants.Introspect(t.Context(), issued.AccessToken); err != nil {
		t.Errorf("the old configuration is still serving: %v", err)
	}
}

func TestMust047_ARemovedKeyTakesItsTokensWithIt(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	issued := v.Issue(t, "web", "openid api:read")
	_, kid, err := w.Ring.Verify(t.Context(), issued.AccessToken, "at+jwt")
	must(t, err)
	must(t, w.Ring.Remove(t.Context(), kid))
	if _, err := v.Grants.Introspect(t.Context(), issued.AccessToken); !errors.Is(err, grant.ErrInactive) {
		t.Errorf("still alive: %v", err)
	}
}

func TestThreat017_NoOtherSpellingOfATokenIsAlive(t *testing.T) {
	v := granttest.New(t).View(t, granttest.Standard())
	for _, resource := range []string{granttest.API, granttest.Vault} {
		token := v.Issue(t, "web", "openid api:read vault:open", resource).AccessToken
		dead := func(spelling string) {
			if spelling == token {
				return
			}
			if _, err := v.Grants.IntrospectAny(t.Context(), spelling); !errors.Is(err, grant.ErrInactive) {
				t.Errorf("%q instead of %q: %v", spelling, token, err)
			}
		}
		for i := range len(token) {
			dead(token[:i])
			dead(token[i+1:])
			for bit := range 8 {
				flipped := []byte(token)
				flipped[i] ^= 1 << bit
				dead(string(flipped))
			}
		}
		last := strings.IndexByte(base64url, token[len(token)-1])
		for tail := range base64url { // the bits that no byte needs
			if tail>>2 == last>>2 {
				dead(token[:len(token)-1] + base64url[tail:tail+1])
			}
		}
		for _, around := range []string{token + "=", token + " ", " " + token, token + "\n", token + ".", strings.ToUpper(token), "Bearer " + token} {
			dead(around)
		}
	}
}

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func TestThreat059_OnlyAccessTokensAreAccessTokens(t *testing.T) {
	w := granttest.New(t)
	s := situate(t, w, true)
	now := w.Clock.Now()
	good, err := s.Grants.Introspect(t.Context(), s.issued.AccessToken)
	must(t, err)
	same := map[string]any{
		"iss": granttest.Issuer, "sub": "sub-of-alice", "aud": granttest.API, "client_id": "web", "jti": good.ID,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "scope": "openid",
	}
	sign := func(typ string) string {
		token, err := w.Ring.Sign("ES256", typ, same)
		must(t, err)
		return token
	}
	for name, token := range map[string]string{
		"an ID token":      sign("JWT"),
		"a logout token":   sign("logout+jwt"),
		"a request object": sign("oauth-authz-req+jwt"),
		"a DPoP proof":     sign("dpop+jwt"),
		"another case":     sign("AT+JWT"),
		"a refresh token":  s.issued.RefreshToken,
		"a code":           s.unspent,
		"a grant ID":       s.issued.Grant.ID,
		"a jti":            good.ID,
		"a prefix":         "gat_",
		"nothing":          "",
		"an unsigned one":  base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + ".e30.",
		"a code as opaque": "gat_" + strings.TrimPrefix(s.unspent, "gac_"),
	} {
		if _, err := s.Grants.Introspect(t.Context(), token); !errors.Is(err, grant.ErrInactive) {
			t.Errorf("%s is taken for an access token: %v", name, err)
		}
	}
	if _, err := s.Grants.Introspect(t.Context(), sign("at+jwt")); err != nil {
		t.Errorf("the same claims as an access token: %v", err)
	}
}

func TestThreat060_TimesAndTypesOfClaims(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	issued := v.Issue(t, "web", "openid api:read")
	good, err := v.Grants.Introspect(t.Context(), issued.AccessToken)
	must(t, err)
	now := w.Clock.Now().Unix()
	for name, change := range map[string]map[string]any{
		"no exp": {"exp": nil}, "exp as string": {"exp": "9999999999"}, "exp as fraction": {"exp": 1e10 + 0.5},
		"negative exp": {"exp": -1}, "exp of 2^63": {"exp": uint64(1) << 63}, "exp beyond all years": {"exp": int64(1) << 62},
		"exp now": {"exp": now}, "exp past": {"exp": now - 1}, "exp as list": {"exp": []int64{now + 60}},
		"no iat": {"iat": nil}, "negative iat": {"iat": -5}, "iat as string": {"iat": "1"},
		"nbf ahead": {"nbf": now + 60}, "nbf as string": {"nbf": "0"},
		"no jti": {"jti": nil}, "jti without grant": {"jti": "serial"}, "jti of an empty grant": {"jti": ".serial"},
		"jti without serial": {"jti": issued.Grant.ID + "."}, "jti of another grant": {"jti": "another.serial"},
		"jti as number": {"jti": 7},
		"no iss":        {"iss": nil}, "another iss": {"iss": "https://evil.example"}, "iss as list": {"iss": []string{granttest.Issuer}},
		"no aud": {"aud": nil}, "empty aud": {"aud": []string{}}, "aud as number": {"aud": 1}, "aud as object": {"aud": map[string]any{}},
		"aud of mixed types": {"aud": []any{granttest.API, 1}},
		"no sub":             {"sub": nil}, "empty sub": {"sub": ""},
		"no client_id": {"client_id": nil}, "another client": {"client_id": "other"},
		"scope as list": {"scope": []string{"openid"}}, "malformed scope": {"scope": "a\"b"},
	} {
		claims := map[string]any{
			"iss": granttest.Issuer, "sub": "sub-of-alice", "aud": granttest.API, "client_id": "web", "jti": good.ID,
			"iat": now, "exp": now + 3600, "scope": "openid",
		}
		for name, value := range change {
			if claims[name] = value; value == nil {
				delete(claims, name)
			}
		}
		token, err := w.Ring.Sign("ES256", "at+jwt", claims)
		must(t, err)
		if _, err := v.Grants.Introspect(t.Context(), token); !errors.Is(err, grant.ErrInactive) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARefreshTokenIsIntrospectedOnlyWhileItIsUnspentAndValid(t *testing.T) {
	r, first := newRefreshing(t)
	token, err := r.Grants.IntrospectAny(t.Context(), first.RefreshToken)
	must(t, err)
	if token.Kind != grant.KindRefresh || token.TokenType != "" || len(token.Audience) != 0 || token.ClientID != "web" {
		t.Errorf("%+v", token)
	}
	if _, err := r.Grants.Introspect(t.Context(), first.RefreshToken); !errors.Is(err, grant.ErrInactive) {
		t.Errorf("as an access token: %v", err)
	}
	second := r.mustRotate(first.RefreshToken)
	if _, err := r.Grants.IntrospectAny(t.Context(), first.RefreshToken); !errors.Is(err, grant.ErrInactive) {
		t.Errorf("spent, within the grace: %v", err)
	}
	r.Clock.Advance(granttest.Life().RefreshToken)
	if _, err := r.Grants.IntrospectAny(t.Context(), second.RefreshToken); !errors.Is(err, grant.ErrInactive) {
		t.Errorf("expired: %v", err)
	}
}
