package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// identify names the transaction, and the timeline of the server on which that name means something: a standby that was
// promoted may give the number of a transaction that it never got to another. To take the name from the write-ahead log
// needs no right of its own.
const identify = `SELECT pg_current_xact_id()::text, left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)`

// became asks what a transaction has become: committed, aborted or in progress; NULL if the server no longer knows.
const became = `SELECT COALESCE(pg_xact_status($1::text::xid8), ''), left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)`

// errOutcome: COMMIT was sent, and nobody knows what became of it.
var errOutcome = &failure{"the connection broke during COMMIT, and its outcome could not be found out"}

// askAgain is how often the server is asked while it does not know itself that the connection is gone.
const askAgain = 20 * time.Millisecond

// life tells one life of a server from the next. A server that crashes forgets to which transactions it gave numbers if
// nothing of them was on disk yet, and gives the same numbers to others: whoever asks what became of such a number hears
// of another's commit. A crash, and nothing less, also resets the server's statistics, and they tell when. No connection
// outlives a crash, so each is asked once.
const life = `SELECT COALESCE(extract(epoch FROM stats_reset)::text, '') FROM pg_stat_bgwriter`

// lifeKey is where a connection keeps in which life of the server it was made.
const lifeKey = "gatehouse life"

func noteLife(ctx context.Context, conn *pgx.Conn) error {
	var began string
	err := conn.QueryRow(ctx, life).Scan(&began)
	conn.PgConn().CustomData()[lifeKey] = began
	return err
}

// lifeOf is the life of the server that a connection belongs to, "" if that is not known.
func lifeOf(conn *pgx.Conn) string {
	began, _ := conn.PgConn().CustomData()[lifeKey].(string)
	return began
}

// outcome asks the server what became of a transaction whose COMMIT got no answer. nil is committed; again says that it
// is undone, and may be run again. With errOutcome nobody could tell in time: it may come to pass, and the notification
// of it must then be heard by this node as by any other.
func (s *Store) outcome(ctx context.Context, deadline time.Time, t *transaction) (again bool, err error) {
	for {
		var status, timeline string
		crashed := false
		_, err := s.once(context.WithoutCancel(ctx), deadline, func(ctx context.Context, conn *pgx.Conn) error {
			crashed = t.life == "" || lifeOf(conn) != t.life
			return conn.QueryRow(ctx, became, t.id).Scan(&status, &timeline)
		})
		switch {
		case err == nil && (timeline != t.timeline || crashed && status == "committed"):
			s.disown()
			return false, errOutcome
		case err == nil && status == "committed":
			return false, nil
		case err == nil && status == "aborted":
			return true, errRolledBack
		}
		if !wait(deadline, 2*askAgain) {
			s.disown()
			return false, errOutcome
		}
	}
}
