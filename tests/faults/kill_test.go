package faults

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const (
	killRounds     = 10
	refreshers     = 8
	acknowledgedBy = 40 * time.Second
)

// TestThreat025_KilledUnderLoad kills Caddy while it rotates, redeems and revokes, and starts it on the
// same data: what was acknowledged stands, what was revoked stays dead, and nothing works twice.
func TestThreat025_KilledUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	house := newHouse(t, dir)
	house.Provider = "lifetime {\ncode 5m\nrefresh_grace 5m\n}" // so that a slow machine proves the same
	book := &book{}
	var browser *http.Client
	for round := range killRounds {
		c := start(t, dir, house)
		client := c.Client(t)
		if browser == nil {
			browser = house.SignedIn(t, c)
		}
		browser.Transport = client.Transport // the same cookies, new connections
		book.check(t, house, client)
		book.open(t, house, client, browser)
		book.load(t, c, house, browser, int64(30+7*round))
		if t.Failed() {
			return
		}
	}
	c := start(t, dir, house)
	book.checked = 0 // all of them once more
	book.check(t, house, c.Client(t))
	t.Logf("acknowledged: %d writes; %d dead tokens stayed dead", book.acknowledged.Load(), len(book.dead))
}

// book is what the outside knows, because it was acknowledged or because it was sent.
type book struct {
	acknowledged atomic.Int64

	families []*family

	mu    sync.Mutex
	codes []*redeemed
	dead  []token

	checked int // so many of dead were looked at after the kill that followed
}

// family is one grant and its refresh tokens; one goroutine at a time works on it.
type family struct {
	spent    []string // the last few
	refresh  string   // the newest that was acknowledged
	access   string
	inFlight bool // a refresh was sent and not answered
}

// redeemed is a code that was sent to the token endpoint; got is nil if that was not answered.
type redeemed struct {
	code harness.Code
	got  *harness.Reply
}

// token is something that must be dead.
type token struct {
	why, refresh, access string
}

// open begins as many families as are missing.
func (b *book) open(t *testing.T, house *harness.House, client, browser *http.Client) {
	t.Helper()
	for len(b.families) < refreshers {
		got, err := house.Tokens(client, browser)
		if err != nil {
			t.Fatal(err)
		}
		b.families = append(b.families, &family{refresh: got.RefreshToken, access: got.AccessToken})
	}
}

// load works until so many more writes were acknowledged, and kills Caddy in the midst of it.
func (b *book) load(t *testing.T, c *harness.Caddy, house *harness.House, browser *http.Client, writes int64) {
	t.Helper()
	var killed atomic.Bool
	var workers sync.WaitGroup
	goal := b.acknowledged.Load() + writes
	// work repeats a step until Caddy is gone.
	work := func(what string, step func(*harness.Party) error) {
		web := house.Web(c.Client(t))
		workers.Go(func() {
			for !killed.Load() {
				if err := step(web); err != nil {
					if !killed.Load() {
						t.Errorf("%s: %v", what, err)
					}
					return
				}
			}
		})
	}
	for i, f := range b.families {
		work(fmt.Sprintf("family %d", i), func(web *harness.Party) error { return b.rotate(web, f) })
	}
	work("redeem", func(web *harness.Party) error { return b.redeem(web, browser) })
	for i := range 2 {
		work("revoke", func(web *harness.Party) error { return b.revoke(web, house, browser, i == 0) })
	}
	for deadline := time.Now().Add(acknowledgedBy); b.acknowledged.Load() < goal && !t.Failed(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("only %d of %d writes within %s", b.acknowledged.Load(), goal, acknowledgedBy)
		}
	}
	killed.Store(true)
	c.Kill(t)
	workers.Wait()
}

func (b *book) rotate(web *harness.Party, f *family) error {
	f.inFlight = true
	got, err := web.Refresh(f.refresh)
	if err != nil {
		return err
	}
	f.inFlight = false
	if got.Status != http.StatusOK || got.RefreshToken == f.refresh {
		return fmt.Errorf("refresh: %s", got)
	}
	f.moved(got)
	b.acknowledged.Add(1)
	return nil
}

func (f *family) moved(got *harness.Reply) {
	f.spent = append(f.spent, f.refresh)
	f.spent = f.spent[max(0, len(f.spent)-3):]
	f.refresh, f.access = got.RefreshToken, got.AccessToken
}

func (b *book) redeem(web *harness.Party, browser *http.Client) error {
	code, err := web.Silent(browser, "scope", harness.OfflineScopes)
	if err != nil {
		return err
	}
	r := &redeemed{code: code}
	b.mu.Lock()
	b.codes = append(b.codes, r)
	b.mu.Unlock()
	got, err := web.Redeem(code)
	if err != nil {
		return err
	}
	if got.Status != http.StatusOK {
		return fmt.Errorf("redeem: %s", got)
	}
	r.got = got
	b.acknowledged.Add(1)
	return nil
}

// revoke ends a whole grant by its refresh token, or one access token alone.
func (b *book) revoke(web *harness.Party, house *harness.House, browser *http.Client, whole bool) error {
	got, err := house.Tokens(web.HTTP, browser)
	if err != nil {
		return err
	}
	gone := token{why: "its access token was revoked", access: got.AccessToken}
	value := got.AccessToken
	if whole {
		gone = token{why: "its grant was revoked", refresh: got.RefreshToken, access: got.AccessToken}
		value = got.RefreshToken
	}
	answer, err := web.Revoke(value)
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		return fmt.Errorf("revoke: %s", answer)
	}
	b.bury(gone)
	b.acknowledged.Add(1)
	return nil
}

func (b *book) bury(gone token) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dead = append(b.dead, gone)
}

// check holds a Caddy that was started again against the book.
func (b *book) check(t *testing.T, house *harness.House, client *http.Client) {
	t.Helper()
	web := house.Web(client)
	for _, gone := range b.dead[b.checked:] {
		mustBeDead(t, house, web, gone)
	}
	b.checked = len(b.dead)
	for i, f := range b.families {
		b.checkFamily(t, house, web, i, f)
	}
	for _, r := range b.codes {
		b.checkCode(t, house, web, r)
	}
	b.codes = nil
	b.reuse(t, house, web)
}

// checkFamily wants at most one live refresh token, that the newest acknowledged one works, and that
// showing it again brings forth no second one.
func (b *book) checkFamily(t *testing.T, house *harness.House, web *harness.Party, number int, f *family) {
	t.Helper()
	live := 0
	for _, known := range append(slices.Clone(f.spent), f.refresh) {
		if ask(t, web, known).Active {
			live++
		}
	}
	if live > 1 || live == 0 && !f.inFlight {
		t.Errorf("family %d has %d live refresh tokens, in flight %t", number, live, f.inFlight)
	}
	if got := must(t)(harness.Guarded(web.HTTP, house.API(), f.access)); got.Status != http.StatusOK {
		t.Errorf("family %d: its acknowledged access token gets %s", number, got)
	}
	first := must(t)(web.Refresh(f.refresh))
	second := must(t)(web.Refresh(f.refresh))
	switch {
	case first.Status != http.StatusOK || second.Status != http.StatusOK:
		t.Errorf("family %d: its acknowledged refresh token gets %s and %s", number, first, second)
	case first.RefreshToken != second.RefreshToken || first.RefreshToken == f.refresh:
		t.Errorf("family %d: one refresh token has two successors", number)
	case ask(t, web, f.refresh).Active || !ask(t, web, first.RefreshToken).Active:
		t.Errorf("family %d: after a rotation the wrong token is live", number)
	}
	f.moved(second)
	f.inFlight = false
}

// checkCode wants a code to work once over all lives of the process, and its replay to end its tokens.
func (b *book) checkCode(t *testing.T, house *harness.House, web *harness.Party, r *redeemed) {
	t.Helper()
	if r.got == nil {
		got := must(t)(web.Redeem(r.code))
		if got.Status != http.StatusOK {
			// It was spent and nobody heard of it; the replay has ended what it gave.
			wantGrantRefused(t, "a code in flight", got)
			return
		}
		r.got = got
	}
	wantGrantRefused(t, "a code redeemed before", must(t)(web.Redeem(r.code)))
	gone := token{why: "its code was shown again", refresh: r.got.RefreshToken, access: r.got.AccessToken}
	mustBeDead(t, house, web, gone)
	b.bury(gone)
}

// reuse shows a refresh token whose successor was used: the whole family dies, and stays dead over the
// next kill. Another takes its place.
func (b *book) reuse(t *testing.T, house *harness.House, web *harness.Party) {
	t.Helper()
	if len(b.families) == 0 || len(b.families[len(b.families)-1].spent) < 2 {
		return
	}
	f := b.families[len(b.families)-1]
	b.families = b.families[:len(b.families)-1]
	wantGrantRefused(t, "a reused refresh token", must(t)(web.Refresh(f.spent[len(f.spent)-2])))
	gone := token{why: "one of its refresh tokens was reused", refresh: f.refresh, access: f.access}
	mustBeDead(t, house, web, gone)
	b.bury(gone)
}

func mustBeDead(t *testing.T, house *harness.House, web *harness.Party, gone token) {
	t.Helper()
	if got := must(t)(harness.Guarded(web.HTTP, house.API(), gone.access)); got.Status != http.StatusUnauthorized {
		t.Errorf("%s: the guard answers %s", gone.why, got)
	}
	if ask(t, web, gone.access).Active {
		t.Errorf("%s: the access token is active", gone.why)
	}
	if gone.refresh == "" {
		return
	}
	if ask(t, web, gone.refresh).Active {
		t.Errorf("%s: the refresh token is active", gone.why)
	}
	wantGrantRefused(t, gone.why, must(t)(web.Refresh(gone.refresh)))
}

func wantGrantRefused(t *testing.T, what string, got *harness.Reply) {
	t.Helper()
	if got.Status != http.StatusBadRequest || got.Error != "invalid_grant" {
		t.Errorf("%s: %s, want invalid_grant", what, got)
	}
}

func ask(t *testing.T, web *harness.Party, value string) *harness.Reply {
	t.Helper()
	got := must(t)(web.Introspect(value))
	if got.Status != http.StatusOK {
		t.Fatalf("introspection: %s", got)
	}
	return got
}

// must ends the test when there is no answer at all.
func must(t *testing.T) func(*harness.Reply, error) *harness.Reply {
	return func(got *harness.Reply, err error) *harness.Reply {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
}
