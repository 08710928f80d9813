package client

import (
	"errors"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

// TestAssertionsFromBeforeARestore: what could have been used in the store that a copy was made of is refused, what
// could not is let through.
func TestAssertionsFromBeforeARestore(t *testing.T) {
	p := newProver(t)
	restored := p.clock
	used := map[string]string{
		"by its time":              p.pair.sign(t, p.claims("key")),
		"with the longest life":    p.pair.sign(t, p.claims("key", "exp", restored.Add(maxAssertion+maxSkew).Unix())),
		"by a clock that is ahead": p.pair.sign(t, p.claims("key", "iat", restored.Add(maxSkew).Unix(), "exp", restored.Add(5*time.Minute).Unix())),
		"with no time of its own":  p.pair.sign(t, p.claims("key", "iat", nil, "exp", restored.Add(maxAssertion).Unix())),
	}
	for name, assertion := range used { // the store that was copied takes them
		if _, err := p.show(assertion); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	p.store, p.restored = memory.New(p.now), restored
	p.build()
	p.clock = restored.Add(20 * time.Second)
	for name, assertion := range used {
		if _, err := p.show(assertion); !errors.Is(err, errRestored) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.clock = restored.Add(maxSkew + time.Second)
	for name, assertion := range map[string]string{
		"made since":                    p.pair.sign(t, p.claims("key")),
		"lasts longer than any of then": p.pair.sign(t, p.claims("key", "iat", nil, "exp", restored.Add(maxAssertion+maxSkew+time.Second).Unix())),
	} {
		if _, err := p.show(assertion); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := p.show(assertion); !errors.Is(err, errReplayed) {
			t.Errorf("%s, again: %v", name, err)
		}
	}
}
