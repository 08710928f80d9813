package backchannel

import "sync"

// Bell wakes the workers of one process when there is something to do. More than one worker may listen: during a
// reload those of two configurations do. The zero value is ready to use.
type Bell struct {
	mu        sync.Mutex
	listeners map[chan struct{}]struct{}
}

// Ring wakes everybody who listens, and never waits.
func (b *Bell) Ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for listener := range b.listeners {
		select {
		case listener <- struct{}{}:
		default: // it has not looked since it was rung for last
		}
	}
}

// listen begins to hear the bell, until stop is called. A ring while nobody receives is heard at the next receive.
func (b *Bell) listen() (rung <-chan struct{}, stop func()) {
	listener := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listeners == nil {
		b.listeners = make(map[chan struct{}]struct{})
	}
	b.listeners[listener] = struct{}{}
	return listener, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.listeners, listener)
	}
}
