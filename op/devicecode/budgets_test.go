package devicecode

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newBudgets() (*Budgets, *clock) {
	c := &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	return NewBudgets(c.now, 100_000, nil), c
}

// TestThreat051_DevicesThatWaitAreBounded: each network, and all of them together, and time gives room again.
func TestThreat051_DevicesThatWaitAreBounded(t *testing.T) {
	b, c := newBudgets()
	count := func(network func(int) string, stranger bool) (n int) {
		for ; ; n++ {
			err := b.Request(t.Context(), network(n), stranger)
			if err == nil {
				continue
			}
			if told, ok := errors.AsType[*oauth.Error](err); !ok || told.Status != http.StatusTooManyRequests {
				t.Fatal(err)
			}
			return n
		}
	}
	if n := count(func(int) string { return "192.0.2.1" }, true); n != networkRequests {
		t.Errorf("one network began %d", n)
	}
	if n := count(func(n int) string { return fmt.Sprint("net ", n) }, true); n != allRequests-networkRequests {
		t.Errorf("all began %d more", n)
	}
	if err := b.Request(t.Context(), "198.51.100.1", false); err == nil {
		t.Error("a client of the operator's has no end")
	}
	c.at = c.at.Add(kept)
	if n := count(func(int) string { return "192.0.2.1" }, false); n != allRequests {
		t.Errorf("later, a client of the operator's began %d", n)
	}
}

// TestThreat113_GuessesAreBounded: by account, by network and in all, with less room for who goes on; a right code in
// between gives back nothing but itself.
func TestThreat113_GuessesAreBounded(t *testing.T) {
	guess := func(b *Budgets, account, network string) bool {
		_, wait, err := b.Guess(t.Context(), account, network)
		if err != nil || wait < 0 {
			t.Errorf("%s, %v", wait, err)
		}
		return wait == 0
	}
	right := func(b *Budgets, account, network string) {
		if reserved, _, err := b.Guess(t.Context(), account, network); err == nil {
			_ = reserved.GiveBack(t.Context())
		}
	}
	for name, of := range map[string]struct {
		account, network func(int) string
		most             int
	}{
		"account": {func(int) string { return "mallory" }, func(n int) string { return fmt.Sprint("net ", n) }, 10},
		"network": {func(n int) string { return fmt.Sprint("user ", n) }, func(int) string { return "192.0.2.1" }, 50},
		"all":     {func(n int) string { return fmt.Sprint("user ", n) }, func(n int) string { return fmt.Sprint("net ", n) }, 300},
	} {
		b, _ := newBudgets()
		made := 0
		for n := range 10_000 {
			right(b, of.account(n), of.network(n))
			if guess(b, of.account(n), of.network(n)) {
				made++
			}
		}
		if made != of.most {
			t.Errorf("%s: %d guesses of 10,000 counted, not %d", name, made, of.most)
		}
	}
	b, c := newBudgets()
	made := 0
	for range 24 * 4 { // a whole day
		for range 20 {
			if guess(b, "mallory", "192.0.2.1") {
				made++
			}
		}
		c.at = c.at.Add(15*time.Minute - time.Second)
	}
	if made != 40 {
		t.Errorf("%d guesses in a day", made)
	}
}

// A device that waits as long as it was told is never told to slow down, and one that does not is.
func TestThePaceOfPolling(t *testing.T) {
	b, c := newBudgets()
	a := &Authorization{}
	a.record.Key = "device.x"
	for range 20 {
		if !b.InTime(a) {
			t.Fatal("too early after 5 seconds")
		}
		c.at = c.at.Add(interval - 20*time.Millisecond)
	}
	if !b.InTime(a) {
		t.Fatal("too early")
	}
	c.at = c.at.Add(2 * time.Second)
	if b.InTime(a) {
		t.Error("2 seconds are enough")
	}
	other := &Authorization{}
	other.record.Key = "device.y"
	if !b.InTime(other) {
		t.Error("one device waits for another")
	}
	for a.Slowed = range 100 {
		if got := a.Interval(); got > slowest || got < interval || a.Slowed == 1 && got != 10*time.Second {
			t.Errorf("slowed %d times: %s", a.Slowed, got)
		}
	}
}
