package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

const (
	// queued is how many requests may wait before their authors block.
	queued = 1024
	// groupLimit bounds a transaction, and with it how long the first in it waits for the last.
	groupLimit = 256
)

// writer is the one goroutine that writes, with the one connection it writes through.
type writer struct {
	db    *sql.DB
	now   func() time.Time
	queue chan *request
	ended chan struct{}

	// Used by the goroutine alone.
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
}

// startWriter begins to serve the queue. db must allow one connection only.
func startWriter(db *sql.DB, now func() time.Time) *writer {
	w := &writer{db: db, now: now, queue: make(chan *request, queued), ended: make(chan struct{})}
	go w.serve()
	return w
}

// stop ends the goroutine once it has answered what is queued. Nothing may be submitted any more.
func (w *writer) stop() {
	close(w.queue)
	<-w.ended
}

// serve takes what is waiting, as one group, until the queue is closed.
func (w *writer) serve() {
	defer close(w.ended)
	defer w.disconnect(false)
	for first := range w.queue {
		w.run(w.gather(first))
	}
}

// gather adds to the first request whatever else waits at this moment. It never waits for more: a lone commit
// is not delayed.
func (w *writer) gather(first *request) []*request {
	group := []*request{first}
	for len(group) < groupLimit {
		select {
		case r, open := <-w.queue:
			if !open {
				return group
			}
			group = append(group, r)
		default:
			return group
		}
	}
	return group
}

// run does the work of a group in one transaction and answers its authors when that is on disk.
func (w *writer) run(group []*request) {
	wanted := group[:0]
	for _, r := range group {
		if r.take() {
			wanted = append(wanted, r)
		}
	}
	if len(wanted) == 0 {
		return
	}
	outcomes, err := w.transact(wanted)
	for i, r := range wanted {
		if err != nil {
			// Losers too: whom they lost to has not happened.
			r.done <- store.Unavailable("commit", err)
		} else {
			r.done <- outcomes[i]
		}
	}
}

// transact runs a group between BEGIN and COMMIT. An error means that nothing of it may be taken for done.
func (w *writer) transact(group []*request) ([]error, error) {
	if err := w.begin(); err != nil {
		w.disconnect(true)
		return nil, err
	}
	outcomes := make([]error, len(group))
	for i, r := range group {
		refused, failed := r.work(w)
		if failed != nil {
			// Some failures make SQLite end the transaction by itself; going on would commit each following
			// statement alone.
			w.rollback()
			return nil, failed
		}
		outcomes[i] = refused
	}
	if _, err := w.exec("COMMIT"); err != nil {
		w.rollback()
		return nil, err
	}
	return outcomes, nil
}

// begin connects if need be and opens a transaction that holds the write lock from the start.
func (w *writer) begin() error {
	if w.conn == nil {
		conn, err := w.db.Conn(context.Background())
		if err != nil {
			return err
		}
		w.conn, w.prepared = conn, make(map[string]*sql.Stmt)
	}
	_, err := w.exec("BEGIN IMMEDIATE")
	return err
}

// rollback ends a failed transaction. A connection that cannot do even that, or has done it unasked, is not
// trusted again.
func (w *writer) rollback() {
	if _, err := w.exec("ROLLBACK"); err != nil {
		w.disconnect(true)
	}
}

// disconnect gives the connection back, or, when it is broken, throws it away; the next transaction makes a
// new one.
func (w *writer) disconnect(broken bool) {
	if w.conn == nil {
		return
	}
	for _, s := range w.prepared {
		_ = s.Close()
	}
	if broken {
		// The driver's word for "do not put this connection back into the pool".
		_ = w.conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	_ = w.conn.Close()
	w.conn, w.prepared = nil, nil
}

// statement prepares a text once a connection.
func (w *writer) statement(query string) (*sql.Stmt, error) {
	if s, ok := w.prepared[query]; ok {
		return s, nil
	}
	// No caller's context reaches the connection: an interrupted statement could end the transaction of its
	// neighbours.
	s, err := w.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	w.prepared[query] = s
	return s, nil
}

// exec runs a statement and says how many rows it changed.
func (w *writer) exec(query string, args ...any) (int64, error) {
	s, err := w.statement(query)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
