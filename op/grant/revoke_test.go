package grant_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func TestMust057_RevokingAToken(t *testing.T) {
	for _, test := range []struct {
		name                    string
		pick                    func(s *situation) string
		jwt, opaque, jwtRefresh bool // what lives on
	}{
		{"a JWT access token goes alone", func(s *situation) string { return s.issued.AccessToken }, false, true, true},
		{"an opaque access token goes alone", func(s *situation) string { return s.opaque.AccessToken }, true, false, true},
		{"a refresh token takes its grant along", func(s *situation) string { return s.issued.RefreshToken }, false, true, false},
		{"an unknown token changes nothing", func(*situation) string { return "nobody knows" }, true, true, true},
		{"an unknown refresh token changes nothing", func(*situation) string { return "grt_unknown" }, true, true, true},
		{"an unknown opaque token changes nothing", func(*situation) string { return "gat_unknown" }, true, true, true},
		{"a code is no token", func(s *situation) string { return s.unspent }, true, true, true},
		{"a huge text changes nothing", func(*situation) string { return strings.Repeat("a.", 1<<20) }, true, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := situate(t, granttest.New(t), true)
			for range 2 { // again is no error
				if err := s.Grants.RevokeToken(t.Context(), "web", test.pick(s)); err != nil {
					t.Fatal(err)
				}
			}
			works := s.uses(t)
			got := [3]bool{works["introspect a JWT"], works["introspect an opaque token"], works["refresh"]}
			if want := [3]bool{test.jwt, test.opaque, test.jwtRefresh}; got != want {
				t.Errorf("JWT, opaque, refresh live: %v, want %v", got, want)
			}
		})
	}
}

// TestMust057_ANodeWhoseClockIsAheadRevokes: what has expired by its clock and not by that of another is revoked all
// the same, since its answer says so.
func TestMust057_ANodeWhoseClockIsAheadRevokes(t *testing.T) {
	for name, pick := range map[string]func(s *situation) string{
		"a JWT":           func(s *situation) string { return s.issued.AccessToken },
		"an opaque token": func(s *situation) string { return s.opaque.AccessToken },
	} {
		s := situate(t, granttest.New(t), true)
		token := pick(s)
		ahead := s.issued.ExpiresIn + time.Minute
		s.Clock.Advance(ahead)
		if _, err := s.Grants.Introspect(t.Context(), token); !errors.Is(err, grant.ErrInactive) {
			t.Errorf("%s, expired: %v", name, err)
		}
		if err := s.Grants.RevokeToken(t.Context(), "web", token); err != nil {
			t.Fatal(err)
		}
		s.Clock.Advance(-ahead)
		if _, err := s.Grants.Introspect(t.Context(), token); !errors.Is(err, grant.ErrInactive) {
			t.Errorf("%s lives after it was revoked: %v", name, err)
		}
	}
}

func TestMust057_AnotherClientsTokenIsRefusedWithoutEffect(t *testing.T) {
	s := situate(t, granttest.New(t), true)
	for _, token := range []string{s.issued.AccessToken, s.opaque.AccessToken, s.issued.RefreshToken} {
		if err := s.Grants.RevokeToken(t.Context(), "other", token); code(err) != "invalid_grant" {
			t.Errorf("%.4s…: %v", token, err)
		}
	}
	for use, works := range s.uses(t) {
		if !works {
			t.Errorf("%s: ended", use)
		}
	}
}

func TestThreat022_AFailedRevocationIsNeverSuccess(t *testing.T) {
	s := situate(t, granttest.New(t), true)
	s.Faults.FailWrites(func([]store.Change) bool { return true })
	for _, token := range []string{s.issued.AccessToken, s.opaque.AccessToken, s.issued.RefreshToken} {
		if err := s.Grants.RevokeToken(t.Context(), "web", token); code(err) != "temporarily_unavailable" {
			t.Errorf("%.4s…: %v", token, err)
		}
	}
	if err := s.Grants.Revoke(t.Context(), s.issued.Grant.ID); code(err) != "temporarily_unavailable" {
		t.Errorf("revoking the grant: %v", err)
	}
	s.Faults.FailWrites(nil)
	s.Faults.FailReads(func(store.Kind) bool { return true })
	for _, token := range []string{s.opaque.AccessToken, s.issued.RefreshToken} {
		if err := s.Grants.RevokeToken(t.Context(), "web", token); code(err) != "temporarily_unavailable" {
			t.Errorf("%.4s… unread: %v", token, err)
		}
	}
}

func TestThreat022_ReuseThatCannotBePunishedIsUnavailable(t *testing.T) {
	r, first := newRefreshing(t)
	second := r.mustRotate(first.RefreshToken)
	r.Clock.Advance(granttest.Life().RefreshGrace)
	r.Faults.FailWrites(func([]store.Change) bool { return true })
	if _, err := r.rotate(first.RefreshToken); code(err) != "temporarily_unavailable" {
		t.Errorf("reuse: %v", err)
	}
	r.Faults.FailWrites(nil)
	r.reused(first, second)
}

func TestRevokingAtOnceFromEverywhere(t *testing.T) {
	for backend, open := range granttest.Backends() {
		t.Run(backend, func(t *testing.T) {
			s := situate(t, open(t), true)
			race(64, func(i int) {
				var err error
				switch i % 4 {
				case 0:
					err = s.Grants.RevokeToken(t.Context(), "web", s.issued.AccessToken)
				case 1:
					err = s.Grants.RevokeToken(t.Context(), "web", s.opaque.AccessToken)
				case 2:
					err = s.Grants.RevokeToken(t.Context(), "web", s.issued.RefreshToken)
				default:
					err = s.Grants.Revoke(t.Context(), s.opaque.Grant.ID)
				}
				if err != nil {
					t.Error(err)
				}
			})
			for _, issued := range []*grant.Issued{s.issued, s.opaque} {
				if _, err := s.Grants.Introspect(t.Context(), issued.AccessToken); !errors.Is(err, grant.ErrInactive) {
					t.Errorf("still alive: %v", err)
				}
			}
		})
	}
}

func TestRevokingAnUnknownGrantIsNoError(t *testing.T) {
	v := granttest.New(t).View(t, granttest.Standard())
	if err := v.Grants.Revoke(t.Context(), "unknown"); err != nil {
		t.Error(err)
	}
}

func TestContentionWithoutEndIsUnavailable(t *testing.T) {
	s := situate(t, granttest.New(t), true)
	s.Faults.Contend(true)
	err := s.Grants.Revoke(t.Context(), s.issued.Grant.ID)
	if !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("revoke: %v", err)
	}
	if _, err := s.Grants.Rotate(t.Context(), s.caller, s.issued.RefreshToken, grant.Narrowing{}); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("rotate: %v", err)
	}
}
