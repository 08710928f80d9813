package throttle

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// ErrBusy says that no core became free in time. It wraps oauth.ErrUnavailable, so it ends as 503.
var ErrBusy = fmt.Errorf("too many password checks are waiting: %w", oauth.ErrUnavailable)

// Bounds of the waiting room of Hashing: enough for a burst of logins, little enough that nobody
// waits for an answer they have given up on.
const (
	waitingPerCore = 64
	longestWait    = 10 * time.Second
)

// hashing belongs to the process and not to one configuration, because the cores and the memory that
// it guards do.
var hashing = NewGate(runtime.GOMAXPROCS(0), waitingPerCore*runtime.GOMAXPROCS(0), longestWait)

// Hashing is the gate that every password hash of this process passes: one a core at a time.
func Hashing() *Gate { return hashing }

// Gate lets a fixed number through at a time and a fixed number wait.
type Gate struct {
	inside  chan struct{}
	waiting chan struct{}
	longest time.Duration
}

// NewGate makes a gate for so many inside and so many waiting, none of them longer than longest.
func NewGate(inside, waiting int, longest time.Duration) *Gate {
	return &Gate{
		inside:  make(chan struct{}, max(1, inside)),
		waiting: make(chan struct{}, max(0, waiting)),
		longest: longest,
	}
}

// Enter waits for a place and returns how to leave it, which must be called. The error is ErrBusy when
// too many wait already, when the wait was too long, or when ctx ended first.
func (g *Gate) Enter(ctx context.Context) (leave func(), err error) {
	select {
	case g.inside <- struct{}{}:
		return g.leave, nil
	default:
	}
	select {
	case g.waiting <- struct{}{}:
		defer func() { <-g.waiting }()
	default:
		return nil, ErrBusy
	}
	ctx, cancel := context.WithTimeout(ctx, g.longest)
	defer cancel()
	select {
	case g.inside <- struct{}{}:
		return g.leave, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	}
}

func (g *Gate) leave() { <-g.inside }
