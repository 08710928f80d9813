package granttest

import (
	"context"
	"sync"

	"github.com/seed-5b16f944/gatehouse/op/audit"
)

// Told is what was told to a trail.
type Told struct {
	mu     sync.Mutex
	events []audit.Event
}

// Trail is the trail.
func (t *Told) Trail() *audit.Trail {
	return audit.NewTrail(func(_ context.Context, e audit.Event) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.events = append(t.events, e)
	})
}

// Take is what was told since it was taken last.
func (t *Told) Take() []audit.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := t.events
	t.events = nil
	return taken
}
