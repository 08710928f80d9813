package harness

import (
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

// Postgres runs a PostgreSQL server of the test's own, for tests that stop, kill or pause it. Those that do not share
// one, see Database. More is what initdb is told beside what it has to know.
func Postgres(t testing.TB, more ...string) *postgrestest.Server {
	t.Helper()
	return postgrestest.Start(t, more...)
}

// Database is the connection string of a new database on the server of this test process.
func Database(t testing.TB) string {
	t.Helper()
	return postgrestest.Database(t)
}
