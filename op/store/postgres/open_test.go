package postgres_test

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgres"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

func databaseOf(t *testing.T, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(u.Path, "/")
}

// changed is a DSN with another part.
func changed(t *testing.T, dsn string, change func(*url.URL, url.Values)) postgres.DSN {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	change(u, query)
	u.RawQuery = query.Encode()
	return postgres.DSN(u.String())
}

// answering is the address of a server that gives everybody the same answer, whatever they ask.
func answering(t *testing.T, answer string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		all.Wait()
	})
	all.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer connection.Close()
				_, _ = connection.Read(make([]byte, 1024))
				_, _ = connection.Write([]byte(answer))
			})
		}
	})
	return listener.Addr().String()
}

// TestMust083_FaultsShowNoSecret: what pgx says of a connection that failed quotes the user, the database and the host, and
// of a string that cannot be read the whole of it.
func TestMust083_FaultsShowNoSecret(t *testing.T) {
	dsn := postgrestest.Database(t)
	own := databaseOf(t, dsn)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	plain, other := answering(t, "N"), answering(t, "HTTP/1.1 400 Bad Request\r\n\r\n")
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	with := func(change func(*url.URL, url.Values)) postgres.DSN { return changed(t, dsn, change) }
	for name, tt := range map[string]struct {
		dsn  postgres.DSN
		want string
	}{
		"no DSN":        {"", "dsn: is empty"},
		"unreadable":    {"postgres://canary:canary@canary:port/canary", "dsn: cannot be read"},
		"no authority":  {with(func(_ *url.URL, q url.Values) { q.Set("sslmode", "verify-full"); q.Set("sslrootcert", "/canary") }), "dsn: cannot be read"},
		"TLS undecided": {"postgres://canary:canary@canary.example/canary?sslmode=prefer", "dsn: does not say whether the connection is encrypted"},
		"password":      {with(func(u *url.URL, _ url.Values) { u.User = url.UserPassword(own, "canary-wrong") }), "refuses the user or the password"},
		"user":          {with(func(u *url.URL, _ url.Values) { u.User = url.UserPassword("canary", "canary") }), "refuses the user or the password"},
		"database":      {with(func(u *url.URL, _ url.Values) { u.Path = "/canary" }), "there is no such database"},
		"port":          {with(func(u *url.URL, _ url.Values) { u.Host = closed.Addr().String() }), "connection refused"},
		"silence":       {with(func(u *url.URL, _ url.Values) { u.Host = silent.Addr().String() }), "no answer within statement_timeout"},
		"name":          {with(func(u *url.URL, _ url.Values) { u.Host = "canary.invalid:5432" }), "the server's name cannot be looked up"},
		"socket":        {with(func(u *url.URL, q url.Values) { u.Host = ""; q.Set("host", "/canary") }), "there is no such socket"},
		"stranger":      {with(func(_ *url.URL, q url.Values) { q.Set("sslmode", "verify-full") }), "the server's certificate is not trusted"},
		"no TLS":        {with(func(u *url.URL, q url.Values) { u.Host = plain; q.Set("sslmode", "require") }), "the server has no TLS, which the sslmode of the dsn asks for"},
		"no PostgreSQL": {with(func(u *url.URL, q url.Values) { u.Host = other; q.Set("sslmode", "disable") }), "is it PostgreSQL that answers"},
		"parameter":     {with(func(_ *url.URL, q url.Values) { q.Set("canary", "1") }), "is a parameter of the dsn misspelt?"},
		"schema":        {with(func(_ *url.URL, q url.Values) { q.Set("search_path", "canary") }), "there is no schema to work in"},
	} {
		_, err := postgres.Open(t.Context(), postgres.Config{DSN: tt.dsn, StatementTimeout: 500 * time.Millisecond}, time.Now)
		if !errors.Is(err, oauth.ErrUnavailable) || !strings.Contains(fmt.Sprint(err), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
		for _, secret := range []string{"canary", own, "127.0.0.1", postgrestest.Password} {
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
				t.Errorf("%s: shows %s: %+v", name, secret, err)
			}
		}
	}
}

func TestTLSIsVerified(t *testing.T) {
	dsn := postgrestest.Database(t)
	s, err := postgres.Open(t.Context(), postgres.Config{DSN: changed(t, dsn, func(_ *url.URL, q url.Values) {
		q.Set("sslmode", "verify-full")
		q.Set("sslrootcert", postgrestest.Shared(t).Authority())
	})}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	e := listen(t, s)
	defer e.cancel()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		// Every connection to this database is encrypted, or this divides by zero.
		err := postgrestest.Shared(t).Exec("SELECT 1 / (SELECT CASE WHEN bool_and(ssl) THEN 1 ELSE 0 END FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = $1)", databaseOf(t, dsn))
		if err == nil {
			return
		}
		if time.Since(began) > 5*time.Second {
			t.Fatal(err)
		}
	}
}

// TestManyNodesStartAtOnce: one of them makes the schema, the others wait for it.
func TestManyNodesStartAtOnce(t *testing.T) {
	dsn := postgrestest.Database(t)
	var nodes sync.WaitGroup
	for i := range 8 {
		nodes.Go(func() {
			s, err := postgres.Open(t.Context(), postgres.Config{DSN: postgres.DSN(dsn)}, time.Now)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if err := s.Commit(t.Context(), store.Creating(grant(fmt.Sprint(i)))); err != nil {
				t.Error(err)
			}
		})
	}
	nodes.Wait()
	got, err := mustOpen(t, dsn, time.Now).List(t.Context(), store.Grants, store.Filter{}, "", 100)
	if err != nil || len(got) != 8 {
		t.Errorf("%d records, %v", len(got), err)
	}
}

// TestANewerSchemaThatServesUs: nodes of two versions work side by side, until the newer one takes something away.
func TestANewerSchemaThatServesUs(t *testing.T) {
	dsn := postgrestest.Database(t)
	before := mustOpen(t, dsn, time.Now)
	exec := func(statement string) {
		t.Helper()
		if err := postgrestest.Shared(t).ExecIn(databaseOf(t, dsn), statement); err != nil {
			t.Fatal(err)
		}
	}
	exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, true)")
	exec("ALTER TABLE grants ADD COLUMN realm text")
	exec("CREATE TABLE wishes (key text PRIMARY KEY)")
	s := mustOpen(t, dsn, time.Now)
	for i, s := range []store.Store{before, s} {
		if err := s.Commit(t.Context(), store.Creating(grant(fmt.Sprint(i)))); err != nil {
			t.Error(err)
		}
		stands(t, s, fmt.Sprint(i), 1)
	}
	exec("UPDATE oldest_schema SET number = 999")
	_, err := postgres.Open(t.Context(), postgres.Config{DSN: postgres.DSN(dsn)}, time.Now)
	if !errors.Is(err, postgres.ErrNewerSchema) || !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("got %v, want ErrNewerSchema", err)
	}
}

// TestOthersCannotMakeCommitsWaitForNothing: whatever the database or the user is set to, an acknowledged commit is on
// disk, and a connection that is left in a transaction is ended.
func TestConnectionsAreSetUp(t *testing.T) {
	dsn := postgrestest.Database(t)
	name := databaseOf(t, dsn)
	if err := postgrestest.Shared(t).Exec("ALTER ROLE " + name + " SET synchronous_commit = off"); err != nil {
		t.Fatal(err)
	}
	if err := postgrestest.Shared(t).Exec("ALTER DATABASE " + name + " SET default_transaction_isolation = 'serializable'"); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.Open(t.Context(), postgres.Config{DSN: postgres.DSN(dsn), MaxConns: 3, StatementTimeout: 1500 * time.Millisecond}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	got, most, err := s.Settings(t.Context(), "synchronous_commit", "statement_timeout", "idle_in_transaction_session_timeout", "application_name")
	if err != nil || most != 3 || strings.Join(got, " ") != "on 1500ms 1500ms gatehouse" {
		t.Errorf("%v, at most %d connections, %v", got, most, err)
	}
}

func TestTwoSchemasAreTwoStores(t *testing.T) {
	dsn := postgrestest.Database(t)
	if err := postgrestest.Shared(t).ExecIn(databaseOf(t, dsn), "CREATE SCHEMA second AUTHORIZATION "+databaseOf(t, dsn)); err != nil {
		t.Fatal(err)
	}
	a := mustOpen(t, dsn, time.Now)
	b := mustOpen(t, string(changed(t, dsn, func(_ *url.URL, q url.Values) { q.Set("search_path", "second") })), time.Now)
	e := listen(t, b)
	jti := store.Record{Kind: store.DeniedTokens, Key: "jti"}
	if err := a.Commit(t.Context(), store.Creating(jti)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get(t.Context(), store.DeniedTokens, "jti"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the other schema has it: %v", err)
	}
	if err := b.Commit(t.Context(), store.Creating(jti)); err != nil {
		t.Error(err)
	}
	if got := e.all(); len(got) != 1 {
		t.Errorf("heard %v of the other schema", got)
	}
}

// TestThreat121_NoInputBecomesSQL: what comes from outside is only ever a parameter.
func TestThreat121_NoInputBecomesSQL(t *testing.T) {
	s := mustOpen(t, postgrestest.Database(t), time.Now)
	if err := s.Commit(t.Context(), store.Creating(grant("canary"))); err != nil {
		t.Fatal(err)
	}
	piece := rapid.SampledFrom([]string{
		"'", `"`, "$$", ";", "--", "/*", "*/", "%", "_", "?", "$1", ":a", `\`, `E'\''`, "(", ")", "=", " ", "\n", "a", "é",
		" OR 1=1", "DROP TABLE grants", "NULL", "UNION SELECT", "::text", "pg_sleep(9)", "||", "U&'",
	})
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "pieces"), "")
	})
	drawn := 0
	rapid.Check(t, func(rt *rapid.T) {
		drawn++
		r := store.Record{
			Kind: store.DeniedTokens, Key: fmt.Sprint("input-", drawn) + text.Draw(rt, "key"), GrantID: text.Draw(rt, "grant"), SessionID: text.Draw(rt, "session"),
			Subject: text.Draw(rt, "subject"), ClientID: text.Draw(rt, "client"), Body: store.Body(text.Draw(rt, "body")),
		}
		if err := s.Commit(t.Context(), store.Creating(r)); err != nil {
			rt.Fatal(err)
		}
		got, err := s.List(t.Context(), r.Kind, store.Filter{GrantID: r.GrantID, SessionID: r.SessionID, Subject: r.Subject, ClientID: r.ClientID}, r.Key[:6], 100_000)
		if err != nil || len(got) == 0 {
			rt.Fatalf("List: %d, %v", len(got), err)
		}
		one, err := s.Get(t.Context(), r.Kind, r.Key)
		if err != nil || one.Key != r.Key || one.Subject != r.Subject || string(one.Body) != string(r.Body) {
			rt.Fatalf("Get: %+v, %v", one, err)
		}
	})
	stands(t, s, "canary", 1)
}
