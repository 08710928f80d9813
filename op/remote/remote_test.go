package remote

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/fact"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func unavailable(err error) bool { return errors.Is(err, oauth.ErrUnavailable) }

func TestAnAnswerIsRememberedForAWhile(t *testing.T) {
	for cache, want := range map[time.Duration]time.Duration{30 * time.Second: 30 * time.Second, 10 * time.Minute: time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			expires := fmt.Sprint(time.Now().Unix() + 60)
			s.say = func(token string) string { return about(token, map[string]string{"exp": expires}) }
			r := newRemote(t, s, func(c *Config) { c.Cache = cache })
			first, err := r.Introspect(t.Context(), "good")
			if err != nil || first.Subject != "good" || !first.SignedIn || first.Audience[0] != api || first.Issuer != issuerID {
				t.Fatalf("%+v, %v", first, err)
			}
			s.set(func() { s.say = func(string) string { return `{"active":false}` } })
			time.Sleep(want - time.Nanosecond)
			if again, err := r.Introspect(t.Context(), "good"); err != nil || again != first || s.asked.Load() != 1 {
				t.Errorf("cache %s: asked %d times, %v", cache, s.asked.Load(), err)
			}
			time.Sleep(time.Nanosecond)
			if _, err := r.Introspect(t.Context(), "good"); !fact.SaysNo(err) || s.asked.Load() != 2 {
				t.Errorf("cache %s: a dead token after %s: %v", cache, want, err)
			}
		})
	}
}

// TestMust056_NoAnswerOutlivesItsToken also where the endpoint tells no exp, or nothing is to be remembered.
func TestMust056_NoAnswerOutlivesItsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		r := newRemote(t, s, func(c *Config) { c.Cache = 0 })
		for n := range 3 {
			if _, err := r.Introspect(t.Context(), "good"); err != nil || s.asked.Load() != int64(n)+1 {
				t.Errorf("asked %d times, %v", s.asked.Load(), err)
			}
			if _, err := r.Introspect(t.Context(), "bad"); !fact.SaysNo(err) {
				t.Error(err)
			}
			s.asked.Add(-1)
		}
		s.say = func(token string) string { return about(token, map[string]string{"exp": ""}) }
		r = newRemote(t, s, nil)
		if found, err := r.Introspect(t.Context(), "good"); err != nil || !found.ExpiresAt.IsZero() {
			t.Fatalf("%+v, %v", found, err)
		}
		s.say = func(string) string { return `{"active":false}` }
		time.Sleep(DefaultCache)
		if _, err := r.Introspect(t.Context(), "good"); !fact.SaysNo(err) {
			t.Error(err)
		}
	})
}

func TestANoIsRememberedShortly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		r := newRemote(t, s, nil)
		for range 10 {
			if _, err := r.Introspect(t.Context(), "bad"); !fact.SaysNo(err) {
				t.Fatal(err)
			}
		}
		if s.asked.Load() != 1 {
			t.Errorf("asked %d times", s.asked.Load())
		}
		s.set(func() { s.say = func(token string) string { return about(token, nil) } })
		time.Sleep(maxNo)
		if _, err := r.Introspect(t.Context(), "bad"); err != nil {
			t.Errorf("a token that a replica did not know yet: %v", err)
		}
	})
}

// TestThreat051_WhatIsRememberedIsBounded and tokens that are none push no others out.
func TestThreat051_WhatIsRememberedIsBounded(t *testing.T) {
	s := newServer()
	r := newRemote(t, s, nil)
	if _, err := r.Introspect(t.Context(), "good"); err != nil {
		t.Fatal(err)
	}
	for n := range maxDead + 1000 {
		_, _ = r.Introspect(t.Context(), fmt.Sprint("bad", n))
	}
	r.dead.CleanUp() // eviction runs beside the writers
	if size := r.dead.EstimatedSize(); size > maxDead {
		t.Errorf("%d tokens that are none", size)
	}
	asked := s.asked.Load()
	if _, err := r.Introspect(t.Context(), "good"); err != nil || s.asked.Load() != asked {
		t.Errorf("a live token was pushed out: %v", err)
	}
}

// TestThreat055_TwoEndpointsShareNothing though they are shown one token.
func TestThreat055_TwoEndpointsShareNothing(t *testing.T) {
	yes, never := newServer(), newServer()
	never.say = func(string) string { return `{"active":false}` }
	first, second := newRemote(t, yes, nil), newRemote(t, never, nil)
	for range 2 {
		if _, err := first.Introspect(t.Context(), "good"); err != nil {
			t.Error(err)
		}
		if _, err := second.Introspect(t.Context(), "good"); !fact.SaysNo(err) {
			t.Errorf("a hit across endpoints: %v", err)
		}
	}
}

func TestThreat056_OneQuestionForOneTokenAndNoneShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.slow = time.Second
		r := newRemote(t, s, nil)
		gone, cancel := context.WithCancel(t.Context())
		cancel() // whose question it is may give up
		var all sync.WaitGroup
		for n := range 200 {
			token := fmt.Sprint("good", n%4)
			all.Go(func() {
				if found, err := r.Introspect(gone, token); err != nil || found.Subject != token {
					t.Errorf("%s: %+v, %v", token, found, err)
				}
			})
		}
		all.Wait()
		if s.asked.Load() != 4 {
			t.Errorf("asked %d times about four tokens", s.asked.Load())
		}
	})
}

func TestThreat037_WhatCanBeNoTokenIsNotAskedAbout(t *testing.T) {
	s := newServer()
	r := newRemote(t, s, nil)
	for _, token := range []string{"", " ", "a b", "a\r\nb", "a&token=good", "töken", "a,b", strings.Repeat("a", 17<<10), "=", "a=b"} {
		if _, err := r.Introspect(t.Context(), token); !fact.SaysNo(err) {
			t.Errorf("%.20q: %v", token, err)
		}
	}
	if s.asked.Load() != 0 {
		t.Errorf("asked %d times", s.asked.Load())
	}
}

// TestMust076_NoAnswerIsNoNo whatever is wrong, within 2 s.
func TestMust076_NoAnswerIsNoNo(t *testing.T) {
	for name, wrong := range map[string]func(*server){
		"does not answer": func(s *server) { s.err = fetch.ErrUnreached },
		"is too slow":     func(s *server) { s.slow = time.Hour },
		"sends too much":  func(s *server) { s.err = fetch.ErrTooLarge },
		"redirects":       func(s *server) { s.err = fmt.Errorf("%w: 302", fetch.ErrStatus) },
		"compresses":      func(s *server) { s.err = fetch.ErrEncoded },
		"cannot be asked": func(s *server) { s.err = fetch.ErrBusy },
		"may not be":      func(s *server) { s.err = fetch.ErrAddress },
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			wrong(s)
			r, began := newRemote(t, s, nil), time.Now()
			found, err := r.Introspect(t.Context(), "good")
			if found != nil || !unavailable(err) || errors.Is(err, grant.ErrInactive) || time.Since(began) > 2*time.Second {
				t.Errorf("%s: %v, %v after %s", name, found, err, time.Since(began))
			}
		})
	}
}

func TestAPanicOfTheNetworkReachesTheCaller(t *testing.T) {
	s := newServer()
	s.say = func(string) string { panic("say") }
	r := newRemote(t, s, nil)
	for range tripAfter + 1 {
		func() {
			defer func() { _ = recover() }()
			_, err := r.Introspect(t.Context(), "good")
			if !errors.Is(err, errOpen) {
				t.Errorf("a panic became %v", err)
			}
		}()
	}
	if s.asked.Load() != tripAfter {
		t.Errorf("asked %d times", s.asked.Load())
	}
}

func TestARememberedAnswerCostsNoAllocation(t *testing.T) {
	r := newRemote(t, newServer(), nil)
	if n := testing.AllocsPerRun(100, func() { _, _ = r.Introspect(context.Background(), "good") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
