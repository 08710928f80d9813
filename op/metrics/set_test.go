package metrics

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

func TestEverythingThatIsCountedShows(t *testing.T) {
	s := NewSet()
	p := s.Provider("main")
	p.Token(oauth.GrantAuthorizationCode, Issued)
	p.Token(oauth.GrantDeviceCode, Pending)
	p.Introspection(Inactive)
	p.SignIn(Wrong)
	p.Delivery(GivenUp)
	p.Event(audit.KeyRotated)
	p.Tokens().Hit.Inc()
	p.Grants().Miss.Inc()
	p.SiteSessions().Hit.Inc()
	wantValues(t, counted(gathered(t, s)), map[string]float64{
		"gatehouse_token_requests_total grant_type=authorization_code outcome=issued provider=main": 1,
		"gatehouse_token_requests_total grant_type=device_code outcome=pending provider=main":       1,
		"gatehouse_introspections_total outcome=inactive provider=main":                             1,
		"gatehouse_sign_ins_total outcome=wrong provider=main":                                      1,
		"gatehouse_backchannel_deliveries_total outcome=given_up provider=main":                     1,
		"gatehouse_audit_events_total event=key_rotated provider=main":                              1,
		"gatehouse_cache_lookups_total cache=tokens provider=main result=hit":                       1,
		"gatehouse_cache_lookups_total cache=grants provider=main result=miss":                      1,
		"gatehouse_cache_lookups_total cache=site_sessions provider=main result=hit":                1,
	})
}

// A provider is the same for every configuration, and so are its counts; several are told apart.
func TestProvidersKeepTheirCounts(t *testing.T) {
	s := NewSet()
	s.Provider("main").SignIn(Success)
	first := counted(gathered(t, s))
	s.Provider("staff").SignIn(Success)
	s.Provider("main").SignIn(Success)
	wantValues(t, first, map[string]float64{"gatehouse_sign_ins_total outcome=success provider=main": 1})
	wantValues(t, counted(gathered(t, s)), map[string]float64{
		"gatehouse_sign_ins_total outcome=success provider=main":  2,
		"gatehouse_sign_ins_total outcome=success provider=staff": 1,
	})
}

// Nobody makes a series by what they send: whatever is counted, those that are there are those that were there.
func TestThreat051_NobodyMakesASeries(t *testing.T) {
	s := NewSet()
	p := s.Provider("main")
	before := slices.Sorted(maps.Keys(gathered(t, s)))
	rapid.Check(t, func(r *rapid.T) {
		word := rapid.String().Draw(r, "word")
		p.Token(word, Refused)
		p.Token(word, Outcome(word))
		p.Introspection(Outcome(word))
		p.SignIn(Outcome(word))
		p.Delivery(Outcome(word))
		p.Event(audit.Name(word))
	})
	if after := slices.Sorted(maps.Keys(gathered(t, s))); !slices.Equal(before, after) {
		t.Errorf("there are %d series, and were %d", len(after), len(before))
	}
}

func TestUnknownGrantTypesCountTogether(t *testing.T) {
	s := NewSet()
	for _, grantType := range []string{"", "password", "urn:ietf:params:oauth:grant-type:saml2-bearer", "a\nb"} {
		s.Provider("main").Token(grantType, Refused)
	}
	wantValues(t, counted(gathered(t, s)), map[string]float64{
		"gatehouse_token_requests_total grant_type=other outcome=refused provider=main": 4,
	})
}

func TestANilProviderCountsNothing(t *testing.T) {
	var p *Provider
	p.Token("", Issued)
	p.Introspection(Active)
	p.SignIn(Success)
	p.Delivery(Delivered)
	p.Event(audit.SignIn)
	p.Tokens().Hit.Inc()
	s := memory.New(time.Now)
	if Timed(s, nil) != store.Store(s) {
		t.Error("a store that nobody measures is wrapped")
	}
}

func TestOutcomesOfErrors(t *testing.T) {
	for _, test := range []struct {
		err  error
		want Outcome
	}{
		{oauth.InvalidGrant("no", nil), Refused},
		{oauth.TooManyRequests("no", nil), Refused},
		{oauth.AuthorizationPending("wait", nil), Pending},
		{oauth.SlowDown("wait", nil), Pending},
		{store.ErrClosed, Unavailable},
		{oauth.InvalidGrant("no", store.ErrClosed), Unavailable},
		{errors.New("anything"), Failed},
	} {
		if got := OutcomeOf(test.err); got != test.want {
			t.Errorf("%v: %s", test.err, got)
		}
	}
}

func TestTheStoreIsMeasured(t *testing.T) {
	s := NewSet()
	measured := Timed(memory.New(time.Now), s.Provider("main"))
	ctx := t.Context()
	record := store.Record{Kind: store.Grants, Key: "one", Body: []byte("{}")}
	if err := measured.Commit(ctx, store.Creating(record)); err != nil {
		t.Fatal(err)
	}
	if err := measured.Commit(ctx, store.Creating(record)); !errors.Is(err, store.ErrExists) {
		t.Fatal(err)
	}
	if _, err := measured.Get(ctx, store.Grants, "two"); !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	if got, err := measured.List(ctx, store.Grants, store.Filter{}, "", 10); err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	if _, err := measured.Sweep(ctx, time.Now(), 10); err != nil {
		t.Fatal(err)
	}
	const duration = "gatehouse_store_operation_duration_seconds operation="
	want := map[string]float64{
		duration + "commit provider=main": 2, duration + "get provider=main": 1,
		duration + "list provider=main": 1, duration + "sweep provider=main": 1,
	}
	wantValues(t, counted(gathered(t, s)), want)

	// What has no answer is a failure; a caller that has gone is none.
	gone, cancel := context.WithCancel(ctx)
	cancel()
	_, _ = measured.Get(gone, store.Grants, "one")
	if err := measured.Close(); err != nil {
		t.Fatal(err)
	}
	_, _ = measured.Get(gone, store.Grants, "one")
	_, _ = measured.Get(ctx, store.Grants, "one")
	want[duration+"get provider=main"] = 4
	want["gatehouse_store_failures_total operation=get provider=main"] = 1
	wantValues(t, counted(gathered(t, s)), want)
}

func TestNamesFollowTheConventions(t *testing.T) {
	s := NewSet()
	s.Provider("main")
	for key := range gathered(t, s) {
		name, _, _ := strings.Cut(key, " ")
		if !strings.HasPrefix(name, "gatehouse_") || !strings.HasSuffix(name, "_total") && !strings.HasSuffix(name, "_seconds") {
			t.Errorf("%s", name)
		}
	}
}
