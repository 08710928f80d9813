package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
)

// onSQLite is a file.
type onSQLite struct{ path string }

func sqlitePlaces(t testing.TB) (few, many place) {
	t.Helper()
	dir := t.TempDir()
	return onSQLite{filepath.Join(dir, "few.db")}, onSQLite{filepath.Join(dir, "many.db")}
}

func (p onSQLite) location(now func() time.Time) op.Location {
	return op.Location{Driver: op.DriverSQLite, Path: p.path, Now: now}
}

func (p onSQLite) open(t testing.TB, now func() time.Time) store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), p.path, now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// with opens the file beside the store.
func (p onSQLite) with(t testing.TB, settings string, use func(db *sql.DB) error) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+p.path+"?"+settings)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := use(db); err != nil {
		t.Fatal(err)
	}
}

// fill is one transaction without a log: what is half filled is of no use. The indexes are made anew when all rows are
// there, since every row would go to another page of each; those pages that are left to that stay in memory.
func (p onSQLite) fill(t testing.TB, c *copies) {
	t.Helper()
	p.with(t, "_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-3000000)", func(db *sql.DB) error {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		made, err := dropIndexes(t, tx)
		if err != nil {
			return err
		}
		for _, k := range store.Kinds {
			if err := insert(t, tx, k, c); err != nil {
				return err
			}
		}
		for _, statement := range made {
			if _, err := tx.ExecContext(t.Context(), statement); err != nil {
				return err
			}
		}
		return tx.Commit()
	})
}

// dropIndexes takes away all but those of the keys, and gives the statements that make them again.
func dropIndexes(t testing.TB, tx *sql.Tx) (making []string, err error) {
	t.Helper()
	rows, err := tx.QueryContext(t.Context(), `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		names, making = append(names, name), append(making, text)
	}
	for _, name := range names {
		if _, err := tx.ExecContext(t.Context(), `DROP INDEX "`+name+`"`); err != nil {
			return nil, err
		}
	}
	return making, rows.Err()
}

func insert(t testing.TB, tx *sql.Tx, k store.Kind, c *copies) error {
	t.Helper()
	places := strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ")
	into, err := tx.PrepareContext(t.Context(), `INSERT INTO "`+string(k)+`" ("`+strings.Join(columns, `", "`)+`") VALUES (`+places+`)`)
	if err != nil {
		return err
	}
	defer func() { _ = into.Close() }()
	for r := range c.rows(k) {
		if _, err := into.ExecContext(t.Context(), values(r)...); err != nil {
			return err
		}
	}
	return nil
}

func (p onSQLite) size(t testing.TB) int64 {
	t.Helper()
	info, err := os.Stat(p.path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func (p onSQLite) past(t testing.TB, now time.Time) (all int) {
	t.Helper()
	p.with(t, "_pragma=query_only(ON)&_pragma=busy_timeout(10000)", func(db *sql.DB) error {
		for _, k := range store.Kinds {
			var count int
			err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM "`+string(k)+`" WHERE expires_at <= ?`, now.UnixMilli()).Scan(&count)
			if err != nil {
				return err
			}
			all += count
		}
		return nil
	})
	return all
}

func (onSQLite) condition(testing.TB) string { return "" }
