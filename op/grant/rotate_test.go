package grant_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// refreshing is a client with a refresh token.
type refreshing struct {
	*granttest.View
	t *testing.T
}

func (r refreshing) rotate(token string) (*grant.Issued, error) {
	r.t.Helper()
	return r.Grants.Rotate(r.t.Context(), r.Client(r.t, "web"), token, grant.Narrowing{})
}

func (r refreshing) mustRotate(token string) *grant.Issued {
	r.t.Helper()
	issued, err := r.rotate(token)
	if err != nil {
		r.t.Fatal(err)
	}
	return issued
}

// reused shows the first token of a family again and holds that all of the family is dead after it.
func (r refreshing) reused(family ...*grant.Issued) {
	r.t.Helper()
	for i, one := range family {
		if _, err := r.rotate(one.RefreshToken); code(err) != "invalid_grant" {
			r.t.Errorf("refresh token %d is alive: %v", i, err)
		}
	}
	for i, one := range family {
		if _, err := r.Grants.Introspect(r.t.Context(), one.AccessToken); !errors.Is(err, grant.ErrInactive) {
			r.t.Errorf("access token %d is alive: %v", i, err)
		}
	}
}

func (r refreshing) alive(issued ...*grant.Issued) {
	r.t.Helper()
	for i, one := range issued {
		if _, err := r.Grants.Introspect(r.t.Context(), one.AccessToken); err != nil {
			r.t.Errorf("access token %d: %v", i, err)
		}
	}
}

func newRefreshing(t *testing.T) (refreshing, *grant.Issued) {
	t.Helper()
	v := granttest.New(t).View(t, granttest.Standard())
	return refreshing{v, t}, v.Issue(t, "web", "openid api:read api:write offline_access")
}

func TestMust029_RotationAndReuse(t *testing.T) {
	grace := granttest.Life().RefreshGrace
	for _, test := range []struct {
		name string
		run  func(r refreshing, first *grant.Issued)
	}{
		{"each rotation gives another refresh token", func(r refreshing, first *grant.Issued) {
			second := r.mustRotate(first.RefreshToken)
			third := r.mustRotate(second.RefreshToken)
			if first.RefreshToken == second.RefreshToken || second.RefreshToken == third.RefreshToken {
				r.t.Error("a refresh token stayed the same")
			}
			r.alive(first, second, third)
		}},
		{"a repeat within the grace gets the same successor and a fresh access token", func(r refreshing, first *grant.Issued) {
			second := r.mustRotate(first.RefreshToken)
			r.Clock.Advance(grace - time.Millisecond)
			again := r.mustRotate(first.RefreshToken)
			if again.RefreshToken != second.RefreshToken || again.AccessToken == second.AccessToken {
				r.t.Error("want the same refresh token and another access token")
			}
			r.alive(first, second, again)
			r.mustRotate(again.RefreshToken)
		}},
		{"a repeat after the grace revokes the grant", func(r refreshing, first *grant.Issued) {
			second := r.mustRotate(first.RefreshToken)
			r.Clock.Advance(grace)
			r.reused(first, second)
		}},
		{"a repeat within the grace after the successor was used revokes the grant", func(r refreshing, first *grant.Issued) {
			second := r.mustRotate(first.RefreshToken)
			third := r.mustRotate(second.RefreshToken)
			r.reused(first, second, third)
		}},
		{"a repeat long after its own life revokes the grant", func(r refreshing, first *grant.Issued) {
			second := r.mustRotate(first.RefreshToken)
			r.Clock.Advance(20 * time.Hour)
			third := r.mustRotate(second.RefreshToken)
			r.Clock.Advance(5 * time.Hour)
			r.reused(first, third)
		}},
		{"an unspent one dies after its own life and revokes nothing", func(r refreshing, first *grant.Issued) {
			r.Clock.Advance(granttest.Life().RefreshToken)
			if _, err := r.rotate(first.RefreshToken); code(err) != "invalid_grant" {
				r.t.Errorf("expired: %v", err)
			}
			record, err := r.Store.Get(r.t.Context(), store.Grants, first.Grant.ID)
			if err != nil || record.Version != 1 {
				r.t.Errorf("the grant was touched: %+v, %v", record, err)
			}
		}},
		{"a repeat extends no lifetime", func(r refreshing, first *grant.Issued) {
			second := r.mustRotate(first.RefreshToken)
			r.Clock.Advance(grace / 2)
			r.mustRotate(first.RefreshToken)
			r.Clock.Advance(granttest.Life().RefreshToken - grace/2)
			if _, err := r.rotate(second.RefreshToken); code(err) != "invalid_grant" {
				r.t.Errorf("the successor lives longer than it was given: %v", err)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, first := newRefreshing(t)
			test.run(r, first)
		})
	}
}

func TestTheSealedSuccessorIsGoneWithTheGrace(t *testing.T) {
	r, first := newRefreshing(t)
	r.mustRotate(first.RefreshToken)
	r.Clock.Advance(granttest.Life().RefreshGrace)
	if _, err := r.Store.Sweep(t.Context(), r.Clock.Now(), 100); err != nil {
		t.Fatal(err)
	}
	left, err := r.Store.List(t.Context(), store.RefreshSuccessors, store.Filter{}, "", 10)
	if err != nil || len(left) != 0 {
		t.Errorf("%d sealed successors left, %v", len(left), err)
	}
}

func TestThreat019_AnotherClientsRefreshTokenIsRefusedAndNothingRevoked(t *testing.T) {
	r, first := newRefreshing(t)
	second := r.mustRotate(first.RefreshToken)
	r.Clock.Advance(time.Hour - time.Minute)
	for _, token := range []string{first.RefreshToken, second.RefreshToken} {
		if _, err := r.Grants.Rotate(t.Context(), r.Client(t, "other"), token, grant.Narrowing{}); code(err) != "invalid_grant" {
			t.Errorf("another client: %v", err)
		}
	}
	r.alive(second)
	r.mustRotate(second.RefreshToken)
}

func TestMust031_ScopeMayShrinkAndNeverGrow(t *testing.T) {
	r, issued := newRefreshing(t)
	c := r.Client(t, "web")
	for _, test := range []struct {
		ask, want, refused string
	}{
		{ask: "openid api:read", want: "openid api:read"},
		{ask: "", want: "openid api:read api:write offline_access"}, // back to the whole grant
		{ask: "api:write", want: "api:write"},
		{ask: "api:read vault:open", refused: "invalid_scope"},
		{ask: "api:read email", refused: "invalid_scope"},
		{ask: "openid api:read api:write offline_access", want: "openid api:read api:write offline_access"},
	} {
		asked, err := oauth.ParseScopes(test.ask)
		if err != nil {
			t.Fatal(err)
		}
		next, err := r.Grants.Rotate(t.Context(), c, issued.RefreshToken, grant.Narrowing{Scopes: asked})
		if code(err) != test.refused {
			t.Fatalf("scope %q: %v", test.ask, err)
		}
		if err != nil {
			continue // a refusal spends nothing: the same token goes on
		}
		if issued = next; issued.Scopes.String() != test.want {
			t.Errorf("scope %q gave %q, want %q", test.ask, issued.Scopes, test.want)
		}
	}
}

func TestResourceAtRefreshIsASubsetOfTheGrant(t *testing.T) {
	v := granttest.New(t).View(t, granttest.Standard())
	issued := v.Issue(t, "web", "openid offline_access api:read vault:open", granttest.API, granttest.Vault)
	for _, test := range []struct {
		ask     []string
		want    int
		refused string
	}{
		{ask: []string{granttest.Vault}, want: 1},
		{ask: nil, want: 2},
		{ask: []string{granttest.API, granttest.API + "/"}, want: 1},
		{ask: []string{granttest.Issuer}, refused: "invalid_target"},
		{ask: []string{"https://unknown.example"}, refused: "invalid_target"},
		{ask: []string{"not a uri"}, refused: "invalid_target"},
	} {
		next, err := v.Grants.Rotate(t.Context(), v.Client(t, "web"), issued.RefreshToken, grant.Narrowing{Resources: test.ask})
		if code(err) != test.refused {
			t.Fatalf("resource %q: %v", test.ask, err)
		}
		if err != nil {
			continue
		}
		issued = next
		token, err := v.Grants.Introspect(t.Context(), issued.AccessToken)
		if err != nil || len(token.Audience) != test.want {
			t.Errorf("resource %q: %+v, %v", test.ask, token, err)
		}
	}
}

// race runs n goroutines that start together.
func race(n int, run func(i int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-start
			run(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

func TestThreat018_RacersWithinTheGraceShareOneSuccessor(t *testing.T) {
	for backend, open := range granttest.Backends() {
		t.Run(backend, func(t *testing.T) {
			v := open(t).View(t, granttest.Standard())
			for _, resource := range []string{granttest.API, granttest.Vault} {
				first := v.Issue(t, "web", "openid offline_access api:read vault:open", resource)
				got := make([]*grant.Issued, 64)
				race(len(got), func(i int) {
					issued, err := v.Grants.Rotate(t.Context(), v.Client(t, "web"), first.RefreshToken, grant.Narrowing{})
					if err != nil {
						t.Errorf("racer %d: %v", i, err)
						return
					}
					got[i] = issued
				})
				if t.Failed() {
					return
				}
				access := map[string]bool{}
				for _, issued := range got {
					access[issued.AccessToken] = true
					if issued.RefreshToken != got[0].RefreshToken {
						t.Error("two successors of one refresh token")
					}
				}
				if len(access) != len(got) {
					t.Errorf("%d different access tokens", len(access))
				}
				refreshing{v, t}.alive(got...)
			}
		})
	}
}

// Racers over a successor: some repeat the old token, some use the new one. Whatever the order, nobody
// gets a fault of ours, and a family is never split in two.
func TestThreat018_RepeatsAgainstUseOfTheSuccessor(t *testing.T) {
	for backend, open := range granttest.Backends() {
		t.Run(backend, func(t *testing.T) {
			v := open(t).View(t, granttest.Standard())
			r := refreshing{v, t}
			for range 20 {
				first := v.Issue(t, "web", "openid offline_access api:read")
				second := r.mustRotate(first.RefreshToken)
				heirs := make([]string, 16)
				race(len(heirs), func(i int) {
					token := []string{first.RefreshToken, second.RefreshToken}[i%2]
					issued, err := v.Grants.Rotate(t.Context(), v.Client(t, "web"), token, grant.Narrowing{})
					if err != nil && code(err) != "invalid_grant" {
						t.Errorf("racer %d: %v", i, err)
					}
					if err == nil && i%2 == 1 {
						heirs[i] = issued.RefreshToken
					}
				})
				unique := map[string]bool{}
				for _, heir := range heirs {
					if heir != "" {
						unique[heir] = true
					}
				}
				if len(unique) > 1 {
					t.Fatalf("%d heirs of one refresh token", len(unique))
				}
			}
		})
	}
}
