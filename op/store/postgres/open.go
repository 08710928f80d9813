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
	if err := config.Check(); err != nil {
		return opened(nil, err)
	}
	return opened(open(ctx, config.withDefaults(), now, nil))
}

// OpenAgreed is Open for nodes whose machines need not agree about the time. Expiry goes by the clock of the database,
// see Now; it is read again several times a second while a Watch is open, and goes on by local, the clock of this
// machine, in between and while the database is away.
func OpenAgreed(ctx context.Context, config Config, local func() time.Time) (*Store, error) {
	if err := config.Check(); err != nil {
		return opened(nil, err)
	}
	agreed := &clock{local: local}
	return opened(open(ctx, config.withDefaults(), agreed.now, agreed))
}

func opened(s *Store, err error) (*Store, error) {
	switch {
	case errors.Is(err, ErrNewerSchema):
		return nil, fmt.Errorf("postgres store: %w: %w", oauth.ErrUnavailable, err)
	case err != nil:
		return nil, fmt.Errorf("postgres store: %w: %w", oauth.ErrUnavailable, fault(err))
	}
	return s, nil
}

func open(ctx context.Context, config Config, now func() time.Time, agreed *clock) (*Store, error) {
	connection, err := config.connection()
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, connection); err != nil {
		return nil, err
	}
	s := &Store{config: config, now: now, clock: agreed, closed: make(chan struct{})}
	s.disown()
	// The pool outlives the opening.
	if s.pool, err = config.pool(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	if agreed != nil {
		if _, err := s.once(ctx, time.Now().Add(config.StatementTimeout), agreed.begin); err != nil {
			s.pool.Close()
			return nil, err
		}
	}
	return s, nil
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
