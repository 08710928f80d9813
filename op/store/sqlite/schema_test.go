package sqlite

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

func TestThreat130_SQLiteFloor(t *testing.T) {
	for version, fine := range map[string]bool{
		"3.51.3": true, "3.51.4": true, "3.51.10": true, "3.52.0": true, "3.100.0": true, "4.0.0": true, "3.51.3.1": true,
		"3.51.2": false, "3.50.9": false, "3.9.99": false, "2.99.99": false, "": false, "3.51": false, "3.x.1": false,
	} {
		if err := checkVersion(version); (err == nil) != fine {
			t.Errorf("%q: %v", version, err)
		}
	}
	s := openTest(t)
	if err := checkEngine(t.Context(), s.reading); err != nil {
		t.Errorf("the engine that is built in: %v", err)
	}
}

func TestConnectionsAreSetUp(t *testing.T) {
	s := openTest(t)
	read := func(pragma string) string {
		var value string
		if err := s.reading.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&value); err != nil {
			t.Fatal(err)
		}
		return value
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "query_only": "1", "busy_timeout": "10000", "trusted_schema": "0"} {
		if got := read(pragma); got != want {
			t.Errorf("a reader's %s is %s, want %s", pragma, got, want)
		}
	}
	if _, err := s.reading.ExecContext(t.Context(), `DELETE FROM "grants"`); err == nil {
		t.Error("a reader may write")
	}
	_ = inside(t, s, func(w *writer) (refused, failed error) {
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2", "secure_delete": "1", "busy_timeout": "10000", "trusted_schema": "0",
			"wal_autocheckpoint": "4000", "cache_size": "-16384", "temp_store": "2",
		} {
			var got string
			if err := w.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("the writer's %s is %s (%v), want %s", pragma, got, err, want)
			}
		}
		return nil, nil
	})
}

func TestEveryKindHasItsTable(t *testing.T) {
	s := openTest(t)
	rows, err := s.reading.QueryContext(t.Context(), `SELECT name, "strict" FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'goose_%'`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	tables := make(map[store.Kind]bool)
	for rows.Next() {
		var name string
		var strict bool
		if err := rows.Scan(&name, &strict); err != nil {
			t.Fatal(err)
		}
		if !store.Kind(name).Known() || !strict {
			t.Errorf("table %s: known %t, strict %t", name, store.Kind(name).Known(), strict)
		}
		tables[store.Kind(name)] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, k := range store.Kinds {
		if !tables[k] {
			t.Errorf("kind %s has no table", k)
		}
	}
}

// TestNoStatementScans: every statement finds its rows by an index and in order, or it would get slow as the store grows.
func TestNoStatementScans(t *testing.T) {
	s := openTest(t)
	plan := func(statement string) string {
		rows, err := s.reading.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement, 1, 2, 3, 4, 5, 6, 7, 8, 9)
		if err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		defer func() { _ = rows.Close() }()
		var steps []string
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			steps = append(steps, detail)
		}
		return strings.Join(steps, "; ")
	}
	bad := regexp.MustCompile(`SCAN|TEMP B-TREE`)
	for _, k := range store.Kinds {
		statements := append([]string{texts[k].get, texts[k].replace, texts[k].remove, texts[k].require, texts[k].sweep}, texts[k].list[:]...)
		for _, statement := range statements {
			if got := plan(statement); bad.MatchString(got) {
				t.Errorf("%s\n  is answered by: %s", statement, got)
			}
		}
		for i, column := range []string{"grant_id", "session_id", "subject", "client_id"} {
			if i > 0 && slices.Contains(ofGrants, k) {
				continue // found by the grant they hang from
			}
			if got := plan(texts[k].list[1<<i]); !strings.Contains(got, column) {
				t.Errorf("kind %s: listing by %s is answered by: %s", k, column, got)
			}
		}
	}
}

// ofGrants are the kinds that hang from a grant and are written most.
var ofGrants = []store.Kind{store.Codes, store.RefreshTokens, store.RefreshSuccessors, store.AccessTokens, store.DeniedTokens}

// TestARotationWritesFewPages: every index on these tables is a page more that each rotation dirties, and a rotation with five
// of them on each row took three times the processor time of one with two.
func TestARotationWritesFewPages(t *testing.T) {
	s := openTest(t)
	for _, k := range ofGrants {
		rows, err := s.reading.QueryContext(t.Context(), `SELECT name FROM pragma_index_list(?1) WHERE origin = 'c' ORDER BY name`, string(k))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		if want := []string{string(k) + "_expires_at", string(k) + "_grant_id"}; !slices.Equal(names, want) {
			t.Errorf("%s has the indexes %v, want %v", k, names, want)
		}
	}
}

func TestStatementsDifferByFilter(t *testing.T) {
	seen := make(map[string]bool)
	for used := range 1 << 4 {
		value := func(bit int) string { return strings.Repeat("x", used>>bit&1) }
		f := store.Filter{GrantID: value(0), SessionID: value(1), Subject: value(2), ClientID: value(3)}
		statement := texts[store.Grants].listing(f)
		if seen[statement] {
			t.Errorf("filter %+v shares its statement", f)
		}
		seen[statement] = true
		for column, value := range map[string]string{"grant_id = ?4": f.GrantID, "session_id = ?5": f.SessionID, "subject = ?6": f.Subject, "client_id = ?7": f.ClientID} {
			if strings.Contains(statement, column) != (value != "") {
				t.Errorf("filter %+v: %s", f, statement)
			}
		}
	}
}
