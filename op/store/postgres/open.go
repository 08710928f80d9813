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
	return OpenAdmitted(ctx, config, now, nil)
}

// OpenAdmitted is Open for a node that serves from the store: what is in the database has to be admitted on each
// connection before it is used, again when the node comes back from an outage.
func OpenAdmitted(ctx context.Context, config Config, now func() time.Time, admit Admission) (*Store, error) {
	s := &Store{now: now, steps: ownSteps(), admit: admit}
	if err := s.open(ctx, config); err != nil {
		return nil, err
	}
	return s, nil
}

// OpenAlone is Open for a program that ends the store, or fills it: nobody else is there, as long as one of its calls
// reads or writes. ErrInUse if a node is.
func OpenAlone(ctx context.Context, config Config, now func() time.Time) (*Store, error) {
	s := &Store{now: now, steps: ownSteps(), alone: true}
	if err := s.open(ctx, config); err != nil {
		return nil, err
	}
	return s, nil
}

// open may be called once.
func (s *Store) open(ctx context.Context, config Config) error {
	if err := config.Check(); err != nil {
		return opening(err)
	}
	s.config, s.closed = config.withDefaults(), make(chan struct{})
	if s.alone {
		s.config = config.patient()
		s.config.MaxConns = 1 // which has the lock
	}
	s.disown()
	connection, err := s.config.connection()
	if err != nil {
		return opening(fault(err))
	}
	// The pool outlives the opening.
	if s.pool, err = s.config.pool(context.WithoutCancel(ctx), s.prepare); err != nil {
		return opening(fault(err))
	}
	if s.alone {
		// Before anything is changed.
		err = s.pool.Ping(ctx)
	}
	if err == nil {
		err = migrate(ctx, connection, s.steps, !s.alone)
	}
	if err != nil {
		s.pool.Close()
		if !errors.Is(err, ErrNewerSchema) {
			err = fault(err)
		}
		return opening(err)
	}
	return nil
}

// opening is why a store did not open.
func opening(err error) error {
	return fmt.Errorf("postgres store: %w: %w", err, oauth.ErrUnavailable)
}

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
