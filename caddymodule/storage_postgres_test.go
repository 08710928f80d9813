package caddymodule

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// canaryDSN is on this machine, so that it need not say how it is encrypted.
const canaryDSN = "postgres://canary-user:canary-password@127.0.0.1:5433/canary-database"

func TestStoragePostgres(t *testing.T) {
	t.Setenv("DATABASE_URL", canaryDSN)
	var s Storage
	d := caddyfile.NewTestDispenser("storage postgres {\n dsn {env.DATABASE_URL}\n max_conns 20\n statement_timeout 3s\n}")
	d.Next()
	if err := s.UnmarshalCaddyfile(d); err != nil {
		t.Fatal(err)
	}
	got, err := s.location("main", "")
	if err != nil {
		t.Fatal(err)
	}
	if got.Driver != driverPostgres || string(got.Postgres.DSN) != canaryDSN || got.Postgres.MaxConns != 20 || got.Postgres.StatementTimeout != 3*time.Second {
		t.Errorf("%s: %d connections, %s", got.Driver, got.Postgres.MaxConns, got.Postgres.StatementTimeout)
	}
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v", got, got, got), fmt.Sprintf("%v %#v", s, s), place(got, "main")} {
		if strings.Contains(shown, "canary") {
			t.Errorf("shows the connection string: %s", shown)
		}
	}
}

// TestOnePlaceIsOneStore: the name of the provider is no part of a database's.
func TestOnePlaceIsOneStore(t *testing.T) {
	at := func(s Storage, name string) *life {
		location, err := s.location(name, "")
		if err != nil {
			t.Fatal(err)
		}
		l := &life{location: location}
		l.config.Name = name
		return l
	}
	one, more := Storage{Driver: driverPostgres, DSN: canaryDSN}, Storage{Driver: driverPostgres, DSN: canaryDSN, MaxConns: 3}
	again, other := one, Storage{Driver: driverPostgres, DSN: canaryDSN + "2"}
	switch {
	case at(one, "a").place() != at(more, "b").place():
		t.Error("one database has two places")
	case at(one, "a").place() == at(other, "a").place():
		t.Error("two databases have one place")
	case at(one, "a").key() == at(more, "a").key():
		t.Error("another number of connections would come to nothing in a reload")
	case at(one, "a").key() != at(again, "a").key():
		t.Error("a reload would open the store anew")
	}
}

func TestMust083_FaultyStoragePostgresShowsNoSecret(t *testing.T) {
	for name, tt := range map[string]struct {
		storage Storage
		want    string
	}{
		"no dsn":             {Storage{}, "storage: dsn: is missing"},
		"an unset variable":  {Storage{DSN: "{env.CERTAINLY_NOT_SET}"}, "storage: dsn: {env.CERTAINLY_NOT_SET} is not set, empty or unknown"},
		"rubbish":            {Storage{DSN: "postgres://canary:canary@%%%/"}, "storage: dsn: cannot be read"},
		"no word on TLS":     {Storage{DSN: "postgres://canary:canary@db.example.com/canary"}, "storage: dsn: does not say whether the connection is encrypted"},
		"too many":           {Storage{DSN: canaryDSN, MaxConns: 100_000}, "storage: max_conns: 100000 is not between 1 and 10000"},
		"too short":          {Storage{DSN: canaryDSN, StatementTimeout: 1}, "storage: statement_timeout: 1ns is not between 100ms and 1m0s"},
		"a dsn as driver":    {Storage{Driver: "postgres://canary@h/canary"}, "storage: unknown driver (not shown, it may be a secret): sqlite, postgres or memory"},
		"a path":             {Storage{DSN: canaryDSN, Path: "/x"}, "storage: postgres has no path"},
		"a file with a dsn":  {Storage{Driver: driverSQLite, DSN: canaryDSN}, "storage: dsn, max_conns and statement_timeout are for postgres alone"},
		"no driver, but dsn": {Storage{Driver: "", DSN: canaryDSN}, "storage: dsn, max_conns and statement_timeout are for postgres alone"},
		"memory with time":   {Storage{Driver: driverMemory, StatementTimeout: caddy.Duration(time.Second)}, "storage: dsn, max_conns and statement_timeout are for postgres alone"},
	} {
		if tt.storage.Driver == "" && name != "no driver, but dsn" {
			tt.storage.Driver = driverPostgres
		}
		_, err := tt.storage.location("main", "")
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s shows the connection string: %v", name, err)
		}
	}
}

func TestMust083_StoragePostgresWordsShowNoSecret(t *testing.T) {
	for text, want := range map[string]string{
		"storage postgres postgres://canary@h/d":      "storage postgres takes its settings in a block: dsn, max_conns, statement_timeout",
		"storage postgres://canary@h/d":               "unknown storage driver (not shown, it may be a secret): sqlite, postgres or memory",
		"storage postgres {\n postgres://canary@h\n}": "unknown word (not shown, it may be a secret) in storage; the words are: dsn, max_conns, statement_timeout",
		"storage postgres {\n password=canary\n}":     "unknown word (not shown, it may be a secret) in storage",
		"storage memory {\n host=canary\n}":           "unexpected block, at (not shown, it may be a secret)",
		"storage postgres {\n dsn\n}":                 "dsn has no value; a {$NAME} that is not set leaves none",
		"storage postgres {\n dsn a canary\n}":        "dsn takes one value",
		"storage postgres {\n max_conns many\n}":      "max_conns: 'many' is not a number above zero",
		"storage postgres {\n max_conns 0\n}":         "max_conns: '0' is not a number above zero",
		"storage postgres {\n statement_timeout\n}":   "wrong argument count",
		"storage postgres {\n path /x\n}":             "unknown word 'path' in storage; the words are: dsn, max_conns, statement_timeout",
		"storage sqlite {\n dsn x\n}":                 "unknown word 'dsn' in storage; the words are: path",
		"storage mysql":                               "unknown storage driver 'mysql': sqlite, postgres or memory",
	} {
		d := caddyfile.NewTestDispenser(text)
		d.Next()
		err := new(Storage).UnmarshalCaddyfile(d)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%q shows the connection string: %v", text, err)
		}
	}
}
