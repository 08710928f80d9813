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

// outcome asks the server what became of a transaction whose COMMIT got no answer. nil is committed; again says that it
// is undone, and may be run again. With errOutcome nobody could tell in time: it may come to pass, and the notification
// of it must then be heard by this node as by any other.
func (s *Store) outcome(ctx context.Context, deadline time.Time, t *transaction) (again bool, err error) {
	for {
		var status, timeline string
		_, err := s.once(context.WithoutCancel(ctx), deadline, func(ctx context.Context, conn *pgx.Conn) error {
			return conn.QueryRow(ctx, became, t.id).Scan(&status, &timeline)
		})
		switch {
		case err == nil && timeline != t.timeline:
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
