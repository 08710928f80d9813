package postgrestest

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// LongCommits has every COMMIT go to the disk and wait a moment there, so that something can happen in its midst;
// undo has it be fast again.
func (s *Server) LongCommits(t testing.TB) (undo func()) {
	t.Helper()
	s.must(t, "ALTER SYSTEM SET fsync = on")
	s.must(t, "ALTER SYSTEM SET commit_delay = 5000") // microseconds
	s.must(t, "ALTER SYSTEM SET commit_siblings = 0")
	s.must(t, "SELECT pg_reload_conf()")
	return func() {
		t.Helper()
		s.must(t, "ALTER SYSTEM RESET ALL")
		s.must(t, "SELECT pg_reload_conf()")
	}
}

// breaking ends the connections of users that are at work, and a few of the others.
const breaking = `SELECT count(*), count(*) FILTER (WHERE query = 'COMMIT') FROM (
	SELECT query, pg_terminate_backend(pid) FROM pg_stat_activity
	WHERE usename LIKE 'gate%' AND (state = 'active' OR random() < 0.05)
) AS ended`

// Break ends connections of users over and over until ctx is done, those first that are at work. It says how many it has
// ended, and how many of them were at their COMMIT.
func (s *Server) Break(ctx context.Context) (ended, committing int, err error) {
	conn, err := pgx.Connect(ctx, s.dsn(admin, admin))
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for {
		var some, ofThose int
		err := conn.QueryRow(ctx, breaking).Scan(&some, &ofThose)
		if ctx.Err() != nil {
			return ended, committing, nil
		}
		if err != nil {
			return ended, committing, errors.Join(err, ctx.Err())
		}
		ended, committing = ended+some, committing+ofThose
	}
}

// Revive waits until the server answers again, and starts it if it has given up: it ends by itself when it cannot recover.
func (s *Server) Revive(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(startWithin); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if s.Exec("SELECT 1") == nil {
			return
		}
		if pid, err := s.postmaster(); err == nil && syscall.Kill(pid, 0) == nil {
			continue
		}
		if err := s.end("keep\n"); err != nil {
			t.Fatal(err)
		}
		s.Restart(t)
		return
	}
	t.Fatalf("PostgreSQL does not answer again within %s", startWithin)
}
