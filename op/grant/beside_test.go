package grant_test

import (
	"errors"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
)

// twoNodes is a situation as another node sees it, which remembers all of it and hears of nothing.
func twoNodes(t *testing.T) (here, there *situation) {
	t.Helper()
	w := granttest.New(t)
	here = situate(t, w, false)
	other := *here
	other.View = w.Beside(t).View(t, granttest.Standard())
	other.caller = other.Client(t, "web")
	for range 2 {
		if !other.remembers(t) {
			t.Fatal("the tokens are not good at the other node")
		}
	}
	return here, &other
}

// remembers reports whether both access tokens are let in.
func (s *situation) remembers(t *testing.T) bool {
	t.Helper()
	for _, token := range []string{s.issued.AccessToken, s.opaque.AccessToken} {
		switch _, err := s.Grants.Introspect(t.Context(), token); {
		case errors.Is(err, grant.ErrInactive):
			return false
		case err != nil:
			t.Fatal(err)
		}
	}
	return true
}

// TestThreat020_WhoSaysThatItIsOverSaysSoEverAfter: the other node was first, and the news of it is still on its way.
func TestThreat020_WhoSaysThatItIsOverSaysSoEverAfter(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, s *situation){
		"a refresh token is revoked": func(t *testing.T, s *situation) {
			if err := s.Grants.RevokeToken(t.Context(), "web", s.issued.RefreshToken); err != nil {
				t.Fatal(err)
			}
		},
		"an opaque token is revoked": func(t *testing.T, s *situation) {
			if err := s.Grants.RevokeToken(t.Context(), "web", s.opaque.AccessToken); err != nil {
				t.Fatal(err)
			}
		},
		"a JWT is revoked": func(t *testing.T, s *situation) {
			if err := s.Grants.RevokeToken(t.Context(), "web", s.issued.AccessToken); err != nil {
				t.Fatal(err)
			}
		},
		"a code is shown again": func(t *testing.T, s *situation) {
			if err := s.Grants.Revoke(t.Context(), s.issued.Grant.ID); err != nil {
				t.Fatal(err)
			}
			if err := s.Grants.Revoke(t.Context(), s.opaque.Grant.ID); err != nil {
				t.Fatal(err)
			}
		},
		"the session ends":         endSession,
		"the consent is withdrawn": withdraw,
	} {
		t.Run(name, func(t *testing.T) {
			here, there := twoNodes(t)
			end(t, here)
			if !there.remembers(t) {
				t.Fatal("the other node has heard of it, and proves nothing")
			}
			end(t, there)
			if there.remembers(t) {
				t.Error("it was told again that it is over, and lets the token in")
			}
		})
	}
}

// TestThreat020_ANodeIssuesNothingByWhatItRemembers: what another node has ended gives no tokens, not even dead ones; and who
// was refused them is let in no more.
func TestThreat020_ANodeIssuesNothingByWhatItRemembers(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, s *situation){
		"the session ends": endSession, "the consent is withdrawn": withdraw, "the person signs out everywhere": cutOff,
	} {
		t.Run(name, func(t *testing.T) {
			here, there := twoNodes(t)
			end(t, here)
			if !there.remembers(t) {
				t.Fatal("the other node has heard of it, and proves nothing")
			}
			for _, refresh := range []string{there.issued.RefreshToken, there.opaque.RefreshToken} {
				if got, err := there.Grants.Rotate(t.Context(), there.caller, refresh, grant.Narrowing{}); code(err) != "invalid_grant" {
					t.Errorf("%v, %v", got, err)
				}
			}
			if there.remembers(t) {
				t.Error("it refused to refresh, and lets the access token in")
			}
		})
	}
}

// TestThreat020_ASessionThatIsFoundOverIsForgotten: a browser that was told that nobody is signed in.
func TestThreat020_ASessionThatIsFoundOverIsForgotten(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, s *situation){"it ends": endSession, "all of its account's end": cutOff} {
		t.Run(name, func(t *testing.T) {
			here, there := twoNodes(t)
			end(t, here)
			read, err := there.Sessions.Get(t.Context(), there.session.ID)
			if err != nil {
				t.Fatal(err)
			}
			if err := there.Sessions.Check(t.Context(), read); err == nil || !there.View.Generations.Shared() {
				t.Fatalf("%v", err)
			}
			if there.remembers(t) {
				t.Error("the access token is let in")
			}
		})
	}
}
