package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// How soon a listener that hears nothing is known to be deaf: after both, which is less than the second in which a
// revocation has to bite everywhere.
const (
	// beat is how long nothing is heard until the server is asked for a sign of life.
	beat = 200 * time.Millisecond
	// patience is how long that may take.
	patience = 600 * time.Millisecond
)

// Watch implements store.Store. It reports the zero Change as soon as it hears: from then on nothing is missed. It
// returns when its connection breaks, or is silent for too long.
func (s *Store) Watch(ctx context.Context, changed func(store.Change)) error {
	if err := s.enter(ctx, "watch"); err != nil {
		return err
	}
	// Close waits for calls in flight, and this one is over only when it is told.
	defer s.inFlight.Done()
	listening, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.closed:
			cancel()
		case <-listening.Done():
		}
	}()
	err := s.listen(listening, changed)
	select {
	case <-s.closed:
		return store.ErrClosed
	default:
	}
	if ctx.Err() != nil {
		return store.Unavailable("watch", ctx.Err())
	}
	return store.Unavailable("watch", fault(err))
}

// listen hears notifications on a connection of its own.
func (s *Store) listen(ctx context.Context, changed func(store.Change)) error {
	config, err := s.config.connection()
	if err != nil {
		return err
	}
	proof := proof{channel: "gatehouse_" + rand.Text()}
	config.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) {
		if n.Channel == proof.channel {
			proof.heard = true
		} else {
			s.hear(n.Payload, changed)
		}
	}
	connecting, cancel := context.WithTimeout(ctx, s.config.StatementTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(connecting, config)
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), beat)
		defer cancel()
		_ = conn.Close(closing)
	}()
	if err := s.prepare(connecting, conn); err != nil {
		return err
	}
	var name string
	if err := conn.QueryRow(connecting, listen).Scan(&name); err != nil {
		return err
	}
	if _, err := conn.Exec(connecting, "LISTEN "+name); err != nil {
		return err
	}
	if err := proof.hear(connecting, conn, config); err != nil {
		return err
	}
	asked := time.Now()
	if err := s.alive(connecting, conn); err != nil {
		return err
	}
	changed(store.Change{})
	for {
		changed(store.Heard(asked))
		if asked, err = s.hearFor(ctx, conn); err != nil {
			return err
		}
	}
}

// errUnheard: see proof.
var errUnheard = &failure{"notifications do not come through: a proxy is in between that shares connections between transactions"}

// proof is had before a listener is believed to hear: it has to be told something that was said by a connection like that of
// another node. Through a proxy that lends a connection of the server for one transaction at a time, LISTEN succeeds, every
// question is answered, and no notification ever comes.
type proof struct {
	channel string // which nobody else knows, so nobody else hears of it
	heard   bool
}

func (p *proof) hear(ctx context.Context, listener *pgx.Conn, config *pgx.ConnConfig) error {
	if _, err := listener.Exec(ctx, "LISTEN "+pgx.Identifier{p.channel}.Sanitize()); err != nil {
		return err
	}
	config = config.Copy()
	config.OnNotification = nil
	other, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	_, err = other.Exec(ctx, `SELECT pg_notify($1, '')`, p.channel)
	if err := errors.Join(err, other.Close(ctx)); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !p.heard {
		err := listener.PgConn().WaitForNotification(waiting)
		if errors.Is(err, context.DeadlineExceeded) {
			return errUnheard
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// hearFor listens for a beat, and then asks for a sign of life. Whatever was committed before it asked has been heard.
func (s *Store) hearFor(ctx context.Context, conn *pgx.Conn) (asked time.Time, err error) {
	until, cancel := context.WithTimeout(ctx, beat)
	defer cancel()
	for until.Err() == nil {
		err := conn.PgConn().WaitForNotification(until)
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return time.Time{}, err
		}
	}
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	asked = time.Now()
	return asked, s.alive(asking, conn)
}

// alive wants a sign of life, which is the time there if that is needed.
func (s *Store) alive(ctx context.Context, conn *pgx.Conn) error {
	if s.clock == nil {
		return conn.Ping(ctx)
	}
	return s.clock.read(ctx, conn)
}
