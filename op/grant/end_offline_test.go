package grant_test

import (
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
)

// Under the policy an explicit end of a session is the end of its offline grants, on every path and at once; and
// nothing else is.
func TestThreat083_UnderThePolicyNothingOutlivesTheSession(t *testing.T) {
	endsOffline := func(t *testing.T, s *situation) {
		t.Helper()
		cfg := granttest.Standard()
		cfg.EndOffline = true
		s.reconfigure(t, cfg)
	}
	for _, test := range []struct {
		name    string
		end     func(t *testing.T, s *situation)
		offline bool
		live    bool
	}{
		{name: "nothing, the grant is offline", end: endsOffline, offline: true, live: true},
		{name: "nothing", end: endsOffline, live: true},
		{name: "the session ends, the grant is offline", offline: true, end: func(t *testing.T, s *situation) {
			endsOffline(t, s)
			s.uses(t) // what is remembered of it is no reprieve
			endSession(t, s)
		}},
		{name: "the session ends", end: func(t *testing.T, s *situation) {
			endsOffline(t, s)
			endSession(t, s)
		}},
		{name: "the session had ended before the policy", offline: true, end: func(t *testing.T, s *situation) {
			endSession(t, s)
			s.uses(t)
			endsOffline(t, s)
		}},
		{name: "the policy is taken back", offline: true, live: true, end: func(t *testing.T, s *situation) {
			endsOffline(t, s)
			endSession(t, s)
			s.uses(t)
			s.reconfigure(t, granttest.Standard())
		}},
		{name: "another session of the person ends", offline: true, live: true, end: func(t *testing.T, s *situation) {
			endsOffline(t, s)
			if err := s.Sessions.End(t.Context(), s.SignIn(t, "alice").ID); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "the person signs out everywhere", offline: true, end: func(t *testing.T, s *situation) {
			endsOffline(t, s)
			cutOff(t, s)
		}},
		{name: "the session is idle for too long", offline: true, live: true, end: func(t *testing.T, s *situation) {
			endsOffline(t, s)
			s.Clock.Advance(12*time.Hour - time.Minute)
			again, err := s.Grants.Rotate(t.Context(), s.caller, s.issued.RefreshToken, grant.Narrowing{})
			if err != nil {
				t.Fatal(err)
			}
			opaque, err := s.Grants.Rotate(t.Context(), s.caller, s.opaque.RefreshToken, grant.Narrowing{})
			if err != nil {
				t.Fatal(err)
			}
			s.Clock.Advance(time.Minute)
			s.issued, s.opaque = again, opaque
			s.unspent = s.Authorize(t, s.Granting(t, s.session, "web", "openid offline_access api:read"), grant.CodeRequest{})
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
