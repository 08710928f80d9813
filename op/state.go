package op

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/backchannel"
	"github.com/seed-5b16f944/gatehouse/op/devicecode"
	"github.com/seed-5b16f944/gatehouse/op/dpop"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/metrics"
	"github.com/seed-5b16f944/gatehouse/op/moving"
	"github.com/seed-5b16f944/gatehouse/op/registration"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
	"github.com/seed-5b16f944/gatehouse/op/store/postgres"
	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

// The values of Location.Driver.
const (
	DriverSQLite   = "sqlite"
	DriverPostgres = "postgres"
	DriverMemory   = "memory"
)

// openAgain is the pause between two tries to open a database that does not answer yet.
const openAgain = 250 * time.Millisecond

const (
	rememberedTokens = 100_000 // about 1 KiB each
	throttledKeys    = 100_000
)

// Postgres says which PostgreSQL database a State is kept in, and how it is used.
type Postgres = postgres.Config

// PostgresDSN is the connection string of a database, which is never printed.
type PostgresDSN = postgres.DSN

// Location says where a State is kept.
type Location struct {
	// Driver is DriverSQLite (default), DriverPostgres, or DriverMemory, which forgets everything on Close.
	Driver string
	// Path is the SQLite file.
	Path string
	// Postgres is the database that several nodes share.
	Postgres Postgres
	// Wait is for how long a database is asked again that does not answer yet, since it may have been started together with
	// this.
	Wait time.Duration
	// EncryptionKey seals signing keys and other secrets at rest: 32 bytes, or none to keep them as
	// they are in a file that only its owner can read.
	EncryptionKey []byte
	// Metrics counts what happens here; nil counts nothing.
	Metrics *metrics.Provider
	// Now is the clock. By default it is the database's for DriverPostgres, so that nodes agree about the time, and else
	// that of this machine.
	Now func() time.Time
}

// State is what outlives a configuration: the store, the key ring, remembered token facts and
// throttles. It holds no logger, policy, client list or registry of any one configuration.
type State struct {
	store       store.Store
	generations *store.Generations
	memory      *grant.Memory
	secrets     *keys.Secrets
	ring        *keys.Ring
	// carried seal what browsers carry. They differ from secrets in a store that began as a copy of another.
	carried *keys.Secrets
	// restored is when such a store was first opened; zero if it was always the only one.
	restored time.Time

	// Guesses at passwords and at client secrets are counted apart. A guess at a secret may cost next to
	// nothing, and whoever makes very many must not push the counters of the logins out.
	logins        *throttle.Joint
	secretGuesses *throttle.Joint
	// proofs are judged here, so that one that was used stays used over a reload.
	proofs *dpop.Proofs
	// registrations are counted here, so that a reload gives nobody more of them.
	registrations *registration.Quota
	// devices are counted here, for the same reason.
	devices *devicecode.Budgets
	// documents counts how often strangers made the provider read a client's metadata document.
	documents *throttle.Throttle
	// ended rings whichever configuration's end of a session it was: those of two may be alive.
	ended backchannel.Bell
	// keysMoved holds something when another node may have changed the signing keys.
	keysMoved chan struct{}

	count *metrics.Provider
	// reached and waiting are what the store answered last to who wants to know how it is.
	reached, waiting sample

	now     func() time.Time
	stop    context.CancelFunc
	running sync.WaitGroup
}

// Open opens the store, makes the provider's lasting secrets on first use and begins to sweep
// expired records. A store that was moved away, or is only half there, is refused. A database that does not answer yet is
// waited for as the Location says. The caller closes the State once.
func Open(ctx context.Context, at Location) (*State, error) {
	for began := time.Now(); ; {
		st, err := open(ctx, at)
		if err == nil || !postgres.NotYet(err) || time.Since(began) >= at.Wait {
			return st, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(openAgain):
		}
	}
}

func open(ctx context.Context, at Location) (*State, error) {
	served := new(admission)
	backend, now, err := openStore(ctx, at, served)
	if err != nil {
		return nil, err
	}
	st, err := newState(ctx, metrics.Timed(backend, at.Metrics), at, now, served)
	if err != nil {
		return nil, errors.Join(err, backend.Close())
	}
	st.count = at.Metrics
	st.memory.Count(at.Metrics)
	return st, nil
}

// openStore opens the store at a Location for a program that serves from it, and gives the clock that goes with it.
func openStore(ctx context.Context, at Location, served *admission) (store.Store, func() time.Time, error) {
	switch at.Driver {
	case DriverSQLite, "":
		s, err := sqlite.Open(ctx, at.Path, at.now)
		return s, at.now, err
	case DriverPostgres:
		s, err := postgres.OpenAdmitted(ctx, at.Postgres, at.Now, wall, served.check)
		if err != nil {
			return nil, nil, err
		}
		return s, s.Now, nil
	case DriverMemory:
		return memory.New(at.now), at.now, nil
	}
	return nil, nil, fmt.Errorf("storage %q is not one of sqlite, postgres, memory", at.Driver)
}

// now is the clock of a Location where no database has one.
func (at Location) now() time.Time {
	if at.Now == nil {
		return wall()
	}
	return at.Now()
}

// shared reports whether other nodes may write to what is kept there.
func (at Location) shared() bool { return at.Driver == DriverPostgres }

func newState(ctx context.Context, backend store.Store, at Location, now func() time.Time, served *admission) (*State, error) {
	generations := new(store.Generations)
	restored, err := moving.Admit(ctx, backend, now())
	if err != nil {
		return nil, err
	}
	served.as(restored)
	track, openRing := store.Track, keys.OpenRing
	if at.shared() {
		track, openRing = store.TrackShared, keys.OpenSharedRing
	}
	tracked := track(backend, generations)
	secrets, err := keys.OpenSecrets(ctx, tracked, at.EncryptionKey)
	if err != nil {
		return nil, err
	}
	ring, err := openRing(ctx, tracked, secrets, now)
	if err != nil {
		return nil, err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	st := &State{
		store:       tracked,
		generations: generations,
		memory:      grant.NewMemory(generations, rememberedTokens),
		secrets:     secrets,
		ring:        ring,
		carried:     secrets.Since(restored),
		restored:    restored,

		documents: throttle.New(now, throttledKeys),
		proofs:    dpop.New(secrets, now, restored),
		keysMoved: make(chan struct{}, 1),

		now:  now,
		stop: stop,
	}
	// What is guessed at, and what strangers leave behind, is counted at all nodes of a shared store.
	var guesses *throttle.Shared
	if at.shared() {
		guesses = throttle.NewShared(tracked, now)
	}
	st.logins = throttle.NewJoint("login", throttle.New(now, throttledKeys), guesses)
	st.secretGuesses = throttle.NewPortioned("secret", throttle.New(now, throttledKeys), guesses, now, throttledKeys)
	st.registrations = registration.NewQuota(tracked, now, throttledKeys, guesses)
	st.devices = devicecode.NewBudgets(now, throttledKeys, guesses)
	if at.shared() {
		st.proofs = dpop.NewShared(secrets, tracked, now, restored)
	}
	st.running.Go(func() { st.sweep(background) })
	if at.shared() {
		st.running.Go(func() { st.listen(background) })
		st.running.Go(func() { st.followKeys(background) })
	}
	return st, nil
}

// Close ends the sweeping and closes the store. Requests that still use the State are answered 503.
func (st *State) Close() error {
	st.stop()
	st.running.Wait()
	return st.store.Close()
}
