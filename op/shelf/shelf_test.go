package shelf

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

const address = "https://as.example/keys"

// place is one address that changes.
type place struct {
	mu    sync.Mutex
	body  string
	fresh time.Duration
	err   error
	slow  time.Duration
	asked atomic.Int64
}

func (p *place) Get(context.Context, string) (fetch.Document, error) {
	p.asked.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	time.Sleep(p.slow)
	return fetch.Document{Body: []byte(p.body), FreshFor: p.fresh}, p.err
}

func (p *place) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// word is what a document is parsed to.
type word struct{ text string }

var errBad = errors.New("bad document")

func parse(body []byte) (*word, error) {
	if string(body) == "bad" {
		return nil, errBad
	}
	return &word{string(body)}, nil
}

var life = Life{AtLeast: time.Minute, AtMost: time.Hour, Ahead: true}

func TestAnAnswerIsUsedWithinItsBounds(t *testing.T) {
	for fresh, until := range map[time.Duration]time.Duration{
		0: time.Minute, 2 * time.Minute: 2 * time.Minute, 1000 * time.Hour: time.Hour,
	} {
		synctest.Test(t, func(t *testing.T) {
			away := &place{body: "one", fresh: fresh}
			s := New(away, Life{AtLeast: life.AtLeast, AtMost: life.AtMost}, parse, time.Now)
			if _, err := s.Get(t.Context(), address); err != nil {
				t.Fatal(err)
			}
			away.set(func() { away.body = "two" })
			time.Sleep(until - time.Nanosecond)
			if held, err := s.Get(t.Context(), address); err != nil || held.Value.text != "one" || away.asked.Load() != 1 {
				t.Errorf("fresh for %v: %v, %v, asked %d times", fresh, held, err, away.asked.Load())
			}
			time.Sleep(time.Nanosecond)
			if held, err := s.Get(t.Context(), address); err != nil || held.Value.text != "two" {
				t.Errorf("fresh for %v: %v, %v", fresh, held, err)
			}
		})
	}
}

func TestAheadOfItsTimeADocumentIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := &place{body: "one", fresh: 10 * time.Minute}
		s := New(away, life, parse, time.Now)
		first, err := s.Get(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		look := func(after time.Duration) *Held[*word] {
			time.Sleep(after)
			held, err := s.Get(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			return held
		}
		look(5 * time.Minute)
		if away.asked.Load() != 1 {
			t.Fatal("asked before half of the time was over")
		}
		// An outage of the other side is asked about seldom, and nobody feels it while the document is fresh.
		away.set(func() { away.err, away.slow = fetch.ErrUnreached, time.Second })
		for range 40 {
			look(time.Second)
			time.Sleep(0)
		}
		if asked := away.asked.Load() - 1; asked < 3 || asked > 5 {
			t.Errorf("asked %d times in 40 s", asked)
		}
		away.set(func() { away.err, away.slow = nil, 0 })
		look(20 * time.Second)
		if held := look(0); held == first || held.Value != first.Value {
			t.Error("an equal document is another value, or was not read")
		}
		away.set(func() { away.body = "two" })
		look(6 * time.Minute)
		if held := look(0); held.Value.text != "two" {
			t.Errorf("got %q", held.Value.text)
		}
	})
}

func TestAFailureEndsWithTheTimeOfWhatWasHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := &place{body: "one", fresh: 10 * time.Minute}
		s := New(away, life, parse, time.Now)
		held, err := s.Get(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range []func(){func() { away.err = fetch.ErrTooLarge }, func() { away.err, away.body = nil, "bad" }} {
			away.set(wrong)
			time.Sleep(AskAgain)
			if held, err = s.Newer(t.Context(), address, held); err != nil || held.Value.text != "one" {
				t.Fatalf("%v, %v", held, err)
			}
		}
		time.Sleep(10 * time.Minute)
		asked := away.asked.Load()
		for range 3 {
			if _, err := s.Get(t.Context(), address); !errors.Is(err, errBad) {
				t.Errorf("what is over still answers: %v", err)
			}
		}
		if away.asked.Load() != asked+1 {
			t.Errorf("asked %d times more", away.asked.Load()-asked)
		}
		time.Sleep(AskAgain)
		away.set(func() { away.err = fetch.ErrBusy })
		if _, err := s.Get(t.Context(), address); !errors.Is(err, oauth.ErrUnavailable) {
			t.Error(err)
		}
		away.set(func() { away.err, away.body = nil, "two" })
		if held, err := s.Get(t.Context(), address); err != nil || held.Value.text != "two" {
			t.Errorf("what was never asked was remembered: %v, %v", held, err)
		}
	})
}

func TestNewerAsksSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := &place{body: "one", fresh: time.Hour}
		s := New(away, life, parse, time.Now)
		held, err := s.Get(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		for range 100 { // over 20 s
			time.Sleep(AskAgain / 50)
			if held, err = s.Newer(t.Context(), address, held); err != nil {
				t.Fatal(err)
			}
		}
		if asked := away.asked.Load(); asked != 3 {
			t.Errorf("asked %d times", asked)
		}
	})
}

func TestManyAtOnceAskOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := &place{body: "one", slow: time.Second}
		s := New(away, life, parse, time.Now)
		gone, cancel := context.WithCancel(t.Context())
		cancel() // who comes first may give up; the others still get an answer
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if _, err := s.Get(gone, address); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if away.asked.Load() != 1 {
			t.Errorf("asked %d times", away.asked.Load())
		}
	})
}

func TestTheShelfIsBounded(t *testing.T) {
	s := New(&place{}, life, parse, time.Now)
	for i := range maxHeld + 10 {
		_, _ = s.Get(t.Context(), fmt.Sprint(address, i))
	}
	s.held.CleanUp() // eviction runs beside the writers
	if held := s.held.EstimatedSize(); held > maxHeld {
		t.Errorf("%d addresses", held)
	}
}
