package granttest

import (
	"bytes"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/dpop"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// Issuer is the issuer of every View.
const Issuer = "https://id.example"

// Interacting is how long a page of a View may wait for an answer.
const Interacting = 30 * time.Minute

// World is what outlives a configuration.
type World struct {
	Clock *Clock
	// Now is Clock's, unless a benchmark wants the real one.
	Now    func() time.Time
	Faults *Faults
	// Store is Faults, tracked by the generations that Memory watches.
	Store       store.Store
	Generations *store.Generations
	Memory      *grant.Memory
	Secrets     *keys.Secrets
	Ring        *keys.Ring
	Proofs      *dpop.Proofs
	Throttle    *throttle.Throttle
}

// View is one configuration of a World.
type View struct {
	*World
	Grants        *grant.Grants
	Registry      *client.Registry
	Authenticator *client.Authenticator
	KeySets       *client.KeySets
	Protector     *client.Protector
	Users         *user.Directory
	Sessions      *session.Sessions
	Consents      *consent.Consents
	Resources     *resource.Set
	Interactions  *interaction.Sealer
	Respond       *web.Responder
	// Log is what Respond has logged, as lines of JSON.
	Log *bytes.Buffer
	// Told is what the rooms of this view have told.
	Told *Told
}

// Backends are the stores whose answers under a race count.
func Backends() map[string]func(t testing.TB) *World {
	return map[string]func(t testing.TB) *World{"memory": New, "sqlite": NewSQLite}
}

// New makes a World in memory.
func New(t testing.TB) *World {
	t.Helper()
	clock := NewClock()
	return Over(t, clock, memory.New(clock.Now))
}

// NewSQLite makes a World on a SQLite file of its own.
func NewSQLite(t testing.TB) *World {
	t.Helper()
	clock := NewClock()
	backend, err := sqlite.Open(t.Context(), t.TempDir()+"/op.db", clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	return Over(t, clock, backend)
}

// Over makes a World on this store, which is closed with the test.
func Over(t testing.TB, clock *Clock, backend store.Store) *World {
	t.Helper()
	t.Cleanup(func() {
		if err := backend.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &World{Clock: clock, Now: clock.Now, Faults: &Faults{Store: backend}, Generations: new(store.Generations)}
	w.Store = store.Track(w.Faults, w.Generations)
	w.Memory = grant.NewMemory(w.Generations, 10_000)
	w.Throttle = throttle.New(clock.Now, 1000)
	secrets, err := keys.OpenSecrets(t.Context(), w.Store, nil)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keys.OpenRing(t.Context(), w.Store, secrets, clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	policy := keys.Policy{
		Algs: []string{keys.ES256}, RotateEvery: 30 * 24 * time.Hour, PublishAhead: time.Hour, KeepFor: 2 * time.Hour,
	}
	if err := ring.Ensure(t.Context(), policy); err != nil {
		t.Fatal(err)
	}
	w.Secrets, w.Ring, w.Proofs = secrets, ring, dpop.New(secrets, clock.Now, time.Time{})
	return w
}

// Life is that of every View: the defaults of a provider.
func Life() grant.Lifetimes {
	return grant.Lifetimes{
		Code: time.Minute, AccessToken: time.Hour,
		RefreshToken: 24 * time.Hour, Grant: 30 * 24 * time.Hour, RefreshGrace: 30 * time.Second,
	}
}

// View makes a configuration of the world.
func (w *World) View(t testing.TB, cfg Config) *View {
	t.Helper()
	life := Life()
	v := &View{World: w, Told: new(Told), Registry: client.NewRegistry(w.Store, cfg.Clients), Log: new(bytes.Buffer)}
	var err error
	if v.Users, err = user.NewDirectory(cfg.Users, "", hasher{}, w.Now); err != nil {
		t.Fatal(err)
	}
	if v.Resources, err = resource.NewSet(Issuer, cfg.Resources, nil); err != nil {
		t.Fatal(err)
	}
	sessions := session.Life{Idle: 12 * time.Hour, Max: 7 * 24 * time.Hour, Keep: life.LongestGrant()}
	v.Sessions = session.New(w.Store, "__Host-gatehouse-test-session", sessions, w.Now)
	v.Consents = consent.New(w.Store, life.LongestGrant(), w.Now)
	v.KeySets = client.NewKeySets(fetch.New(fetch.Policy{}), w.Now)
	v.Protector = client.NewProtector(w.Ring, v.KeySets)
	v.Authenticator = client.NewAuthenticator(v.Registry, throttle.NewJoint("", w.Throttle, nil), nil)
	pages, err := web.NewPages(nil)
	if err != nil {
		t.Fatal(err)
	}
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.Lock(zapcore.AddSync(v.Log)), zap.DebugLevel)
	v.Respond = web.NewResponder(zap.New(core), pages)
	v.Interactions = interaction.New(w.Secrets, Issuer, "__Host-gatehouse-test-browser", Interacting, w.Now)
	v.Grants = grant.New(grant.Deps{
		Store: w.Store, Memory: w.Memory, Ring: w.Ring, Clients: v.Registry, Users: v.Users, Sessions: v.Sessions,
		Consents: v.Consents, Resources: v.Resources, Issuer: Issuer, Life: life, SigningAlg: keys.ES256, Now: w.Now,
		EndOffline: cfg.EndOffline, Trail: v.Told.Trail(),
	})
	return v
}

// Client finds a configured client.
func (v *View) Client(t testing.TB, id string) *client.Client {
	t.Helper()
	c, err := v.Registry.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
