package remote

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/fetch"
)

// A server that is away is asked five times, and then by one at a time every five seconds.
func TestMust077_TheBreakerOpensAndProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.err = fetch.ErrUnreached
		r := newRemote(t, s, nil)
		if _, err := r.Introspect(t.Context(), "gone"); !unavailable(err) {
			t.Fatal(err)
		}
		for n := range 100 {
			if _, err := r.Introspect(t.Context(), fmt.Sprint("good", n)); !unavailable(err) {
				t.Fatal(err)
			}
		}
		if s.asked.Load() != tripAfter {
			t.Errorf("asked %d times", s.asked.Load())
		}
		// Of many that come when the pause is over, one goes out.
		time.Sleep(pause)
		s.set(func() { s.slow = time.Second })
		var all sync.WaitGroup
		var open atomic.Int64
		for n := range 50 {
			all.Go(func() {
				if _, err := r.Introspect(t.Context(), fmt.Sprint("probe", n)); errors.Is(err, errOpen) {
					open.Add(1)
				}
			})
		}
		all.Wait()
		if s.asked.Load() != tripAfter+1 || open.Load() != 49 {
			t.Errorf("asked %d times, %d were kept", s.asked.Load(), open.Load())
		}
		if _, err := r.Introspect(t.Context(), "good"); !errors.Is(err, errOpen) {
			t.Errorf("after a probe that failed: %v", err)
		}
		time.Sleep(pause)
		s.set(func() { s.err, s.slow = nil, 0 })
		for n := range 10 {
			if _, err := r.Introspect(t.Context(), fmt.Sprint("good", n)); err != nil {
				t.Errorf("after the outage: %v", err)
			}
		}
	})
}

// A no is an answer, and so is a yes that cannot be used; a question that did not go out is nothing, and neither is
// what only one token gets.
func TestWhatCountsAsFailure(t *testing.T) {
	for name, test := range map[string]struct {
		set   func(*server)
		trips bool
	}{
		"no": {func(s *server) { s.say = func(string) string { return `{"active":false}` } }, false},
		"a member gone wrong": {func(s *server) {
			s.say = func(token string) string { return about(token, map[string]string{"exp": `"x"`}) }
		}, false},
		"nothing went out":      {func(s *server) { s.err = fetch.ErrBusy }, false},
		"a failure now, a no":   {flapping, false},
		"a filter before it":    {func(s *server) { s.err = fmt.Errorf("%w: 403", fetch.ErrDeclined) }, false},
		"more than is read":     {func(s *server) { s.err = fetch.ErrTooLarge }, false},
		"no JSON":               {func(s *server) { s.say = func(string) string { return "<html>" } }, false},
		"another media type":    {func(s *server) { s.mediaType = "text/html" }, false},
		"active that is a word": {func(s *server) { s.say = func(string) string { return `{"active":"true"}` } }, false},
		"wrong credentials":     {func(s *server) { s.err = fmt.Errorf("%w: 401", fetch.ErrStatus) }, true},
		"trouble of its own":    {func(s *server) { s.err = fmt.Errorf("%w: 502", fetch.ErrStatus) }, true},
		"a redirect":            {func(s *server) { s.err = fmt.Errorf("%w: 302", fetch.ErrStatus) }, true},
		"nobody":                {func(s *server) { s.err = fetch.ErrUnreached }, true},
	} {
		s := newServer()
		test.set(s)
		r := newRemote(t, s, nil)
		for n := range 3 * tripAfter {
			_, _ = r.Introspect(t.Context(), fmt.Sprint("good", n))
		}
		if tripped := s.asked.Load() == tripAfter; tripped != test.trips {
			t.Errorf("%s: asked %d times", name, s.asked.Load())
		}
	}
}

// flapping fails four times of five.
func flapping(s *server) {
	s.failing = func(n int64) error {
		if n%tripAfter == 0 {
			return nil
		}
		return fetch.ErrUnreached
	}
}

// Whoever sends tokens that a filter before the server turns away keeps nobody else's from being asked about.
func TestThreat046_AStrangersTokensCloseNothing(t *testing.T) {
	s := newServer()
	s.failing = func(int64) error {
		if s.last.Form.Get("token") == "../../etc/passwd" {
			return fetch.ErrDeclined
		}
		return nil
	}
	r := newRemote(t, s, nil)
	for n := range 3 * tripAfter {
		if _, err := r.Introspect(t.Context(), "../../etc/passwd"); !unavailable(err) || errors.Is(err, errOpen) {
			t.Fatal(err)
		}
		if _, err := r.Introspect(t.Context(), fmt.Sprint("good", n)); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 * tripAfter {
		_, _ = r.Introspect(t.Context(), "../../etc/passwd")
	}
	if _, err := r.Introspect(t.Context(), "good"); err != nil {
		t.Error(err)
	}
}

// A slow server holds so many requests and no more.
func TestMust077_TheBulkheadIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.slow = time.Second
		r := newRemote(t, s, nil)
		var all sync.WaitGroup
		var busy atomic.Int64
		for n := range maxWaiting + 100 {
			all.Go(func() {
				if _, err := r.Introspect(t.Context(), fmt.Sprint("good", n)); errors.Is(err, errBusy) && unavailable(err) {
					busy.Add(1)
				}
			})
		}
		all.Wait()
		if busy.Load() != 100 || s.most.Load() > maxWaiting {
			t.Errorf("%d were sent away, %d at once", busy.Load(), s.most.Load())
		}
	})
}
