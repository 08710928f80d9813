package caddymodule

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// prepared makes an instance as Provision does. Its configuration ends with the test.
func prepared(t *testing.T, configured *Provider) *instance {
	t.Helper()
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	t.Cleanup(cancel)
	i, faults := newInstance(ctx, "main", configured)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	t.Cleanup(func() {
		if err := i.life.end(); err != nil {
			t.Error(err)
		}
	})
	return i
}

// onFile is a provider on a SQLite file.
func onFile(path string) *Provider {
	return &Provider{Issuer: "https://id.example.com", Storage: &Storage{Path: path}}
}

func shares(t *testing.T, i *instance) int {
	t.Helper()
	n, _ := states.References(i.life.key())
	return n
}

func TestProvisionOpensNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "state.db")
	i := prepared(t, onFile(path))
	if shares(t, i) != 0 {
		t.Error("the state was leased")
	}
	if _, err := os.Stat(filepath.Dir(path)); err == nil {
		t.Error("a directory was made")
	}
}

func TestStateIsLeasedOnceAndReleasedOnce(t *testing.T) {
	i := prepared(t, onFile(filepath.Join(t.TempDir(), "state.db")))
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			if _, err := i.begun(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := shares(t, i); n != 1 {
		t.Errorf("%d shares, want 1", n)
	}
	for range 3 {
		if err := i.life.end(); err != nil {
			t.Error(err)
		}
	}
	if n := shares(t, i); n != 0 {
		t.Errorf("%d shares after the end, want 0", n)
	}
}

// A configuration that never began must not take away the State of the one that serves.
func TestEndReleasesOnlyWhatWasTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	serving, never := prepared(t, onFile(path)), prepared(t, onFile(path))
	if _, err := serving.begun(); err != nil {
		t.Fatal(err)
	}
	if err := never.life.end(); err != nil {
		t.Fatal(err)
	}
	if n := shares(t, serving); n != 1 {
		t.Fatalf("%d shares, want 1", n)
	}
	if h := serving.life.health(t.Context()); !h.Ready() {
		t.Errorf("%+v", h)
	}
}

// MUST 82: what prevents replay survives a reload, since both configurations stand on one State.
func TestMust082_ReloadSharesTheState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	before, after := prepared(t, onFile(path)), prepared(t, onFile(path))
	for _, i := range []*instance{before, after} {
		if err := i.start(); err != nil {
			t.Fatal(err)
		}
	}
	if before.life.leased != after.life.leased {
		t.Error("two States for one file")
	}
	if diff := len(after.publishedKeys()) - len(before.publishedKeys()); diff != 0 || len(after.publishedKeys()) == 0 {
		t.Error("the keys are not shared")
	}
	if err := before.life.end(); err != nil {
		t.Fatal(err)
	}
	// Requests of the old configuration go on while the store is open.
	for name, i := range map[string]*instance{"old": before, "new": after} {
		if _, err := i.Introspect(t.Context(), "gat_unknown"); !errors.Is(err, op.ErrInactive) {
			t.Errorf("%s configuration: %v", name, err)
		}
	}
	if err := after.life.end(); err != nil {
		t.Fatal(err)
	}
	for name, i := range map[string]*instance{"old": before, "new": after} {
		if _, err := i.Introspect(t.Context(), "gat_unknown"); !errors.Is(err, oauth.ErrUnavailable) {
			t.Errorf("%s configuration without a store: %v", name, err)
		}
	}
}

func TestProviderThatNoSiteServesIsWarnedOf(t *testing.T) {
	for _, served := range []bool{false, true} {
		i := prepared(t, &Provider{Issuer: "https://id.example.com", Storage: &Storage{Driver: driverMemory}})
		core, logs := observer.New(zap.WarnLevel)
		i.life.observer.Log = zap.New(core)
		if served {
			if err := new(Endpoints).serve(i); err != nil {
				t.Fatal(err)
			}
		}
		if err := i.start(); err != nil {
			t.Fatal(err)
		}
		i.warn(caddy.Context{})
		if warned := logs.Len() > 0; warned == served {
			t.Errorf("served: %v, warned: %v", served, logs.All())
		}
		if err := i.life.end(); err != nil {
			t.Fatal(err)
		}
	}
}

// What a reload takes before it serves is the State it then serves with, and is given back with it.
func TestTakenStoreIsTheOneServed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	i := prepared(t, onFile(path))
	app := App{instances: map[string]*instance{"main": i}}
	for range 2 {
		if err := app.take(); err != nil {
			t.Fatal(err)
		}
	}
	taken := i.life.leased
	if err := i.start(); err != nil {
		t.Fatal(err)
	}
	if i.life.leased != taken || shares(t, i) != 1 {
		t.Errorf("%d shares; the same State: %t", shares(t, i), i.life.leased == taken)
	}
	if err := app.Cleanup(); err != nil {
		t.Fatal(err)
	}
	if shares(t, i) != 0 {
		t.Error("the State was not given back")
	}
	if err := app.take(); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("taken after the end: %v", err)
	}
}

// One store that does not open refuses the configuration; Cleanup gives back the others.
func TestTakingFailsWithTheProvidersName(t *testing.T) {
	dir := t.TempDir()
	good, bad := prepared(t, onFile(filepath.Join(dir, "good.db"))), prepared(t, onFile(filepath.Join(dir, "bad.db")))
	if err := os.WriteFile(filepath.Join(dir, "bad.db"), []byte(strings.Repeat("no store ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	app := App{instances: map[string]*instance{"a": good, "b": bad}}
	if err := app.take(); err == nil || !strings.Contains(err.Error(), "provider b: ") || !strings.Contains(err.Error(), "bad.db") {
		t.Errorf("got %v", err)
	}
	if err := app.Cleanup(); err != nil {
		t.Fatal(err)
	}
	if shares(t, good) != 0 || shares(t, bad) != 0 {
		t.Error("something stays taken")
	}
}

func TestBrokenUsersFileIsFoundBeforeTheStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.json")
	if err := os.WriteFile(path, []byte(`{"users":[{"name":"diana","passwrod":"x"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := usersFile(path); err == nil || !strings.Contains(err.Error(), "passwrod") {
		t.Errorf("got %v", err)
	}
}

func TestRequestAfterTheEndIsUnavailable(t *testing.T) {
	i := prepared(t, onFile(filepath.Join(t.TempDir(), "state.db")))
	if err := i.life.end(); err != nil {
		t.Fatal(err)
	}
	if _, err := i.begun(); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if h := i.life.health(t.Context()); h != (op.Health{}) {
		t.Errorf("%+v", h)
	}
	if shares(t, i) != 0 {
		t.Error("the state was leased after the end")
	}
}

func TestFailedOpenIsNotRemembered(t *testing.T) {
	dir := t.TempDir()
	blocked := filepath.Join(dir, "blocked")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	i := prepared(t, onFile(filepath.Join(blocked, "state.db")))
	if err := i.start(); err == nil {
		t.Fatal("a store was opened below a file")
	}
	if n := shares(t, i); n != 0 {
		t.Fatalf("%d shares of what did not open", n)
	}
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	if err := i.start(); err != nil {
		t.Errorf("second try: %v", err)
	}
}

// What fails after the State was leased gives it back.
func TestFailedStartReleasesTheState(t *testing.T) {
	users := filepath.Join(t.TempDir(), "users.json")
	if err := os.WriteFile(users, []byte(`{"users":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	configured := onFile(filepath.Join(t.TempDir(), "state.db"))
	configured.UsersFile = users
	i := prepared(t, configured)
	if err := os.WriteFile(users, []byte(`{"users":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := i.start(); err == nil {
		t.Fatal("a broken users file was accepted")
	}
	if n := shares(t, i); n != 0 {
		t.Errorf("%d shares after the failure", n)
	}
}

func TestAStoreKeepsItsEncryptionKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	withKey := func(b byte) *Provider {
		configured := onFile(path)
		configured.Keys = &Keys{EncryptionKey: Secret(hex.EncodeToString([]byte(strings.Repeat(string(rune(b)), keyLength))))}
		return configured
	}
	first, same, other := prepared(t, withKey('a')), prepared(t, withKey('a')), prepared(t, withKey('b'))
	if err := first.start(); err != nil {
		t.Fatal(err)
	}
	if err := same.start(); err != nil {
		t.Error(err)
	}
	// A restart would not help, so it must not be the advice.
	if err := other.start(); !errors.Is(err, errOtherKey) || strings.Contains(err.Error(), "restart") {
		t.Errorf("got %v", err)
	}
	if n := shares(t, first); n != 2 {
		t.Errorf("%d shares, want 2", n)
	}
}

func TestMemoryBelongsToItsProvider(t *testing.T) {
	i := prepared(t, &Provider{Issuer: "https://id.example.com", Storage: &Storage{Driver: driverMemory}})
	if err := i.start(); err != nil {
		t.Fatal(err)
	}
	if got := i.life.key(); got != "memory:main" {
		t.Errorf("key %s", got)
	}
	if _, err := i.Introspect(context.Background(), "gat_unknown"); !errors.Is(err, op.ErrInactive) {
		t.Error(err)
	}
}
