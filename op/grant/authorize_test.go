package grant_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func stored(t *testing.T, w *granttest.World, kind store.Kind) int {
	t.Helper()
	records, err := w.Store.List(t.Context(), kind, store.Filter{}, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return len(records)
}

// OIDC Core sections 3.2 and 3.3: what the authorization endpoint issues, by what is wanted.
func TestWhatIsWantedIsAuthorized(t *testing.T) {
	for _, tt := range []struct {
		name                   string
		want                   grant.Yield
		resource               string
		grants, codes, opaques int
		life                   time.Duration
	}{
		{"nothing", grant.Yield{}, granttest.API, 0, 0, 0, 0},
		{"code", grant.Yield{Code: &grant.CodeRequest{RedirectURI: granttest.Redirect}}, granttest.API, 1, 1, 0, 0},
		{"token", grant.Yield{AccessToken: true}, granttest.API, 1, 0, 0, granttest.Life().AccessToken},
		{"opaque token", grant.Yield{AccessToken: true}, granttest.Vault, 1, 0, 1, granttest.Life().AccessToken},
		{"code token", grant.Yield{Code: &grant.CodeRequest{RedirectURI: granttest.Redirect}, AccessToken: true}, granttest.Vault, 1, 1, 1, granttest.Life().AccessToken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := granttest.New(t)
			v := w.View(t, granttest.Standard())
			made := v.AuthorizeWith(t, v.Granting(t, v.SignIn(t, "alice"), "web", "openid api:read vault:open", tt.resource), tt.want)
			if got := []int{stored(t, w, store.Grants), stored(t, w, store.Codes), stored(t, w, store.AccessTokens)}; !slices.Equal(got, []int{tt.grants, tt.codes, tt.opaques}) {
				t.Errorf("%v grants, codes and opaque tokens are stored", got)
			}
			if (made.Code != "") != (tt.codes > 0) || (made.AccessToken != "") != tt.want.AccessToken || made.ExpiresIn != tt.life {
				t.Errorf("made %+v", made)
			}
			if !tt.want.AccessToken {
				return
			}
			live, err := v.Grants.Introspect(t.Context(), made.AccessToken)
			if err != nil {
				t.Fatal(err)
			}
			if live.Grant.ID != made.Grant.ID || live.Subject != "sub-of-alice" || !slices.Equal(live.Audience, []string{tt.resource}) || live.Scopes.String() != made.Scopes.String() {
				t.Errorf("the token is %+v", live)
			}
		})
	}
}

func TestATokenIsWorthNothingBeforeItsCommit(t *testing.T) {
	v := granttest.New(t).View(t, granttest.Standard())
	u, err := v.Users.Lookup(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	made, err := v.Grants.Authorize(v.Granting(t, v.SignIn(t, "alice"), "web", "openid api:read"), v.Client(t, "web"), u, grant.Yield{AccessToken: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Grants.Introspect(t.Context(), made.AccessToken); !errors.Is(err, grant.ErrInactive) {
		t.Errorf("a token of a grant that nobody stored: %v", err)
	}
}

// RFC 6749 section 4.1.2 and the note on replay: what came through the browser falls with the rest.
func TestTokensOfTheFrontChannelFallWithTheirGrant(t *testing.T) {
	for _, resource := range []string{granttest.API, granttest.Vault} {
		v := granttest.New(t).View(t, granttest.Standard())
		made := v.AuthorizeWith(t, v.Granting(t, v.SignIn(t, "alice"), "web", "openid api:read vault:open", resource),
			grant.Yield{Code: &grant.CodeRequest{RedirectURI: granttest.Redirect}, AccessToken: true})
		issued := v.Redeem(t, "web", made.Code)
		for _, token := range []string{made.AccessToken, issued.AccessToken} {
			if _, err := v.Grants.Introspect(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
		if issued.Grant.ID != made.Grant.ID || issued.Grant.Subject != made.Grant.Subject || !issued.Grant.AuthTime.Equal(made.Grant.AuthTime) {
			t.Errorf("the code leads to another grant: %+v", issued.Grant)
		}
		if err := v.Grants.Revoke(t.Context(), made.Grant.ID); err != nil {
			t.Fatal(err)
		}
		for _, token := range []string{made.AccessToken, issued.AccessToken} {
			if _, err := v.Grants.Introspect(t.Context(), token); !errors.Is(err, grant.ErrInactive) {
				t.Errorf("%s: a token outlived its grant: %v", resource, err)
			}
		}
	}
}

func TestATokenNeedsAResourceThatIsOpen(t *testing.T) {
	v := granttest.New(t).View(t, granttest.Standard())
	u, err := v.Users.Lookup(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	g := v.Granting(t, v.SignIn(t, "alice"), "web", "openid", "https://nobody-declares.example")
	if made, err := v.Grants.Authorize(g, v.Client(t, "web"), u, grant.Yield{AccessToken: true}); err == nil {
		t.Errorf("a token for nobody: %+v", made)
	}
}
