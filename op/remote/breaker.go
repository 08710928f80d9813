package remote

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

const (
	// tripAfter is how many failures in a row mean that there is nobody to ask.
	tripAfter = 5
	// pause is how long nobody is asked then. After it one question goes out, and the others wait for how it ends.
	pause = 5 * time.Second
)

// errOpen says that nobody was asked, since nobody has answered lately.
var errOpen = fmt.Errorf("remote: the introspection endpoint does not answer: %w", oauth.ErrUnavailable)

// outcome is how a question ended.
type outcome int

const (
	failed   outcome = iota // there is nobody to ask
	answered                // in the words of RFC 7662, whatever it says
	neither                 // it says nothing of other questions
)

// outcomeOf tells how a question ended. Nobody is there to ask if nothing comes in time, if the server is in trouble, or
// if it does not let us ask. What it makes of one token is about that token, be it a refusal or nonsense: strangers
// choose what they send, and a filter before the server that turns it away must not turn all others away.
func outcomeOf(err error) outcome {
	if err == nil {
		return answered
	}
	for _, one := range []error{
		fetch.ErrBusy, fetch.ErrDeclined, fetch.ErrTooLarge, fetch.ErrEncoded,
		errType, errAnswer, errNotSigned, errNotForUs, errOld,
	} {
		if errors.Is(err, one) {
			return neither
		}
	}
	return failed
}

// breaker keeps requests from waiting, one after another, for a server that does not answer, and the server from being
// asked by all of them when it comes back.
type breaker struct {
	mu       sync.Mutex
	failures int
	until    time.Time
	probing  bool
}

// enter lets a question out, or says errOpen. Whoever is let out says with leave how it ended.
func (b *breaker) enter(now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < tripAfter {
		return nil
	}
	if b.probing || now.Before(b.until) {
		return errOpen
	}
	b.probing = true
	return nil
}

// leave counts how a question ended.
func (b *breaker) leave(now time.Time, how outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	switch how {
	case answered:
		b.failures = 0
	case failed:
		b.failures++
		b.until = now.Add(pause)
	case neither:
	}
}
