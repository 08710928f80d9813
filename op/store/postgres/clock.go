package postgres

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// clock is that of the database, which is one for all nodes. Between two readings it goes on by that of this machine.
//
// What happens at two nodes is told apart by times that each of them wrote down: a machine whose clock is a minute
// ahead would refuse codes that were just given out, take the repeat of a refresh for a replay, and sign tokens that
// others do not take yet.
type clock struct {
	local func() time.Time
	seen  atomic.Pointer[reading]
}

// reading is what both clocks showed at one moment.
type reading struct{ local, there time.Time }

// now is the time by the database's clock; by that of this machine as long as the other was never read.
func (c *clock) now() time.Time {
	local, seen := c.local(), c.seen.Load()
	if seen == nil {
		return local
	}
	// The monotonic clock does not jump when somebody sets the time, but it may stand still while the machine sleeps; the
	// other one goes on then. In doubt it is later: to take something for over is a refusal, to take it for good may be
	// the second time, since the marks of what was used are swept.
	passed := max(local.Sub(seen.local), local.Round(0).Sub(seen.local.Round(0)))
	return seen.there.Add(passed)
}

// begin reads the clock a few times: the first answer comes late, since the question has to be prepared, and each
// further one leaves less room for error.
func (c *clock) begin(ctx context.Context, conn *pgx.Conn) error {
	for range 4 {
		if err := c.read(ctx, conn); err != nil {
			return err
		}
	}
	return nil
}

// readClock asks for the microseconds since 1970.
const readClock = `SELECT (extract(epoch FROM clock_timestamp()) * 1000000::numeric)::bigint`

// read asks the server for its time. The answer was true at some moment while it was waited for; only if what is
// reckoned here cannot have been right then, it is set anew, so that it does not flutter with each answer.
func (c *clock) read(ctx context.Context, conn *pgx.Conn) error {
	asked, reckoned := c.local(), c.now()
	var microseconds int64
	if err := conn.QueryRow(ctx, readClock).Scan(&microseconds); err != nil {
		return err
	}
	there, answered := time.UnixMicro(microseconds).UTC(), c.local()
	took := answered.Sub(asked)
	if c.seen.Load() == nil || there.Before(reckoned) || there.After(reckoned.Add(took)) {
		c.seen.Store(&reading{local: answered, there: there.Add(took / 2)})
	}
	return nil
}
