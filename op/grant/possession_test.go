package grant_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// proving is what a request proves: a key, a certificate, both.
func proving(jkt, x5t string) grant.Narrowing {
	return grant.Narrowing{By: grant.Possession{Confirmation: oauth.Confirmation{JKT: jkt, X5T: x5t}}}
}

// once adds the mark of a proof that counts once.
func once(want grant.Narrowing, id string) grant.Narrowing {
	want.By.Spending = []store.Change{store.Creating(store.Record{Kind: store.UsedOnce, Key: "proof " + id})}
	return want
}

func TestTokensAreBoundToWhatWasProved(t *testing.T) {
	v := granttest.New(t).View(t, granttest.Standard())
	for _, audience := range []string{granttest.API, granttest.Vault} { // a JWT and an opaque token
		for _, bound := range []oauth.Confirmation{{}, {JKT: "key"}, {X5T: "certificate"}, {JKT: "key", X5T: "certificate"}} {
			want := proving(bound.JKT, bound.X5T)
			issued, err := v.Grants.ClientCredentials(t.Context(), v.Client(t, "worker"), oauth.Scopes{"api:read"}, []string{audience}, want.By)
			if err != nil {
				t.Fatal(err)
			}
			kind := "Bearer"
			if bound.JKT != "" {
				kind = "DPoP"
			}
			forgetful := v.World.View(t, granttest.Standard()) // which has to read it
			for _, grants := range []*grant.Grants{v.Grants, forgetful.Grants} {
				token, err := grants.Introspect(t.Context(), issued.AccessToken)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(bound, token.Confirmation); diff != "" || token.TokenType != kind || issued.TokenType != kind {
					t.Errorf("%s: %s and %s, want %s %s", audience, issued.TokenType, token.TokenType, kind, diff)
				}
			}
		}
	}
}

func TestMust025_ACodeIsBoundToItsKey(t *testing.T) {
	v := granttest.New(t).View(t, granttest.Standard())
	session := v.SignIn(t, "alice")
	for _, client := range []string{"web", "cli"} {
		code1 := v.Authorize(t, v.Granting(t, session, client, "openid api:read"), grant.CodeRequest{JKT: "mine"})
		redeem := func(want grant.Narrowing) error {
			t.Helper()
			read, err := v.Grants.Code(t.Context(), code1)
			if err != nil {
				t.Fatal(err)
			}
			_, err = v.Grants.Redeem(t.Context(), v.Client(t, client), read, want)
			return err
		}
		if err := redeem(grant.Narrowing{}); code(err) != "invalid_dpop_proof" {
			t.Errorf("%s: without a key: %v", client, err)
		}
		if err := redeem(proving("theirs", "")); code(err) != "invalid_grant" {
			t.Errorf("%s: with another: %v", client, err)
		}
		if err := redeem(proving("mine", "")); err != nil {
			t.Errorf("%s: with its own: %v", client, err)
		}
	}
}

// What protects a refresh token of a public client is the key alone; a confidential one has its own secret.
func TestMust029_RefreshTokensOfPublicClientsAreBound(t *testing.T) {
	for _, test := range []struct {
		client string
		bound  bool
	}{{"cli", true}, {"web", false}} {
		v := granttest.New(t).View(t, granttest.Standard())
		c := v.Client(t, test.client)
		rotate := func(token string, want grant.Narrowing) (*grant.Issued, string) {
			issued, err := v.Grants.Rotate(t.Context(), c, token, want)
			return issued, code(err)
		}
		first := view{v}.redeem(t, test.client, proving("mine", "mine"))
		for _, other := range []struct {
			want grant.Narrowing
			code string
		}{
			{proving("", ""), "invalid_dpop_proof"},
			{proving("", "mine"), "invalid_dpop_proof"},
			{proving("theirs", "mine"), "invalid_grant"},
			{proving("mine", ""), "invalid_grant"},
			{proving("mine", "theirs"), "invalid_grant"},
		} {
			issued, refused := rotate(first.RefreshToken, other.want)
			if test.bound && refused != other.code || !test.bound && refused != "" {
				t.Fatalf("%s with %+v: %q", test.client, other.want.By.Confirmation, refused)
			}
			if !test.bound {
				first = issued
			}
		}
		second, refused := rotate(first.RefreshToken, proving("mine", "mine"))
		if refused != "" {
			t.Fatalf("%s: %s", test.client, refused)
		}
		if token, err := v.Grants.IntrospectAny(t.Context(), second.RefreshToken); err != nil || token.Confirmation.IsZero() == test.bound {
			t.Errorf("%s: %+v, %v", test.client, token, err)
		}
		if !test.bound {
			continue
		}
		// Spent, and long after the grace: who has no key cannot make it look like a theft.
		v.Clock.Advance(time.Minute)
		if _, refused := rotate(first.RefreshToken, proving("theirs", "mine")); refused != "invalid_grant" {
			t.Errorf("a spent one with another key: %q", refused)
		}
		if _, refused := rotate(second.RefreshToken, proving("mine", "mine")); refused != "" {
			t.Errorf("its successor after that: %q", refused)
		}
		if _, refused := rotate(first.RefreshToken, proving("mine", "mine")); refused != "invalid_grant" {
			t.Errorf("a spent one with its key: %q", refused)
		}
		if _, err := v.Grants.Introspect(t.Context(), second.AccessToken); !errors.Is(err, grant.ErrInactive) {
			t.Errorf("after the theft: %v", err)
		}
	}
}

// view is a configuration to redeem codes in.
type view struct{ *granttest.View }

func (v view) redeem(t *testing.T, client string, want grant.Narrowing) *grant.Issued {
	t.Helper()
	g := v.Granting(t, v.SignIn(t, "alice"), client, "openid offline_access api:read")
	read, err := v.Grants.Code(t.Context(), v.Authorize(t, g, grant.CodeRequest{}))
	if err != nil {
		t.Fatal(err)
	}
	issued, err := v.Grants.Redeem(t.Context(), v.Client(t, client), read, want)
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

// A proof that was used buys nothing, and what it was shown with is not spent for it.
func TestThreat116_AUsedProofBuysNothing(t *testing.T) {
	for name, open := range granttest.Backends() {
		t.Run(name, func(t *testing.T) {
			v := view{open(t).View(t, granttest.Standard())}
			worker, audience := v.Client(t, "worker"), []string{granttest.API}
			if _, err := v.Grants.ClientCredentials(t.Context(), worker, nil, audience, once(proving("mine", ""), "1").By); err != nil {
				t.Fatal(err)
			}
			_, err := v.Grants.ClientCredentials(t.Context(), worker, nil, audience, once(proving("mine", ""), "1").By)
			if code(err) != "invalid_dpop_proof" || !strings.Contains(err.Error(), "used before") {
				t.Errorf("client_credentials: %v", err)
			}
			g := v.Granting(t, v.SignIn(t, "alice"), "cli", "openid offline_access api:read")
			read, err := v.Grants.Code(t.Context(), v.Authorize(t, g, grant.CodeRequest{}))
			if err != nil {
				t.Fatal(err)
			}
			cli := v.Client(t, "cli")
			if _, err := v.Grants.Redeem(t.Context(), cli, read, once(proving("mine", ""), "1")); code(err) != "invalid_dpop_proof" {
				t.Errorf("a code: %v", err)
			}
			issued, err := v.Grants.Redeem(t.Context(), cli, read, once(proving("mine", ""), "2"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := v.Grants.Rotate(t.Context(), cli, issued.RefreshToken, once(proving("mine", ""), "2")); code(err) != "invalid_dpop_proof" {
				t.Errorf("a refresh token: %v", err)
			}
			if _, err := v.Grants.Rotate(t.Context(), cli, issued.RefreshToken, once(proving("mine", ""), "3")); err != nil {
				t.Errorf("a new proof: %v", err)
			}
		})
	}
}
