package grant_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// code is the refusal's error code, "" for none.
func code(err error) string {
	if err == nil {
		return ""
	}
	return oauth.AsError(err).Code
}

func TestMust039_JWTAccessTokenSaysWhatWasGranted(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	issued := v.Issue(t, "web", "openid email api:read offline_access")

	payload, _, err := w.Ring.Verify(t.Context(), issued.AccessToken, "at+jwt")
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	jti, _ := claims["jti"].(string)
	if !strings.HasPrefix(jti, issued.Grant.ID+".") {
		t.Errorf("jti %q does not name the grant %q", jti, issued.Grant.ID)
	}
	delete(claims, "jti")
	now := float64(w.Clock.Now().Unix())
	want := map[string]any{
		"iss": granttest.Issuer, "sub": "sub-of-alice", "aud": granttest.API, "client_id": "web",
		"scope": "openid email api:read offline_access", "iat": now, "exp": now + 3600, "auth_time": now,
		"acr": "pwd", "amr": []any{"pwd"},
	}
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	if issued.ExpiresIn != time.Hour || issued.SID != "sid-at-web" {
		t.Errorf("expires_in %s, sid %q", issued.ExpiresIn, issued.SID)
	}
}

func TestTokenFormatBelongsToTheResource(t *testing.T) {
	v := granttest.New(t).View(t, granttest.Standard())
	for _, test := range []struct {
		name      string
		resources []string
		opaque    bool
	}{
		{"a resource that takes JWTs", []string{granttest.API}, false},
		{"a resource that takes opaque tokens", []string{granttest.Vault}, true},
		{"both", []string{granttest.API, granttest.Vault}, true},
		{"the issuer itself", []string{granttest.Issuer}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			issued := v.Issue(t, "web", "openid api:read vault:open", test.resources...)
			if opaque := strings.HasPrefix(issued.AccessToken, keys.PrefixAccess); opaque != test.opaque {
				t.Errorf("token %.8s… opaque %t", issued.AccessToken, opaque)
			}
			token, err := v.Grants.Introspect(t.Context(), issued.AccessToken)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.resources, token.Audience); diff != "" {
				t.Errorf("audience (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEachTokenCarriesOnlyTheScopesOfItsResources(t *testing.T) {
	v := granttest.New(t).View(t, granttest.Standard())
	both := []string{granttest.API, granttest.Vault}
	g := v.Granting(t, v.SignIn(t, "alice"), "web", "openid api:read vault:open", both...)
	issued := v.Redeem(t, "web", v.Authorize(t, g, grant.CodeRequest{}), "HTTPS://api.example:443/")
	if got := issued.Scopes.String(); got != "openid api:read" {
		t.Errorf("scopes %q", got)
	}
}

func TestMust040_NoBearerSecretIsStored(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	session := v.SignIn(t, "alice")
	code := v.Authorize(t, v.Granting(t, session, "web", "openid offline_access vault:open", granttest.Vault), grant.CodeRequest{})
	issued := v.Redeem(t, "web", code)
	rotated, err := v.Grants.Rotate(t.Context(), v.Client(t, "web"), issued.RefreshToken, grant.Narrowing{})
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{code, issued.AccessToken, issued.RefreshToken, rotated.AccessToken, rotated.RefreshToken}
	for _, secret := range secrets {
		if len(secret) != len("gac_")+43 {
			t.Errorf("%.4s… has %d characters, want 256 bits behind a prefix", secret, len(secret))
		}
	}
	for _, kind := range store.Kinds {
		records, err := w.Store.List(t.Context(), kind, store.Filter{}, "", 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records {
			for _, secret := range secrets {
				if text := record.Key + string(record.Body); strings.Contains(text, secret) || strings.Contains(text, secret[4:]) {
					t.Errorf("a record of kind %s holds %.4s…", kind, secret)
				}
			}
		}
	}
}

func TestNoTokenOutlivesItsGrant(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	issued := v.Issue(t, "web", "openid offline_access api:read")
	end := issued.Grant.ExpiresAt
	for w.Clock.Now().Before(end.Add(-12 * time.Hour)) {
		w.Clock.Advance(12 * time.Hour)
		next, err := v.Grants.Rotate(t.Context(), v.Client(t, "web"), issued.RefreshToken, grant.Narrowing{})
		if err != nil {
			t.Fatal(err)
		}
		issued = next
	}
	w.Clock.Advance(end.Sub(w.Clock.Now()) - 10*time.Minute)
	last, err := v.Grants.Rotate(t.Context(), v.Client(t, "web"), issued.RefreshToken, grant.Narrowing{})
	if err != nil {
		t.Fatal(err)
	}
	if last.ExpiresIn > 10*time.Minute {
		t.Errorf("a token lives %s, its grant 10m", last.ExpiresIn)
	}
	w.Clock.Advance(10 * time.Minute)
	if _, err := v.Grants.Introspect(t.Context(), last.AccessToken); !errors.Is(err, grant.ErrInactive) {
		t.Errorf("after the end of the grant: %v", err)
	}
	if _, err := v.Grants.Rotate(t.Context(), v.Client(t, "web"), last.RefreshToken, grant.Narrowing{}); code(err) != "invalid_grant" {
		t.Errorf("refreshing after the end of the grant: %v", err)
	}
}

func TestWhoGetsARefreshToken(t *testing.T) {
	cfg := granttest.Standard()
	cfg.Clients[1].GrantTypes = []string{oauth.GrantAuthorizationCode}
	cfg.Clients[1].Refresh = "never"
	v := granttest.New(t).View(t, cfg)
	for _, test := range []struct {
		name, client string
		refresh      bool
		want         bool
	}{
		{"the grant has it and the client may use it", "web", true, true},
		{"the grant does not have it", "web", false, false},
		{"the client may not use it any more", "other", true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := v.Granting(t, v.SignIn(t, "alice"), test.client, "openid api:read")
			g.Refresh = test.refresh
			issued := v.Redeem(t, test.client, v.Authorize(t, g, grant.CodeRequest{}))
			if got := issued.RefreshToken != ""; got != test.want {
				t.Errorf("refresh token: %t", got)
			}
		})
	}
}

func TestAGrantWithoutRefreshTokensIsGoneWithItsLastToken(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	issued := v.Issue(t, "web", "openid api:read")
	w.Clock.Advance(granttest.Life().Code + granttest.Life().AccessToken)
	if _, err := w.Store.Get(t.Context(), store.Grants, issued.Grant.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the grant is still there: %v", err)
	}
}
