package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

// ear is an open Watch and what it has heard.
type ear struct {
	cancel context.CancelFunc
	ended  chan error

	mu    sync.Mutex
	heard []string
	known time.Time // until when it was said to be all
}

// listen opens a Watch and waits until it hears.
func listen(t *testing.T, s store.Store) *ear {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	e := &ear{cancel: cancel, ended: make(chan error, 1)}
	go func() { e.ended <- s.Watch(ctx, e.hear) }()
	t.Cleanup(cancel)
	e.await(t, 1)
	if got := e.all(); got[0] != "missed" {
		t.Fatalf("first of all came %s", got[0])
	}
	return e
}

func (e *ear) hear(c store.Change) {
	e.mu.Lock()
	defer e.mu.Unlock()
	text := "missed"
	switch c.Op {
	case 0:
	case store.Hearing:
		e.known = c.Record.ExpiresAt
		return
	default:
		text = fmt.Sprint(c.Op, c.Record.Kind, c.Record.Key)
	}
	e.heard = append(e.heard, text)
}

// upTo is until when everything was heard of.
func (e *ear) upTo() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.known
}

func (e *ear) all() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

func (e *ear) await(t *testing.T, n int) []string {
	t.Helper()
	for began := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		if got := e.all(); len(got) >= n {
			return got
		}
		if time.Since(began) > 10*time.Second {
			t.Fatalf("heard %v, want %d", e.all(), n)
		}
	}
}

func TestOtherNodesAreHeard(t *testing.T) {
	dsn := postgrestest.Database(t)
	a, b := mustOpen(t, dsn, time.Now), mustOpen(t, dsn, time.Now)
	hearsB, hearsA := listen(t, a), listen(t, b)
	commit := func(changes ...store.Change) {
		t.Helper()
		if err := a.Commit(t.Context(), changes...); err != nil {
			t.Fatal(err)
		}
	}
	session := store.Record{Kind: store.Sessions, Key: `s"'\`}
	commit(store.Creating(grant("g")), store.Creating(session), store.Creating(store.Record{Kind: store.RefreshTokens, Key: "r"}))
	commit(store.Creating(store.Record{Kind: store.DeniedTokens, Key: "jti"}), store.Requiring(at(grant("g"), 1)))
	commit(store.Replacing(at(grant("g"), 1)), store.Deleting(at(session, 1)), store.Replacing(store.Record{Kind: store.RefreshTokens, Key: "r", Version: 1}))
	if err := a.Commit(t.Context(), store.Replacing(at(grant("g"), 2)), store.Requiring(at(session, 1))); !errors.Is(err, store.ErrConflict) {
		t.Fatal(err)
	}
	want := []string{"missed", fmt.Sprint(store.Create, "denied_tokens", "jti"), fmt.Sprint(store.Replace, "grants", "g"), fmt.Sprint(store.Delete, "sessions", `s"'\`)}
	if got := hearsA.await(t, len(want)); !slices.Equal(got, want) {
		t.Errorf("heard %v, want %v", got, want)
	}
	time.Sleep(50 * time.Millisecond)
	if got := hearsB.all(); len(got) != 1 {
		t.Errorf("a node heard of itself: %v", got)
	}
	if got := hearsA.all(); len(got) != len(want) {
		t.Errorf("heard %v, want %v", got, want)
	}
}

// TestLargeCommitsAreHeard: a notification has 8000 bytes, and a commit may have more to tell.
func TestLargeCommitsAreHeard(t *testing.T) {
	dsn := postgrestest.Database(t)
	a, b := mustOpen(t, dsn, time.Now), mustOpen(t, dsn, time.Now)
	e := listen(t, b)
	changes := make([]store.Change, 500)
	want := map[string]bool{}
	for i := range changes {
		key := fmt.Sprintf("jti-%03d-%s", i, strings.Repeat("é\"", 20))
		changes[i] = store.Creating(store.Record{Kind: store.DeniedTokens, Key: key})
		want[fmt.Sprint(store.Create, "denied_tokens", key)] = true
	}
	if err := a.Commit(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
	for _, got := range e.await(t, 1+len(changes))[1:] {
		delete(want, got)
	}
	if len(want) > 0 {
		t.Errorf("%d changes were not heard of", len(want))
	}
	// One that fits into none says that something happened.
	if err := a.Commit(t.Context(), store.Creating(store.Record{Kind: store.DeniedTokens, Key: strings.Repeat("x", 2500) + strings.Repeat("\"", 1300)})); err != nil {
		t.Fatal(err)
	}
	if got := e.await(t, 2+len(changes)); got[1+len(changes)] != "missed" {
		t.Errorf("heard %s", got[1+len(changes)])
	}
}

// TestWhatCannotBeReadWasMissed: anybody who may connect to the database may notify.
func TestWhatCannotBeReadWasMissed(t *testing.T) {
	dsn := postgrestest.Database(t)
	s := mustOpen(t, dsn, time.Now)
	e := listen(t, s)
	for i, payload := range []string{"", "{", `{"n":"other"}`, `{"n":"other","c":[{"o":9,"k":"grants","i":"g"}]}`, `{"n":"other","c":[{"o":1,"k":"wishes","i":"g"}]}`} {
		if err := postgrestest.Shared(t).ExecIn(databaseOf(t, dsn), "SELECT pg_notify('gatehouse_' || md5('public'), $1)", payload); err != nil {
			t.Fatal(err)
		}
		if got := e.await(t, i+2); got[i+1] != "missed" {
			t.Errorf("%s: heard %s", payload, got[i+1])
		}
	}
}

// TestItIsSaidUpToWhenAllIsHeard: several times a second as long as that is so, and not a moment longer.
func TestItIsSaidUpToWhenAllIsHeard(t *testing.T) {
	server := postgrestest.Start(t)
	e := listen(t, mustOpen(t, server.Database(t), time.Now))
	for range 5 {
		last := e.upTo()
		for began := time.Now(); !e.upTo().After(last); time.Sleep(5 * time.Millisecond) {
			if time.Since(began) > 5*time.Second {
				t.Fatal("it is not said again")
			}
		}
	}
	resume := server.Pause(t)
	defer resume()
	paused := time.Now()
	if err := <-e.ended; err == nil {
		t.Error("the server was paused, and the Watch goes on")
	}
	if e.upTo().After(paused) {
		t.Error("all is said to be heard of a server that was paused")
	}
}

// TestDeafnessIsNoticed: within the second in which a revocation has to bite, whatever the connection dies of.
func TestDeafnessIsNoticed(t *testing.T) {
	server := postgrestest.Start(t)
	s := mustOpen(t, server.Database(t), time.Now)
	for name, harm := range map[string]func() (undo func()){
		"terminated": func() func() { server.Terminate(t); return func() {} },
		"paused":     func() func() { return server.Pause(t) },
		"killed":     func() func() { server.Kill(t); return func() { server.Restart(t) } },
	} {
		e := listen(t, s)
		began := time.Now()
		undo := harm()
		select {
		case err := <-e.ended:
			if !errors.Is(err, oauth.ErrUnavailable) || strings.Contains(err.Error(), "gate") {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: not noticed", name)
		}
		// Some of it is the harness's own time.
		if took := time.Since(began); took > 1500*time.Millisecond {
			t.Errorf("%s: noticed after %s", name, took)
		} else {
			t.Logf("%s: noticed after %s", name, took)
		}
		undo()
	}
	e := listen(t, s)
	e.cancel()
	if err := <-e.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("a Watch whose context ended: %v", err)
	}
}
