package client

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// listed counts how often the store is read, and fails when it is told to.
type listed struct {
	store.Store
	pages int
	fail  error
}

func (l *listed) List(ctx context.Context, k store.Kind, f store.Filter, after string, limit int) ([]store.Record, error) {
	l.pages++
	if l.fail != nil {
		return nil, l.fail
	}
	return l.Store.List(ctx, k, f, after, limit)
}

func dynamic(id string, redirects ...string) *Client {
	c := registered()
	c.ID, c.Disabled, c.RedirectURIs = id, false, redirects
	c.Secrets, c.AuthMethods = nil, []string{oauth.AuthNone}
	return c
}

func (o *Origins) mustAllow(t *testing.T, origin string, want bool) {
	t.Helper()
	if got, err := o.Allows(t.Context(), origin); err != nil || got != want {
		t.Errorf("%q: %v, %v", origin, got, err)
	}
}

func TestThreat100_OriginsAreThoseOfRedirectURIs(t *testing.T) {
	configured := []*Client{
		{ID: "web", RedirectURIs: []string{"https://Shop.example.com/callback", "https://shop.example.com:8443/callback", "https://std.example:443/cb"}},
		{ID: "cli", RedirectURIs: []string{"http://127.0.0.1:5173/callback", "com.example.app:/callback", "http://[::1]/cb"}},
		{ID: "gone", Disabled: true, RedirectURIs: []string{"https://gone.example/cb"}},
		{ID: "taken", RedirectURIs: []string{"https://taken.example/cb"}},
	}
	disabled := dynamic("dyn-2", "https://disabled.example/cb")
	disabled.Disabled = true
	s := storeWith(t, dynamic("dyn-1", "https://dyn.example/cb", "https://dyn2.example/cb"), disabled, dynamic("taken", "https://shadow.example/cb"))
	o := NewOrigins(NewRegistry(s, configured), time.Now)
	for origin, want := range map[string]bool{
		"https://shop.example.com": true, "https://shop.example.com:8443": true, "https://std.example": true,
		"http://127.0.0.1:5173": true, "http://[::1]": true, "https://dyn.example": true, "https://dyn2.example": true,
		"": false, "null": false, "https://Shop.example.com": false, "https://shop.example.com:443": false, "http://shop.example.com": false,
		"https://shop.example.com/": false, "https://shop.example.com/callback": false, "https://std.example:443": false,
		"http://127.0.0.1": false, "http://127.0.0.1:5174": false, "http://localhost:5173": false, "com.example.app:": false, "com.example.app://": false,
		"https://gone.example": false, "https://disabled.example": false, "https://shadow.example": false, "https://evil.example": false, "*": false,
	} {
		o.mustAllow(t, origin, want)
	}
	for origin, want := range map[string]bool{
		"https://shop.example.com": true, "https://std.example": true, "https://dyn.example": false, "http://127.0.0.1:5173": false, "null": false, "": false,
	} {
		if configured[0].AllowsOrigin(origin) != want {
			t.Errorf("web: %q", origin)
		}
	}
	if configured[2].AllowsOrigin("https://gone.example") || configured[1].AllowsOrigin("") {
		t.Error("a disabled client, or no origin")
	}
}

func TestOriginsOfRegisteredClientsAreReadSeldom(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	s := &listed{Store: storeWith(t, dynamic("dyn-1", "https://dyn.example/cb"))}
	o := NewOrigins(NewRegistry(s, []*Client{{ID: "web", RedirectURIs: []string{"https://web.example/cb"}}}), func() time.Time { return now })
	read := func(want int) {
		t.Helper()
		if s.pages != want {
			t.Errorf("the store was read %d times, not %d", s.pages, want)
		}
	}
	o.mustAllow(t, "https://web.example", true)
	read(0)
	o.mustAllow(t, "https://dyn.example", true)
	for i := range 100 {
		o.mustAllow(t, fmt.Sprintf("https://made-up-%d.example", i), false)
	}
	read(1)
	add(t, s.Store, dynamic("dyn-2", "https://new.example/cb"))
	now = now.Add(originsPatience)
	o.mustAllow(t, "https://new.example", true)
	read(2)
	now = now.Add(originsFresh - time.Second)
	o.mustAllow(t, "https://dyn.example", true)
	read(2)
	record, err := s.Get(t.Context(), store.Clients, "dyn-1")
	if err == nil {
		err = s.Commit(t.Context(), store.Deleting(record))
	}
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Second)
	o.mustAllow(t, "https://dyn.example", false)
	read(3)
}

func TestOriginsOfMoreClientsThanAPageHolds(t *testing.T) {
	s := &listed{Store: storeWith(t)}
	for i := range originsPage + 1 {
		add(t, s.Store, dynamic(fmt.Sprintf("dyn-%04d", i), fmt.Sprintf("https://app%d.example/cb", i)))
	}
	o := NewOrigins(NewRegistry(s, nil), time.Now)
	o.mustAllow(t, fmt.Sprintf("https://app%d.example", originsPage), true)
	o.mustAllow(t, "https://app0.example", true)
	if s.pages != 2 {
		t.Errorf("%d pages", s.pages)
	}
}

func TestOriginsInDoubtAreNotAllowed(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	s := &listed{Store: storeWith(t, dynamic("dyn-1", "https://dyn.example/cb")), fail: store.Unavailable("list", context.DeadlineExceeded)}
	o := NewOrigins(NewRegistry(s, []*Client{{ID: "web", RedirectURIs: []string{"https://web.example/cb"}}}), func() time.Time { return now })
	if got, err := o.Allows(t.Context(), "https://dyn.example"); got || !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("%v, %v", got, err)
	}
	o.mustAllow(t, "https://web.example", true)
	s.fail = nil
	o.mustAllow(t, "https://dyn.example", true) // a failure is not remembered

	o.turn <- struct{}{} // somebody reads, and the store takes its time
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := o.Allows(ctx, "https://dyn.example"); got || !errors.Is(err, oauth.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", got, err)
	}
}

// hungUp is a store whose caller hangs up as soon as it reads.
type hungUp struct {
	*listed
	hangUp context.CancelFunc
}

func (s *hungUp) List(ctx context.Context, k store.Kind, f store.Filter, after string, limit int) ([]store.Record, error) {
	s.hangUp()
	records, err := s.listed.List(ctx, k, f, after, limit)
	if ctx.Err() != nil {
		return nil, store.Unavailable("list", ctx.Err())
	}
	return records, err
}

func TestThreat100_WhoHangsUpCausesNoOtherReading(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &hungUp{&listed{Store: storeWith(t, dynamic("dyn-1", "https://dyn.example/cb"))}, cancel}
	o := NewOrigins(NewRegistry(s, nil), time.Now)
	for i := range 10 {
		// The first takes its turn and hangs up; whether the others are served at all does not matter.
		_, _ = o.Allows(ctx, fmt.Sprintf("https://made-up-%d.example", i))
	}
	o.mustAllow(t, "https://dyn.example", true)
	if s.pages != 1 {
		t.Errorf("the store was read %d times", s.pages)
	}
}

// slowList is a store that takes its time, by the clock of the test.
type slowList struct {
	*listed
	takes func()
}

func (s *slowList) List(ctx context.Context, k store.Kind, f store.Filter, after string, limit int) ([]store.Record, error) {
	s.takes()
	return s.listed.List(ctx, k, f, after, limit)
}

func TestThreat123_MadeUpOriginsDoNotKeepTheStoreBusy(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	s := &slowList{listed: &listed{Store: storeWith(t, dynamic("dyn-1", "https://dyn.example/cb"))}}
	s.takes = func() { now = now.Add(time.Second) }
	o := NewOrigins(NewRegistry(s, nil), func() time.Time { return now })
	for range 100 {
		o.mustAllow(t, "https://made-up.example", false)
		now = now.Add(originsRest * time.Second / 10)
	}
	if s.pages > 100/originsRest+1 {
		t.Errorf("the store was read %d times", s.pages)
	}
	s.takes = func() { now = now.Add(time.Hour) } // and yet there is an end to it
	now = now.Add(originsFresh)
	pages := s.pages
	o.mustAllow(t, "https://made-up.example", false)
	now = now.Add(originsFresh)
	o.mustAllow(t, "https://made-up.example", false)
	if s.pages != pages+2 {
		t.Errorf("the store was read %d times more", s.pages-pages)
	}
}
