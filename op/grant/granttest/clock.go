package granttest

import (
	"sync/atomic"
	"time"
)

// Clock is a clock that moves only when it is told to.
type Clock struct{ nanos atomic.Int64 }

// NewClock makes a clock that stands at an arbitrary moment with a fraction of a second.
func NewClock() *Clock {
	c := new(Clock)
	c.nanos.Store(time.Date(2026, time.March, 1, 12, 0, 0, 250_000_000, time.UTC).UnixNano())
	return c
}

// Now reads the clock.
func (c *Clock) Now() time.Time { return time.Unix(0, c.nanos.Load()).UTC() }

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) { c.nanos.Add(int64(d)) }
