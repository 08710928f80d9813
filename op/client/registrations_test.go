package client

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

// read counts how often the store is read.
type readStore struct {
	store.Store
	reads atomic.Int64
}

func (r *readStore) Get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	r.reads.Add(1)
	return r.Store.Get(ctx, k, key)
}

// office is a Registrations over a store whose clock and reads a test sees.
type office struct {
	*Registrations
	*Registry
	reads *readStore
	clock time.Time
}

const keepUsed = 10 * 24 * time.Hour

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{clock: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	now := func() time.Time { return o.clock }
	backend := memory.New(now)
	t.Cleanup(func() { _ = backend.Close() })
	o.reads = &readStore{Store: backend}
	generations := new(store.Generations)
	tracked := store.Track(o.reads, generations)
	secrets, err := keys.OpenSecrets(t.Context(), tracked, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Registrations = NewRegistrations(RegistrationDeps{
		Store: tracked, Generations: generations, Secrets: secrets, Scopes: oauth.IdentityScopes, Keep: keepUsed, Now: now,
	})
	o.Registry = NewRegistry(tracked, []*Client{{ID: "web"}})
	o.Admit(o.Registrations)
	return o
}

// register stores a client that is forgotten after a day.
func (o *office) register(t testing.TB) *Registration {
	t.Helper()
	made := o.NewRegistration()
	made.Metadata = Metadata{TokenEndpointAuthMethod: oauth.AuthNone, RedirectURIs: []string{"https://app.example/cb"}, ClientName: "First"}
	made.ExpiresAt = o.clock.Add(24 * time.Hour)
	o.commit(t, o.Creating(made))
	return made
}

func (o *office) commit(t testing.TB, changes ...store.Change) {
	t.Helper()
	if err := o.Store.Commit(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
}

func (o *office) mustGet(t testing.TB, id string) *Client {
	t.Helper()
	c, err := o.Registry.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A client on the token path costs no reading, until something changes it.
func TestARegisteredClientIsRemembered(t *testing.T) {
	o := newOffice(t)
	made := o.register(t)
	first := o.mustGet(t, made.ID)
	before := o.reads.reads.Load()
	for range 100 {
		if o.mustGet(t, made.ID) != first {
			t.Fatal("another client")
		}
	}
	if now := o.reads.reads.Load(); now != before {
		t.Errorf("read %d times", now-before)
	}

	found, err := o.Registrations.Get(t.Context(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	found.Metadata.ClientName = "Second"
	o.commit(t, o.Replacing(found))
	if c := o.mustGet(t, made.ID); c.Name != "Second" {
		t.Errorf("after a change it is still %s", c.Name)
	}
	found, err = o.Registrations.Get(t.Context(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	o.commit(t, o.Deleting(found))
	if _, err := o.Registry.Get(t.Context(), made.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("after it was removed: %v", err)
	}
}

// Expiry writes nothing, so nothing else would tell.
func TestARememberedClientExpires(t *testing.T) {
	o := newOffice(t)
	made := o.register(t)
	o.mustGet(t, made.ID)
	o.clock = made.ExpiresAt
	if _, err := o.Registry.Get(t.Context(), made.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// TestThreat051_UseKeepsAClientForOneWriteADay: the first use lengthens its life, and later ones seldom write.
func TestThreat051_UseKeepsAClientForOneWriteADay(t *testing.T) {
	o := newOffice(t)
	made := o.register(t)
	writes := 0
	for range 20 * 24 { // every hour of twenty days
		using, err := o.Using(t.Context(), o.mustGet(t, made.ID))
		if err != nil {
			t.Fatal(err)
		}
		writes += len(using)
		o.commit(t, using...)
		found, err := o.Registrations.Get(t.Context(), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		if left := found.ExpiresAt.Sub(o.clock); left < keepUsed-usedEvery {
			t.Fatalf("used, and kept for %s only", left)
		}
		if found.UsedAt.IsZero() {
			t.Fatal("nobody can see that it was used")
		}
		o.clock = o.clock.Add(time.Hour)
	}
	if writes < 19 || writes > 21 {
		t.Errorf("%d writes in 20 days", writes)
	}
	o.clock = o.clock.Add(keepUsed)
	if _, err := o.Registry.Get(t.Context(), made.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("unused for that long: %v", err)
	}
}

func TestUsingWritesNothingForOthers(t *testing.T) {
	o := newOffice(t)
	if using, err := o.Using(t.Context(), o.mustGet(t, "web")); err != nil || using != nil {
		t.Errorf("a configured client: %v, %v", using, err)
	}
	made := o.register(t)
	c := o.mustGet(t, made.ID)
	o.clock = made.ExpiresAt
	if using, err := o.Using(t.Context(), c); err != nil || using != nil {
		t.Errorf("one that is gone is revived: %v, %v", using, err)
	}
	deafened := NewRegistry(&deaf{}, nil)
	if _, err := deafened.Using(t.Context(), &Client{ID: "gcl_x"}); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

// TestThreat052_SealedSecretsOpenForTheirClientAlone: moved to another row, or changed, they open nothing.
func TestThreat052_SealedSecretsOpenForTheirClientAlone(t *testing.T) {
	o := newOffice(t)
	mine, other := o.register(t), o.register(t)
	secret := o.GiveSecret(mine, "", true)
	if kept, has := mine.HasSecret(); !kept || !has || len(secret) != 86 {
		t.Fatalf("%v %v %q", kept, has, secret)
	}
	c, err := o.Client(mine)
	if err != nil {
		t.Fatal(err)
	}
	if plain, ok := c.Secrets[0].Plain(); !ok || plain != secret {
		t.Errorf("the secret came back as %q", plain)
	}
	mustVerify(t, c.Secrets[0], secret, true)
	if strings.Contains(string(mine.record().Body), secret) {
		t.Error("it is in the row")
	}
	other.sealed = mine.sealed
	if _, err := o.Client(other); err == nil {
		t.Error("it opens for another client")
	}
	again := o.GiveSecret(other, secret, false)
	if kept, has := other.HasSecret(); kept || !has || again != secret {
		t.Errorf("%v %v", kept, has)
	}
	if right, err := o.ProvesSecret(other, secret); err != nil || !right {
		t.Errorf("%v, %v", right, err)
	}
	other.ForgetSecret()
	if right, err := o.ProvesSecret(other, ""); err != nil || right {
		t.Errorf("no secret proves something: %v, %v", right, err)
	}
}

func TestOnlyOursLookLikeRegisteredIDs(t *testing.T) {
	o := newOffice(t)
	if id := o.NewRegistration().ID; !IsRegisteredID(id) || checkID(id) != nil {
		t.Errorf("%q", id)
	}
	for _, other := range []string{"", "gcl", "dikr0001", "xgcl_a", keys.NewID()} {
		if IsRegisteredID(other) {
			t.Errorf("%q", other)
		}
	}
}

func BenchmarkRegisteredClient(b *testing.B) {
	o := newOffice(b)
	id := o.register(b).ID
	for b.Loop() {
		o.mustGet(b, id)
	}
}

func BenchmarkRegisteredClientFromTheStore(b *testing.B) {
	o := newOffice(b)
	id := o.register(b).ID
	for b.Loop() {
		if _, err := o.stored(b.Context(), id); err != nil {
			b.Fatal(err)
		}
	}
}

// TestThreat052_WhatIsRememberedIsBoundedInBytes: strangers choose how large the clients are that we remember.
func TestThreat052_WhatIsRememberedIsBoundedInBytes(t *testing.T) {
	o := newOffice(t)
	contact := strings.Repeat("x", maxMetadata-1000)
	for range derived/maxMetadata + 300 {
		made := o.NewRegistration()
		made.Metadata = Metadata{TokenEndpointAuthMethod: oauth.AuthNone, Contacts: []string{contact}}
		made.ExpiresAt = o.clock.Add(24 * time.Hour)
		o.commit(t, o.Creating(made))
		o.mustGet(t, made.ID)
	}
	o.clients.CleanUp()
	if size, count := o.clients.WeightedSize(), o.clients.EstimatedSize(); size > derived || count*maxMetadata > derived*5/4 || count == 0 {
		t.Errorf("%d clients, %d bytes are remembered", count, size)
	}
}
