package fetch

import (
	"context"
	"sync"
)

// perHost bounds how many answers of one host are waited for. Whoever names a slow one would have all of atOnce to
// themselves else, and whoever names somebody else's would make us ask it as often as we are asked.
const perHost = 8

// lanes let so many at a time to each host. They hold no more than those who are in them.
type lanes struct {
	width int
	mu    sync.Mutex
	held  map[string]*lane
}

type lane struct {
	slots chan struct{}
	// inside counts those who have a slot and those who wait for one.
	inside int
}

func newLanes(width int) *lanes { return &lanes{width: width, held: make(map[string]*lane)} }

// enter waits for room; leave gives it back. ErrBusy when ctx ends first.
func (l *lanes) enter(ctx context.Context, host string) (leave func(), err error) {
	one := l.join(host)
	select {
	case one.slots <- struct{}{}:
		return func() { <-one.slots; l.part(host, one) }, nil
	case <-ctx.Done():
		l.part(host, one)
		return nil, ErrBusy
	}
}

func (l *lanes) join(host string) *lane {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.held[host]
	if one == nil {
		one = &lane{slots: make(chan struct{}, l.width)}
		l.held[host] = one
	}
	one.inside++
	return one
}

func (l *lanes) part(host string, one *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one.inside--; one.inside == 0 {
		delete(l.held, host)
	}
}
