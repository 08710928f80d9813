package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Open connects to the database and brings its schema up to date, or waits for the node that does. It refuses a server
// before PostgreSQL 14, a database that is not UTF8, and one with a schema this program cannot work with
// (ErrNewerSchema). Every error wraps oauth.ErrUnavailable, and none shows the DSN. Expiry goes by now. The context
// bounds the opening only.
func Open(ctx context.Context, config Config, now func() time.Time) (*Store, error) {
	return newStore(now, nil).open(ctx, config)
}

// OpenAdmitted is Open for a node that serves from the store: what is in the database has to be admitted on each
// connection before it is used, again when the node comes back from an outage; a nil admit admits all.
//
// Without a clock of its own, now, expiry goes by that of the database, so that the machines of several nodes need not
// agree about the time; see Now. It is read again several times a second while a Watch is open, and goes on by local, the
// clock of this machine, in between and while the database is away.
func OpenAdmitted(ctx context.Context, config Config, now, local func() time.Time, admit Admission) (*Store, error) {
	s := newStore(now, local)
	s.admit = admit
	return s.open(ctx, config)
}

// OpenAlone is Open for a program that ends the store, or fills it: nobody else is there, as long as one of its calls
// reads or writes. ErrInUse if a node is. The clocks are those of OpenAdmitted.
func OpenAlone(ctx context.Context, config Config, now, local func() time.Time) (*Store, error) {
	s := newStore(now, local)
	s.alone = true
	return s.open(ctx, config)
}

// newStore goes by now, or if that is nil by the clock of the database.
func newStore(now, local func() time.Time) *Store {
	s := &Store{now: now, steps: ownSteps(), closed: make(chan struct{})}
	if now == nil {
		s.clock = &clock{local: local}
		s.now = s.clock.now
	}
	return s
}

// open may be called once.
func (s *Store) open(ctx context.Context, config Config) (*Store, error) {
	err := config.Check()
	if err == nil {
		err = s.connect(ctx, config)
	}
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, ErrNewerSchema):
		return nil, opening(err)
	}
	return nil, opening(fault(err))
}

func (s *Store) connect(ctx context.Context, config Config) error {
	s.config = config.withDefaults()
	if s.alone {
		s.config = config.patient()
		s.config.MaxConns = 1 // which has the lock
	}
	s.disown()
	connection, err := s.config.connection()
	if err != nil {
		return err
	}
	// The pool outlives the opening.
	if s.pool, err = s.config.pool(context.WithoutCancel(ctx), s.prepare); err != nil {
		return err
	}
	if s.alone {
		// Before anything is changed.
		err = s.pool.Ping(ctx)
	}
	if err == nil {
		err = migrate(ctx, connection, s.steps, !s.alone)
	}
	if err == nil && s.clock != nil {
		_, err = s.once(ctx, time.Now().Add(s.config.StatementTimeout), s.clock.begin)
	}
	if err != nil {
		s.pool.Close()
	}
	return err
}

// opening is why a store did not open.
func opening(err error) error { return fmt.Errorf("postgres store: %w: %w", oauth.ErrUnavailable, err) }

// disown gives this node another name. Watch passes over what bears the present one: it is known here already.
// A commit whose outcome was not learnt may yet come to pass, and then has to be heard of like that of another node.
func (s *Store) disown() {
	name := rand.Text()
	s.node.Store(&name)
}

// Close implements store.Store.
func (s *Store) Close() error {
	s.gate.Lock()
	if s.shut {
		s.gate.Unlock()
		return nil
	}
	s.shut = true
	close(s.closed)
	s.gate.Unlock()
	s.inFlight.Wait()
	s.pool.Close()
	return nil
}
