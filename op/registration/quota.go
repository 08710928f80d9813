package registration

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

const (
	// countFresh is for how long a count of the registered clients holds, beside those that were added.
	countFresh = time.Minute
	// countPatience is how long a full house is not counted anew.
	countPatience = 5 * time.Second
	// fullFor is when to come back to a full house: some clients will not have been used until then.
	fullFor = 10 * time.Minute
	// countPage is how many records are read at a time.
	countPage = 500
)

// Quota bounds how many clients register: of one network by the moments it did, which outlives a change of
// configuration, and in all by counting those that are there. It is safe for concurrent use.
type Quota struct {
	store    store.Store
	now      func() time.Time
	networks *throttle.Joint

	mu      sync.Mutex
	count   int // at the last count, and those entered since
	inside  int // of those, the ones that have not been stored yet, or given up
	counted time.Time
}

// NewQuota makes a Quota over the store, of at most about that many networks at a time. What a network registers counts at
// all nodes of a shared store: it is stored there anyway.
func NewQuota(s store.Store, now func() time.Time, networks int, shared *throttle.Shared) *Quota {
	return &Quota{store: s, now: now, networks: throttle.NewJoint("registration", throttle.New(now, networks), shared)}
}

// Enter counts one registration that is about to be stored. leave has to be called when it was, or was given
// up. The error is 429 with the time to wait, or the store's.
func (q *Quota) Enter(ctx context.Context, p Policy, network string) (leave func(), err error) {
	reserved, err := q.reserve(ctx, p, network)
	if err != nil {
		return nil, err
	}
	if err := q.enter(ctx, p.Max); err != nil {
		_ = reserved.GiveBack(ctx) // what the store does not take back stays counted
		return nil, err
	}
	return q.leave, nil
}

// Fetch counts a change of a registration that makes the provider read a document, as a registration: whoever
// has one client could else let it read as many as they like.
func (q *Quota) Fetch(ctx context.Context, p Policy, network string) error {
	_, err := q.reserve(ctx, p, network)
	return err
}

// changesEach is how many changes a network may make for each registration that it may make.
const changesEach = 10

// Change counts a change of a registration: it adds no row, but whoever has one client could else keep the store
// busy with writing that one.
func (q *Quota) Change(ctx context.Context, p Policy, network string) error {
	_, err := q.take(ctx, "changes of ", network, p.Quota*changesEach, p.Window)
	return err
}

func (q *Quota) reserve(ctx context.Context, p Policy, network string) (throttle.Taken, error) {
	return q.take(ctx, "registrations of ", network, p.Quota, p.Window)
}

func (q *Quota) take(ctx context.Context, what, network string, most int, window time.Duration) (throttle.Taken, error) {
	reserved, wait, err := q.networks.Reserve(ctx, throttle.Limit{Key: what + network, Attempts: most, Window: window})
	if err != nil {
		return reserved, err
	}
	if wait > 0 {
		return reserved, web.RetryAfter(oauth.TooManyRequests("too many registrations from this network", nil), wait)
	}
	return reserved, nil
}

func (q *Quota) enter(ctx context.Context, most int) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	age := q.now().Sub(q.counted)
	if q.counted.IsZero() || age >= countFresh || q.count >= most && age >= countPatience {
		if err := q.recount(context.WithoutCancel(ctx), most); err != nil {
			return err
		}
	}
	if q.count >= most {
		return web.RetryAfter(oauth.TooManyRequests("too many clients are registered", nil), fullFor)
	}
	q.count++
	q.inside++
	return nil
}

func (q *Quota) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.inside--
}

// recount counts the records, as many as matter. One on its way into the store may count twice until the
// next count: better one too few than one too many.
func (q *Quota) recount(ctx context.Context, most int) error {
	count := 0
	for after := ""; count < most; {
		records, err := q.store.List(ctx, store.Clients, store.Filter{}, after, countPage)
		if err != nil {
			return fmt.Errorf("count clients: %w", err)
		}
		count += len(records)
		if len(records) < countPage {
			break
		}
		after = records[len(records)-1].Key
	}
	q.count, q.counted = count+q.inside, q.now()
	return nil
}
