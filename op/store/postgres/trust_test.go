package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgres"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

// stranger is another user of the server, who may do in the database what everybody may.
type stranger struct {
	t    *testing.T
	name string
	// database is the one that is not theirs.
	database string
}

func newStranger(t *testing.T, dsn string) stranger {
	t.Helper()
	s := stranger{t: t, database: databaseOf(t, dsn), name: "stranger_of_" + databaseOf(t, dsn)}
	s.allow("CREATE ROLE " + s.name)
	t.Cleanup(func() {
		_ = postgrestest.Shared(t).ExecIn(s.database, "DROP OWNED BY "+s.name+" CASCADE")
		_ = postgrestest.Shared(t).Exec("DROP ROLE " + s.name)
	})
	return s
}

// allow has the administrator do something.
func (s stranger) allow(statement string) {
	s.t.Helper()
	if err := postgrestest.Shared(s.t).ExecIn(s.database, statement); err != nil {
		s.t.Fatal(err)
	}
}

// do is what the stranger does.
func (s stranger) do(statement string) {
	s.t.Helper()
	s.allow("SET ROLE " + s.name + "; " + statement)
}

// traps are functions and operators for the types that a careless call has, where PostgreSQL's own are for others.
var traps = []string{
	"FUNCTION md5(name)", "FUNCTION hashtextextended(text, integer)", "FUNCTION has_database_privilege(name, name, text)",
	"FUNCTION has_schema_privilege(text, oid, text)", "FUNCTION has_schema_privilege(name, name, text)", "FUNCTION pg_notify(name, text)",
	"FUNCTION quote_ident(name)", "FUNCTION to_regclass(name)", "FUNCTION mul(numeric, integer)", "FUNCTION cat(name, name)", "FUNCTION cat(text, name)",
	"OPERATOR * (leftarg = numeric, rightarg = integer, function = mul)", "OPERATOR || (leftarg = name, rightarg = name, function = cat)",
	"OPERATOR || (leftarg = text, rightarg = name, function = cat)",
}

func (s stranger) layTraps() {
	s.t.Helper()
	for _, trap := range traps {
		if strings.HasPrefix(trap, "FUNCTION") {
			trap += " RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped by %', '" + trap + "'; END $$"
		}
		s.do("CREATE " + trap)
	}
}

// TestThreat121_ADatabaseThatIsOpenToEverybodyIsRefused: before PostgreSQL 15 every user of a server may connect to every
// database and make functions in its schema public. Some of them would be run instead of PostgreSQL's own, with the rights of
// whoever calls (CVE-2018-1058).
func TestThreat121_ADatabaseThatIsOpenToEverybodyIsRefused(t *testing.T) {
	dsn := postgrestest.Database(t)
	everybody := newStranger(t, dsn)
	everybody.allow("CREATE SCHEMA ours AUTHORIZATION " + everybody.database)
	everybody.allow("GRANT CREATE ON SCHEMA public TO PUBLIC")
	everybody.allow("GRANT CONNECT ON DATABASE " + everybody.database + " TO PUBLIC")
	everybody.layTraps()
	refused := func(dsn string) {
		t.Helper()
		for name, open := range map[string]func() (*postgres.Store, error){
			"a node": func() (*postgres.Store, error) {
				return postgres.Open(t.Context(), postgres.Config{DSN: postgres.DSN(dsn)}, time.Now)
			},
			"a filler": func() (*postgres.Store, error) {
				return postgres.OpenAlone(t.Context(), postgres.Config{DSN: postgres.DSN(dsn)}, nil, time.Now)
			},
		} {
			if _, err := open(); err == nil || !strings.Contains(fmt.Sprint(err), "REVOKE CONNECT ON DATABASE") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	refused(dsn)
	// It is enough that such a schema comes after ours.
	refused(dsn + "&search_path=ours,public")
	mustOpen(t, dsn+"&search_path=ours", time.Now)
	everybody.allow("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	mustOpen(t, dsn+"&search_path=ours,public", time.Now)
}

// TestThreat121_NoCallIsTaken: of those whom an operator lets in, nobody's functions take the place of PostgreSQL's.
func TestThreat121_NoCallIsTaken(t *testing.T) {
	dsn := postgrestest.Database(t)
	guest := newStranger(t, dsn)
	guest.allow("GRANT CREATE ON SCHEMA public TO " + guest.name)
	a, err := postgres.OpenAdmitted(t.Context(), postgres.Config{DSN: postgres.DSN(dsn)}, nil, time.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	guest.layTraps()
	b, err := postgres.OpenAdmitted(t.Context(), postgres.Config{DSN: postgres.DSN(dsn)}, nil, time.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := listen(t, b)
	if err := a.Commit(t.Context(), store.Creating(store.Record{Kind: store.DeniedTokens, Key: "jti"})); err != nil {
		t.Fatal(err)
	}
	e.await(t, 2)
	if _, err := a.Sweep(t.Context(), time.Now(), 10); err != nil {
		t.Error(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if got := e.all(); slices.Contains(got[1:], "missed") {
		t.Errorf("heard %v", got)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	alone, err := postgres.OpenAlone(t.Context(), postgres.Config{DSN: postgres.DSN(dsn)}, nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := alone.Close(); err != nil {
		t.Error(err)
	}
}
