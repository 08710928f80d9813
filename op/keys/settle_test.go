package keys

import (
	"context"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

// TestMust045_TheFirstKeyOfAnAlgorithmIsShownBeforeItSigns: nodes that serve already have a second to hear of it; where
// nobody can serve yet, nobody waits.
func TestMust045_TheFirstKeyOfAnAlgorithmIsShownBeforeItSigns(t *testing.T) {
	c := newClock()
	s := memory.New(c.now)
	a, b := openShared(t, s, c), openShared(t, s, c)
	took := func(do func()) time.Duration {
		began := time.Now()
		do()
		return time.Since(began)
	}
	if waited := took(func() { ensure(t, a, daily(ES256, ES384)) }); waited >= heardWithin || a.List()[0].State != StateActive {
		t.Errorf("the first keys of all took %s and are %v", waited, a.List())
	}
	if waited := took(func() { ensure(t, b, daily(ES256)) }); waited >= heardWithin {
		t.Errorf("a node that finds its keys waits for %s", waited)
	}
	for name, r := range map[string]*Ring{"who made it": a, "another": b} {
		waited := took(func() { ensure(t, r, daily(ES256, ES384, EdDSA)) })
		if waited < heardWithin || waited > 3*heardWithin {
			t.Errorf("%s: waited for %s", name, waited)
		}
	}
	if diff := len(kids(published(t, a))); diff != 3 {
		t.Errorf("%d keys", diff)
	}
	c.advance(heardWithin)
	if waited := took(func() { ensure(t, a, daily(ES256, ES384, EdDSA)) }); waited >= heardWithin {
		t.Errorf("waited for %s once more", waited)
	}
	// A successor is published long before it signs; that is not waited for.
	c.advance(23 * time.Hour)
	if waited := took(func() { ensure(t, a, daily(ES256, ES384, EdDSA)) }); waited >= heardWithin {
		t.Errorf("waited for a successor: %s", waited)
	}
}

// TestSettlingEndsWithItsContext: a configuration that is given up does not hold its successor up.
func TestSettlingEndsWithItsContext(t *testing.T) {
	c := newClock()
	r := openShared(t, memory.New(c.now), c)
	ensure(t, r, daily(ES256))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := r.Ensure(ctx, daily(ES256, EdDSA)); err != nil {
		t.Fatal(err)
	}
	if waited := time.Since(began); waited >= heardWithin {
		t.Errorf("%s", waited)
	}
	if !r.Has(EdDSA) {
		t.Error("no key")
	}
}
