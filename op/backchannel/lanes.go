package backchannel

import (
	"sync"
	"time"
)

const (
	// atOnce bounds how many notices are on their way.
	atOnce = 64
	// dubious is how many of them may go where the last one got no answer in good time, or for another time.
	dubious = atOnce / 2
	// perClient is how many may be on their way to one client.
	perClient = 4
	// rest is how long a client that gave no answer is asked nothing.
	rest = time.Second
	// goodTime is how soon an answer comes from a client that is well. One that takes longer, be it on purpose, is
	// waited for, but not in the room of the others.
	goodTime = time.Second
)

// verdict says whether a notice may be sent. The zero verdict is no.
type verdict int

const (
	later verdict = iota // when another one has come back
	spare                // not now: the client does not answer
	send
)

// outcome is what became of a notice that was sent.
type outcome int

const (
	unknown  outcome = iota // nobody waited for it
	answered                // well or not
	slow                    // answered, but not in goodTime
	silence
)

// lanes keep clients that do not answer from taking the room of those that do. They remember of each client no
// more than whether it answered last, and only of those that did not.
type lanes struct {
	mu           sync.Mutex
	all, dubious int
	held         map[string]*lane
	now          func() time.Time
}

type lane struct {
	inside int
	failed bool
	until  time.Time // it rests
}

func newLanes(now func() time.Time) *lanes { return &lanes{held: make(map[string]*lane), now: now} }

// enter asks for room; again says that it is not for the first attempt. leave has to be called once, whatever the
// verdict.
func (l *lanes) enter(clientID string, again bool) (says verdict, leave func(outcome)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.held[clientID]
	if one == nil {
		one = &lane{}
	}
	doubt := again || one.failed
	switch {
	case l.now().Before(one.until):
		return spare, func(outcome) {}
	case one.inside == perClient, l.all == atOnce, doubt && l.dubious == dubious:
		return later, func(outcome) {}
	}
	l.held[clientID] = one
	l.count(one, doubt, 1)
	return send, func(became outcome) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.count(one, doubt, -1)
		switch became {
		case unknown:
		case answered:
			one.failed = false
		case slow:
			one.failed = true
		case silence:
			one.failed, one.until = true, l.now().Add(rest)
		}
		if one.inside == 0 && !one.failed {
			delete(l.held, clientID)
		}
	}
}

func (l *lanes) count(one *lane, doubt bool, n int) {
	l.all += n
	one.inside += n
	if doubt {
		l.dubious += n
	}
}
