package consent_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

const life = 365 * 24 * time.Hour

type house struct {
	*consent.Consents
	t     *testing.T
	store store.Store
	clock time.Time
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, clock: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	h.store = memory.New(h.now)
	h.Consents = consent.New(h.store, life, h.now)
	return h
}

func (h *house) now() time.Time { return h.clock }

func asked(scopes ...string) consent.Request {
	return consent.Request{
		Account: "diana", ClientID: "web", Scopes: scopes, Resources: []string{"https://api.example.com"},
		RedirectURI: "https://shop.example.com/cb", Terms: "t1",
	}
}

func (h *house) get() *consent.Consent {
	h.t.Helper()
	c, err := h.Get(h.t.Context(), "diana", "web")
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// approve is what happens when the person says yes on the page.
func (h *house) approve(request consent.Request) *consent.Consent {
	h.t.Helper()
	given, change := h.Remember(h.get(), request)
	if err := h.store.Commit(h.t.Context(), change); err != nil {
		h.t.Fatal(err)
	}
	return given
}

func TestNeverAsked(t *testing.T) {
	if c := newHouse(t).get(); c != nil || c.Standing() {
		t.Fatalf("Get = %+v, want nil", c)
	}
}

func TestRememberGrows(t *testing.T) {
	h := newHouse(t)
	one := asked("openid", "orders:read")
	one.Claims = []string{"email"}
	first := h.approve(one)
	h.clock = h.clock.Add(time.Hour)
	second := asked("orders:write", "openid")
	second.Claims = []string{"nickname", "email"}
	second.Resources = []string{"https://other.example.com"}
	second.RedirectURI = "https://shop.example.com/cb2"
	grown := h.approve(second)
	if grown.ID != first.ID {
		t.Error("a consent that grew has a new ID: every grant under it would die")
	}
	got := h.get()
	want := &consent.Consent{
		ID: first.ID, Account: "diana", ClientID: "web",
		Scopes:       oauth.Scopes{"openid", "orders:read", "orders:write"},
		Resources:    []string{"https://api.example.com", "https://other.example.com"},
		Claims:       []string{"email", "nickname"},
		RedirectURIs: []string{"https://shop.example.com/cb", "https://shop.example.com/cb2"},
		Terms:        "t1", GrantedAt: h.clock, UsedAt: h.clock,
	}
	if diff := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "version" }, cmp.Ignore())); diff != "" {
		t.Error(diff)
	}
	if len(first.Scopes) != 2 {
		t.Error("growing wrote into the consent that was read")
	}
}

func TestWithdrawnConsentIsNotRevived(t *testing.T) {
	h := newHouse(t)
	first := h.approve(asked("openid"))
	for _, want := range []*consent.Consent{first, nil} { // twice is no error, and takes nothing back
		got, err := h.Withdraw(t.Context(), "diana", "web")
		if err != nil {
			t.Fatal(err)
		}
		if (got == nil) != (want == nil) || got != nil && got.ID != want.ID {
			t.Errorf("withdrawn is %+v, want %+v", got, want)
		}
	}
	if c := h.get(); c == nil || c.Standing() || !c.WithdrawnAt.Equal(h.clock) {
		t.Fatalf("after Withdraw: %+v; want it to be there, withdrawn", c)
	}
	again := h.approve(asked("email"))
	if again.ID == first.ID {
		t.Error("a consent given after a withdrawal has the old ID: old grants live again")
	}
	if diff := cmp.Diff(oauth.Scopes{"email"}, again.Scopes); diff != "" {
		t.Errorf("it remembers what was withdrawn: %s", diff)
	}
	if _, err := h.Withdraw(t.Context(), "diana", "nobody"); err != nil {
		t.Errorf("withdrawing what is absent: %v", err)
	}
}

// TestThreat019_FoundWithdrawnAndForgotten: whoever is told that a consent is withdrawn is told so by a node that acts on it.
func TestThreat019_FoundWithdrawnAndForgotten(t *testing.T) {
	h := newHouse(t)
	h.approve(asked("openid"))
	var here store.Generations
	beside := consent.New(store.Track(h.store, &here), life, h.now)
	slot := here.Slot(store.Consents, consent.Key("diana", "web"))
	remembered := here.Mark(slot)
	if _, err := h.Withdraw(t.Context(), "diana", "web"); err != nil {
		t.Fatal(err)
	}
	if _, err := beside.Withdraw(t.Context(), "diana", "web"); err != nil {
		t.Fatal(err)
	}
	if here.Load(slot) == remembered {
		t.Error("a node that said that the consent is withdrawn goes on to believe in it")
	}
}

func TestForgottenWhenUnused(t *testing.T) {
	h := newHouse(t)
	h.approve(asked("openid"))
	h.clock = h.clock.Add(time.Hour - time.Second)
	if changes := h.Use(h.get()); len(changes) != 0 {
		t.Error("every use costs a write")
	}
	h.clock = h.clock.Add(life / 2)
	if err := h.store.Commit(t.Context(), h.Use(h.get())...); err != nil {
		t.Fatal(err)
	}
	h.clock = h.clock.Add(life - time.Second)
	if h.get() == nil {
		t.Error("forgotten although it was used")
	}
	h.clock = h.clock.Add(time.Second)
	if h.get() != nil {
		t.Error("not forgotten")
	}
}

func TestARacingApprovalIsTold(t *testing.T) {
	h := newHouse(t)
	_, first := h.Remember(nil, asked("openid"))
	_, second := h.Remember(nil, asked("email"))
	if err := h.store.Commit(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if err := h.store.Commit(t.Context(), second); !errors.Is(err, store.ErrExists) {
		t.Errorf("err = %v, want ErrExists", err)
	}
	_, stale := h.Remember(h.get(), asked("email"))
	h.approve(asked("phone"))
	if err := h.store.Commit(t.Context(), stale); !errors.Is(err, store.ErrConflict) {
		t.Errorf("err = %v, want ErrConflict", err)
	}
}

func TestWithdrawAmongApprovals(t *testing.T) {
	h := newHouse(t)
	h.approve(asked("openid"))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := h.Withdraw(t.Context(), "diana", "web"); err != nil {
				t.Errorf("Withdraw: %v", err)
			}
		})
		wg.Go(func() {
			c, err := h.Get(t.Context(), "diana", "web")
			if err != nil {
				t.Errorf("Get: %v", err)
			}
			if c.Standing() {
				_, change := h.Remember(c, asked("email"))
				_ = h.store.Commit(t.Context(), change) // losing is fine here
			}
		})
	}
	wg.Wait()
	if h.get().Standing() {
		t.Error("a withdrawal was lost")
	}
}

func TestTroubleIsNotNever(t *testing.T) {
	h := newHouse(t)
	c := consent.New(brokenStore{h.store}, life, h.now)
	if got, err := c.Get(t.Context(), "diana", "web"); got != nil || !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("Get = %v, %v", got, err)
	}
	if _, err := c.Withdraw(t.Context(), "diana", "web"); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("Withdraw = %v", err)
	}
	h.approve(asked("openid"))
	c = consent.New(contendedStore{h.store}, life, h.now)
	if _, err := c.Withdraw(t.Context(), "diana", "web"); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("Withdraw against endless contention = %v", err)
	}
}

func TestKeysNeverCollide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.StringMatching(`[a1:]{0,6}`)
		a, b, c, d := part.Draw(t, "a"), part.Draw(t, "b"), part.Draw(t, "c"), part.Draw(t, "d")
		if same := a == c && b == d; (consent.Key(a, b) == consent.Key(c, d)) != same {
			t.Fatalf("Key(%q, %q) and Key(%q, %q)", a, b, c, d)
		}
	})
}

type brokenStore struct{ store.Store }

func (brokenStore) Get(context.Context, store.Kind, string) (store.Record, error) {
	return store.Record{}, oauth.ErrUnavailable
}

type contendedStore struct{ store.Store }

func (contendedStore) Commit(context.Context, ...store.Change) error { return store.ErrConflict }
