package grant_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
)

// Each end is told once, by what it was that ended, and what was ended already is not told again.
func TestEndsAreToldOnce(t *testing.T) {
	grantRevoked := audit.Event{Name: audit.GrantRevoked, ClientID: "web", Account: "alice", Reason: audit.ReasonAsked}
	opaque := audit.Event{Name: audit.TokenRevoked, ClientID: "web", Account: "alice", Reason: audit.ReasonAsked}
	jwt := opaque
	jwt.Account = ""
	for _, test := range []struct {
		name string
		pick func(s *situation) string
		want []audit.Event
	}{
		{"a JWT access token", func(s *situation) string { return s.issued.AccessToken }, []audit.Event{jwt}},
		{"an opaque access token", func(s *situation) string { return s.opaque.AccessToken }, []audit.Event{opaque}},
		{"a refresh token", func(s *situation) string { return s.issued.RefreshToken }, []audit.Event{grantRevoked}},
		{"an unknown token", func(*situation) string { return "nobody knows" }, nil},
		{"an unknown refresh token", func(*situation) string { return "grt_unknown" }, nil},
		{"an unknown opaque token", func(*situation) string { return "gat_unknown" }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := situate(t, granttest.New(t), true)
			s.Told.Take()
			for range 2 {
				if err := s.Grants.RevokeToken(t.Context(), "web", test.pick(s)); err != nil {
					t.Fatal(err)
				}
			}
			got := s.Told.Take()
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(audit.Event{}, "GrantID", "SessionID")); diff != "" {
				t.Error(diff)
			}
			for _, e := range got {
				if e.GrantID == "" {
					t.Error("the grant is not told")
				}
			}
		})
	}
}

func TestARefusedRevocationIsNotTold(t *testing.T) {
	s := situate(t, granttest.New(t), true)
	s.Told.Take()
	if err := s.Grants.RevokeToken(t.Context(), "other", s.issued.RefreshToken); err == nil {
		t.Fatal("another client's token is revoked")
	}
	if got := s.Told.Take(); len(got) > 0 {
		t.Errorf("told %v", got)
	}
}
