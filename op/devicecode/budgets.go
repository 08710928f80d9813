package devicecode

import (
	"context"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// How many authorizations devices may begin: each is two records for as long as they are kept. The budget in all is
// therefore how many can wait at a time.
const (
	networkRequests = 60
	allRequests     = 10_000
)

// guesses bound wrong user codes, by the person who is signed in, by their network, and in all, over a while and over
// a day: who goes on after a pause has less room (RFC 8628 section 5.1). With 10,000 codes waiting, which is the most,
// a whole day of guesses finds one of them with a probability of 0.0012.
var guesses = []struct {
	window                time.Duration
	account, network, all int
}{
	{15 * time.Minute, 10, 50, 300},
	{24 * time.Hour, 40, 200, 3_000},
}

// grace is what the way of two requests may differ by, so that a device that waits as long as it was told is not
// told to wait longer.
const grace = time.Second

// Budgets count what devices and people try. They outlive a configuration, so that a reload gives nobody more, and
// are safe for concurrent use.
type Budgets struct {
	// Apart, so that nobody pushes the counters of one out by filling another.
	requests, polls *throttle.Throttle
	guesses         *throttle.Joint
	networks        *throttle.Joint
}

// NewBudgets makes Budgets of at most about that many counters of each sort at a time. Guesses count at all nodes of a
// shared store, as does what one network begins, which is stored there anyway. How many devices wait in all, and how often
// each asks, is the work of a node, and counted by it.
func NewBudgets(now func() time.Time, counters int, shared *throttle.Shared) *Budgets {
	return &Budgets{
		requests: throttle.New(now, counters), polls: throttle.New(now, counters),
		guesses:  throttle.NewJoint("user code", throttle.New(now, counters), shared),
		networks: throttle.NewJoint("device", throttle.New(now, counters), shared),
	}
}

// Request counts an authorization that is about to begin. Those of strangers, clients that anybody can be, count for
// their network as well. The error is 429 with the time to wait.
func (b *Budgets) Request(ctx context.Context, network string, stranger bool) error {
	all, wait, ok := b.requests.Reserve(throttle.Limit{Key: "all", Attempts: allRequests, Window: kept})
	if !ok {
		return tooMany(wait)
	}
	if !stranger {
		return nil
	}
	_, wait, err := b.networks.Reserve(ctx, throttle.Limit{Key: "network " + network, Attempts: networkRequests, Window: kept})
	switch {
	case err != nil:
		all.GiveBack()
		return err
	case wait > 0:
		all.GiveBack()
		return tooMany(wait)
	}
	return nil
}

func tooMany(wait time.Duration) error {
	return web.RetryAfter(oauth.TooManyRequests("too many devices are waiting", nil), wait)
}

// Guess counts a user code before it is looked up. The caller gives it back when the code was right, or was not
// judged; another right code gives nothing back of the wrong ones. wait says for how long there is no room. An error is the
// store's, and nothing may be judged.
func (b *Budgets) Guess(ctx context.Context, account, network string) (guess throttle.Taken, wait time.Duration, err error) {
	limits := make([]throttle.Limit, 0, 3*len(guesses))
	for _, g := range guesses {
		of := g.window.String() + " "
		limits = append(limits,
			throttle.Limit{Key: of + "account " + account, Attempts: g.account, Window: g.window},
			throttle.Limit{Key: of + "network " + network, Attempts: g.network, Window: g.window},
			throttle.Limit{Key: of + "all", Attempts: g.all, Window: g.window},
		)
	}
	return b.guesses.Reserve(ctx, limits...)
}

// InTime reports whether a device has waited for its interval since it last asked in time.
func (b *Budgets) InTime(a *Authorization) bool {
	_, _, ok := b.polls.Reserve(throttle.Limit{Key: a.Key(), Attempts: 1, Window: a.Interval() - grace})
	return ok
}
