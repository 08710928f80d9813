package store_test

import (
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

func TestJitter(t *testing.T) {
	seen := make(map[time.Duration]bool)
	for range 1000 {
		got := store.Jitter(time.Second)
		if got < time.Second/2 || got > time.Second {
			t.Fatal(got)
		}
		seen[got] = true
	}
	if len(seen) < 900 {
		t.Errorf("1000 times are %d", len(seen))
	}
	for _, short := range []time.Duration{0, 1, -time.Second} {
		if got := store.Jitter(short); got != short {
			t.Errorf("%s became %s", short, got)
		}
	}
}
