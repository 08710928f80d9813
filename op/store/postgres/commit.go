package postgres

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// The pause before a transaction is run again grows from the one to the other.
const (
	firstPause = 2 * time.Millisecond
	lastPause  = 100 * time.Millisecond
)

// errRolledBack: the server has undone the transaction, and said so.
var errRolledBack = &failure{"the server rolled the transaction back"}

// begin names the isolation that the statements are made for, whatever the database's default is. Every record that a
// commit is about is locked, by a write or by FOR SHARE, and looked at again once the lock is there; none is unlocked
// before the end. That is two-phase locking: the histories are serial ones, and nobody is told to come again because two
// commits merely met.
const begin = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE`

// Commit implements store.Store.
func (s *Store) Commit(ctx context.Context, changes ...store.Change) error {
	if err := s.enter(ctx, "commit"); err != nil {
		return err
	}
	defer s.inFlight.Done()
	if err := store.CheckChanges(changes); err != nil {
		return err
	}
	if len(changes) == 0 {
		return nil
	}
	t := s.plan(changes)
	deadline := time.Now().Add(s.config.StatementTimeout)
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		var again bool
		broken, err := s.once(ctx, deadline, func(ctx context.Context, conn *pgx.Conn) (err error) {
			again, err = t.run(ctx, conn)
			return err
		})
		var lost *store.LostError
		switch {
		case err == nil, errors.As(err, &lost):
			return err
		case errors.Is(err, errOutcome):
			again, err = s.outcome(ctx, deadline, t)
			if err == nil {
				return nil
			}
		default:
			again = again || broken
		}
		if !again || !wait(deadline, pause) {
			return store.Unavailable("commit", fault(err))
		}
	}
}

// wait lets a random part of pause go by; false when deadline is nearer than that.
func wait(deadline time.Time, pause time.Duration) bool {
	pause = store.Jitter(pause)
	if time.Until(deadline) <= pause {
		return false
	}
	time.Sleep(pause)
	return true
}

// transaction is a Commit, ready to be run as often as it takes.
type transaction struct {
	now   int64
	steps []step
	// payloads are what other nodes are told, each bearing the name of this node.
	payloads []string
	writes   bool

	// id, timeline and life are those of the last run.
	id       string
	timeline string
	life     string
}

// step is one change as a statement, with its place in the caller's list.
type step struct {
	change store.Change
	place  int
	query  string
	args   []any
}

// plan puts the changes into the order of their records, which is the same for every commit of every node, so that no
// two wait for each other. Those of one record keep their order.
func (s *Store) plan(changes []store.Change) *transaction {
	t := &transaction{now: s.now().UnixMilli(), payloads: payloads(*s.node.Load(), changes)}
	type name struct {
		kind store.Kind
		key  string
	}
	written := make(map[name]bool, len(changes))
	for i, c := range changes {
		t.steps = append(t.steps, step{change: c, place: i})
		if c.Op != store.Require {
			t.writes = true
			written[name{c.Record.Kind, c.Record.Key}] = true
		}
	}
	slices.SortStableFunc(t.steps, func(a, b step) int {
		return cmp.Or(cmp.Compare(a.change.Record.Kind, b.change.Record.Kind), cmp.Compare(a.change.Record.Key, b.change.Record.Key))
	})
	for i := range t.steps {
		c := t.steps[i].change
		t.steps[i].query, t.steps[i].args = statement(c, t.now, written[name{c.Record.Kind, c.Record.Key}])
	}
	return t
}

// statement is one that reports one row if the record lets the change be made, none otherwise.
func statement(c store.Change, now int64, written bool) (query string, args []any) {
	r, t := c.Record, texts[c.Record.Kind]
	switch c.Op {
	case store.Create:
		return t.create, []any{now, r.Key, expiry(r), r.GrantID, r.SessionID, r.Subject, r.ClientID, body(r)}
	case store.Replace:
		return t.replace, []any{now, r.Key, r.Version, expiry(r), r.GrantID, r.SessionID, r.Subject, r.ClientID, body(r)}
	case store.Delete:
		return t.remove, []any{now, r.Key, r.Version}
	default:
		if written {
			return t.hold, []any{now, r.Key, r.Version}
		}
		return t.require, []any{now, r.Key, r.Version}
	}
}

// run makes the changes in two round trips: everything but COMMIT, and COMMIT or ROLLBACK. Its error is a LostError,
// errOutcome when nobody knows what became of COMMIT, or what went wrong; again then says that the server has undone
// everything for a reason that may be gone.
func (t *transaction) run(ctx context.Context, conn *pgx.Conn) (again bool, err error) {
	t.id, t.timeline, t.life = "", "", lifeOf(conn)
	batch := &pgx.Batch{}
	batch.Queue(begin)
	for _, s := range t.steps {
		batch.Queue(s.query, s.args...)
	}
	for _, payload := range t.payloads {
		batch.Queue(notify, payload)
	}
	if t.writes {
		batch.Queue(identify)
	}
	lost, err := t.send(conn.SendBatch(ctx, batch))
	switch {
	case err != nil:
		t.undo(ctx, conn)
		return passing(err), err
	case lost != nil:
		t.undo(ctx, conn)
		return false, lost
	}
	tag, err := conn.Exec(ctx, "COMMIT")
	var server *pgconn.PgError
	switch {
	case err == nil && tag.String() == "COMMIT":
		return false, nil
	case err == nil:
		return true, errRolledBack
	case !t.writes:
		return passing(err), err
	case errors.As(err, &server) && server.SeverityUnlocalized == "ERROR":
		// It did not commit. What comes as FATAL may have come after it did. The other severity is in the server's language.
		return passing(err), err
	}
	return false, errOutcome
}

// send gives the first change, in the caller's order, that could not be made.
func (t *transaction) send(results pgx.BatchResults) (lost, err error) {
	defer func() { err = errors.Join(err, results.Close()) }()
	if _, err := results.Exec(); err != nil {
		return nil, err
	}
	first := len(t.steps)
	for _, s := range t.steps {
		tag, err := results.Exec()
		if err != nil {
			return nil, err
		}
		if tag.RowsAffected() != 1 && s.place < first {
			first, lost = s.place, store.Lost(s.change)
		}
	}
	for range t.payloads {
		if _, err := results.Exec(); err != nil {
			return nil, err
		}
	}
	if t.writes {
		err = results.QueryRow().Scan(&t.id, &t.timeline)
	}
	return lost, err
}

// undo gives the locks back. A connection on which that fails is thrown away when it is released.
func (t *transaction) undo(ctx context.Context, conn *pgx.Conn) {
	if !conn.IsClosed() {
		_, _ = conn.Exec(ctx, "ROLLBACK")
	}
}

// passing reports a failure that another run may not meet: two transactions that waited for each other, or could not be
// put in an order.
func passing(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && slices.Contains([]string{"40P01", "40001"}, server.Code)
}
