package grant_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// situation is one grant with one of everything that hangs from it, and what it hangs from.
type situation struct {
	*granttest.View
	// caller is who makes the token requests. It stays what it was when its configuration goes: the rule
	// of liveness must refuse it, not only its authentication.
	caller  *client.Client
	session *session.Session
	unspent string // a code
	issued  *grant.Issued
	opaque  *grant.Issued
}

func situate(t *testing.T, w *granttest.World, offline bool) *situation {
	t.Helper()
	v := w.View(t, granttest.Standard())
	s := &situation{View: v, caller: v.Client(t, "web"), session: v.SignIn(t, "alice")}
	g := v.Granting(t, s.session, "web", "openid api:read vault:open", granttest.API, granttest.Vault)
	g.Refresh, g.Offline = true, offline
	g = v.Remember(t, g)
	s.unspent = v.Authorize(t, g, grant.CodeRequest{})
	s.issued = v.Redeem(t, "web", v.Authorize(t, g, grant.CodeRequest{}), granttest.API)
	s.opaque = v.Redeem(t, "web", v.Authorize(t, g, grant.CodeRequest{}), granttest.Vault)
	return s
}

// uses are all the ways to make use of the grant; each says whether it worked. An error that is no
// refusal ends the test.
func (s *situation) uses(t *testing.T) map[string]bool {
	t.Helper()
	works := func(err error) bool {
		if err != nil && !errors.Is(err, grant.ErrInactive) && code(err) != "invalid_grant" {
			t.Errorf("not a refusal: %v", err)
		}
		return err == nil
	}
	read, err := s.Grants.Code(t.Context(), s.unspent)
	if err != nil {
		t.Fatal(err)
	}
	_, redeem := s.Grants.Redeem(t.Context(), s.caller, read, grant.Narrowing{})
	_, rotate := s.Grants.Rotate(t.Context(), s.caller, s.issued.RefreshToken, grant.Narrowing{})
	_, jwt := s.Grants.Introspect(t.Context(), s.issued.AccessToken)
	_, opaque := s.Grants.Introspect(t.Context(), s.opaque.AccessToken)
	_, refresh := s.Grants.IntrospectAny(t.Context(), s.opaque.RefreshToken)
	return map[string]bool{
		"redeem a code": works(redeem), "refresh": works(rotate), "introspect a JWT": works(jwt),
		"introspect an opaque token": works(opaque), "introspect a refresh token": works(refresh),
	}
}

// Whatever ends, every use of the grant ends with it, at once and on every path.
func TestThreat020_NothingOutlivesWhatItHangsFrom(t *testing.T) {
	for _, test := range []struct {
		name    string
		end     func(t *testing.T, s *situation)
		live    bool
		offline bool
	}{
		{name: "nothing", end: func(*testing.T, *situation) {}, live: true},
		{name: "the session ends", end: endSession},
		{name: "the session ends, the grant is offline", end: endSession, live: true, offline: true},
		{name: "the consent is withdrawn", end: withdraw},
		{name: "the consent is withdrawn, the grant is offline", end: withdraw, offline: true},
		{name: "the consent is withdrawn and given again", end: func(t *testing.T, s *situation) {
			withdraw(t, s)
			s.Remember(t, s.Granting(t, s.session, "web", "openid api:read"))
		}},
		{name: "the person signs out everywhere", end: cutOff},
		{name: "the person signs out everywhere, the grant is offline", end: cutOff, offline: true},
		{name: "the person signs out everywhere and in again", offline: true, end: func(t *testing.T, s *situation) {
			cutOff(t, s)
			s.SignIn(t, "alice")
		}},
		{name: "another person signs out everywhere", live: true, end: func(t *testing.T, s *situation) {
			if err := s.Sessions.CutOff(t.Context(), "bob"); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "the client is removed", end: func(t *testing.T, s *situation) {
			s.reconfigure(t, granttest.Standard().Without("web"))
		}},
		{name: "the client is disabled", end: func(t *testing.T, s *situation) {
			cfg := granttest.Standard()
			cfg.Clients[0].Disabled = true
			s.reconfigure(t, cfg)
		}},
		{name: "the user is removed", offline: true, end: func(t *testing.T, s *situation) {
			s.reconfigure(t, granttest.Standard().Without("alice"))
		}},
		{name: "the user is disabled", offline: true, end: func(t *testing.T, s *situation) {
			cfg := granttest.Standard()
			cfg.Users[0].Disabled = true
			s.reconfigure(t, cfg)
		}},
		{name: "the password is changed", offline: true, end: func(t *testing.T, s *situation) {
			cfg := granttest.Standard()
			cfg.Users[0].PasswordHash = "$plain$another"
			s.reconfigure(t, cfg)
		}},
		{name: "another configuration with the same people", live: true, end: func(t *testing.T, s *situation) {
			s.reconfigure(t, granttest.Standard())
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := situate(t, granttest.New(t), test.offline)
			test.end(t, s)
			for use, works := range s.uses(t) {
				if works != test.live {
					t.Errorf("%s: works %t", use, works)
				}
			}
		})
	}
}

func endSession(t *testing.T, s *situation) {
	if err := s.Sessions.End(t.Context(), s.session.ID); err != nil {
		t.Fatal(err)
	}
}

func withdraw(t *testing.T, s *situation) {
	if _, err := s.Consents.Withdraw(t.Context(), "alice", "web"); err != nil {
		t.Fatal(err)
	}
}

func cutOff(t *testing.T, s *situation) {
	before := s.Faults.Commits()
	if err := s.Sessions.CutOff(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	if got := s.Faults.Commits() - before; got != 1 {
		t.Errorf("%d commits", got)
	}
}

// An authorization that was begun before the cut-off and is granted after it does not escape, and a
// later sign-in in the same browser does not bring it back.
func TestMust065_AGrantOfAnEarlierSignInDoesNotEscapeTheCutOff(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	s := v.SignIn(t, "alice")
	g := v.Granting(t, s, "web", "openid offline_access api:read")
	if err := v.Sessions.CutOff(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(time.Minute)
	read, err := v.Grants.Code(t.Context(), v.Authorize(t, g, grant.CodeRequest{}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Grants.Redeem(t.Context(), v.Client(t, "web"), read, grant.Narrowing{}); code(err) != "invalid_grant" {
		t.Errorf("redeemed: %v", err)
	}
	issued := v.Issue(t, "web", "openid offline_access api:read")
	if _, err := v.Grants.Introspect(t.Context(), issued.AccessToken); err != nil {
		t.Errorf("a new sign-in: %v", err)
	}
}

// reconfigure puts another configuration in place over the same state.
func (s *situation) reconfigure(t *testing.T, cfg granttest.Config) {
	t.Helper()
	s.View = s.World.View(t, cfg)
}

// The same uses over revoked grants: one write each, and no list.
func TestThreat021_ARevokedGrantIsDeadOnEveryPath(t *testing.T) {
	w := granttest.New(t)
	s := situate(t, w, true)
	before := w.Faults.Commits()
	for _, issued := range []*grant.Issued{s.issued, s.opaque} {
		if err := s.Grants.Revoke(t.Context(), issued.Grant.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.Faults.Commits() - before; got != 2 {
		t.Errorf("%d commits for two grants", got)
	}
	for use, works := range s.uses(t) {
		if works != (use == "redeem a code") { // the code is of a third grant
			t.Errorf("%s: works %t", use, works)
		}
	}
}

func TestThreat020_ScopesTakenFromTheClientAreTakenFromItsTokens(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	issued := v.Issue(t, "web", "openid offline_access api:read api:write")
	cfg := granttest.Standard()
	cfg.Clients[0].Scopes = oauth.Scopes{"openid", "offline_access", "api:read"}
	narrowed := w.View(t, cfg)

	token, err := narrowed.Grants.Introspect(t.Context(), issued.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	if token.Scopes.Has("api:write") {
		t.Errorf("introspected scopes %q", token.Scopes)
	}
	c := narrowed.Client(t, "web")
	if _, err := narrowed.Grants.Rotate(t.Context(), c, issued.RefreshToken, grant.Narrowing{Scopes: oauth.Scopes{"api:write"}}); code(err) != "invalid_scope" {
		t.Errorf("asking for it: %v", err)
	}
	next, err := narrowed.Grants.Rotate(t.Context(), c, issued.RefreshToken, grant.Narrowing{})
	if err != nil {
		t.Fatal(err)
	}
	if next.Scopes.Has("api:write") {
		t.Errorf("refreshed scopes %q", next.Scopes)
	}
}

// An operator who closes a resource to a client means the tokens that are about as well.
func TestThreat020_AResourceClosedToAClientIsClosedToItsTokens(t *testing.T) {
	closed := func(change func(*resource.Resource)) granttest.Config {
		cfg := granttest.Standard()
		change(&cfg.Resources[0])
		return cfg
	}
	undeclared := granttest.Standard()
	undeclared.Resources = undeclared.Resources[1:]
	for name, cfg := range map[string]granttest.Config{
		"open to others alone": closed(func(r *resource.Resource) { r.Clients = []string{"other"} }),
		"other scopes":         closed(func(r *resource.Resource) { r.Scopes, r.DefaultScopes = oauth.Scopes{"api:admin"}, nil }),
		"not declared":         undeclared,
	} {
		t.Run(name, func(t *testing.T) {
			w := granttest.New(t)
			v := w.View(t, granttest.Standard())
			both := v.Issue(t, "web", "openid api:read vault:open", granttest.API, granttest.Vault)
			one := v.Issue(t, "web", "openid api:read", granttest.API)
			after := w.View(t, cfg)
			for token, want := range map[string][]string{both.AccessToken: {granttest.Vault}, one.AccessToken: {}} {
				got, err := after.Grants.Introspect(t.Context(), token)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got.Audience); diff != "" {
					t.Errorf("audience (-want +got):\n%s", diff)
				}
			}
			if again, err := w.View(t, granttest.Standard()).Grants.Introspect(t.Context(), both.AccessToken); err != nil || len(again.Audience) != 2 {
				t.Errorf("opened again: %v, %v", again, err)
			}
		})
	}
}

func TestThreat020_RefreshingEndsWithTheRightToOfflineAccess(t *testing.T) {
	w := granttest.New(t)
	v := w.View(t, granttest.Standard())
	issued := v.Issue(t, "web", "openid offline_access api:read")
	cfg := granttest.Standard()
	cfg.Clients[0].Scopes = cfg.Clients[0].Scopes.Without(oauth.Scopes{oauth.ScopeOfflineAccess})
	after := w.View(t, cfg)
	if _, err := after.Grants.Rotate(t.Context(), after.Client(t, "web"), issued.RefreshToken, grant.Narrowing{}); code(err) != "invalid_grant" {
		t.Errorf("refreshed: %v", err)
	}
	if _, err := after.Grants.IntrospectAny(t.Context(), issued.RefreshToken); !errors.Is(err, grant.ErrInactive) {
		t.Errorf("introspected: %v", err)
	}
	// Nothing was spent: who gets the right back goes on.
	if _, err := v.Grants.Rotate(t.Context(), v.Client(t, "web"), issued.RefreshToken, grant.Narrowing{}); err != nil {
		t.Error(err)
	}
}

func TestIdleTimeAndAgeOfASessionEndNoToken(t *testing.T) {
	w := granttest.New(t)
	s := situate(t, w, false)
	w.Clock.Advance(13 * time.Hour) // beyond the idle limit
	if _, err := s.Grants.Rotate(t.Context(), s.caller, s.issued.RefreshToken, grant.Narrowing{}); err != nil {
		t.Error(err)
	}
}

// A record that lost its account, session or client must not pass for a grant that needs none.
func TestAGrantThatHangsFromNothingIsDead(t *testing.T) {
	for name, spoil := range map[string]func(*grant.Grant){
		"no account":      func(g *grant.Grant) { g.Account = "" },
		"no session":      func(g *grant.Grant) { g.SessionID = "" },
		"unknown session": func(g *grant.Grant) { g.SessionID = "another" },
		"no client":       func(g *grant.Grant) { g.ClientID = "" },
		"unknown consent": func(g *grant.Grant) { g.ConsentKey = "another" },
		"other stamp":     func(g *grant.Grant) { g.UserStamp = "" },
		"other's session": func(g *grant.Grant) { g.Account = "bob" },
	} {
		t.Run(name, func(t *testing.T) {
			v := granttest.New(t).View(t, granttest.Standard())
			g := v.Granting(t, v.SignIn(t, "alice"), "web", "openid api:read")
			spoil(&g)
			read, err := v.Grants.Code(t.Context(), v.Authorize(t, g, grant.CodeRequest{}))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := v.Grants.Redeem(t.Context(), v.Client(t, "web"), read, grant.Narrowing{}); code(err) != "invalid_grant" {
				t.Errorf("redeemed: %v", err)
			}
		})
	}
}

// A store that does not answer is never a yes and never a no.
func TestAStoreThatDoesNotAnswerIsUnavailable(t *testing.T) {
	for _, kind := range []store.Kind{store.Grants, store.Accounts, store.Sessions, store.Consents, store.AccessTokens, store.DeniedTokens, store.RefreshTokens} {
		t.Run(string(kind), func(t *testing.T) {
			w := granttest.New(t)
			s := situate(t, w, false)
			s.View = w.View(t, granttest.Standard()) // has seen no token yet
			w.Faults.FailReads(func(k store.Kind) bool { return k == kind })
			asked := 0
			for _, token := range []string{s.issued.AccessToken, s.opaque.AccessToken, s.issued.RefreshToken} {
				_, err := s.Grants.IntrospectAny(t.Context(), token)
				if errors.Is(err, grant.ErrInactive) {
					t.Errorf("%.4s… is said to be inactive", token)
				}
				if err != nil {
					asked++
					if code(err) != "temporarily_unavailable" {
						t.Errorf("%.4s…: %v", token, err)
					}
				}
			}
			if asked == 0 {
				t.Error("the kind was never read")
			}
		})
	}
}
