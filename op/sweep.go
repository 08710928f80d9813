package op

import (
	"context"
	"time"
)

const (
	sweepEvery = time.Minute
	// sweepLater is how long an expired record is kept: by the clock of another node it may not have expired yet.
	sweepLater = skew

	// A batch is as large as it takes no longer than a few commits: one writer of SQLite stands still meanwhile.
	firstBatch, leastBatch, mostBatch = 500, 100, 2000
	shortBatch, longBatch             = 5 * time.Millisecond, 20 * time.Millisecond
	// After a batch the store is left alone for that many times as long as it took, waiting for others included, but for no
	// longer than that: on a machine that stalls, everything takes long, and that is not for being swept.
	rests, longestRest = 3, 100 * time.Millisecond
	// A pass that lasts this long is losing against what expires: it rests less, and its batches are not small.
	hurryAfter = 10 * time.Minute
)

// sweep deletes expired records, a pass every minute. One that fails is tried again at the next turn: an expired record
// counts as absent all the same.
func (st *State) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			st.sweepAll(ctx)
		}
	}
}

// sweepAll deletes in batches until none is left, so that nobody who commits waits long for it.
func (st *State) sweepAll(ctx context.Context) {
	p := pace{batch: firstBatch, began: time.Now()}
	for ctx.Err() == nil {
		began := time.Now()
		n, err := st.store.Sweep(ctx, st.now().Add(-sweepLater), p.batch)
		if err != nil || n < p.batch {
			return
		}
		rest := time.NewTimer(p.after(began, time.Now()))
		select {
		case <-ctx.Done():
		case <-rest.C:
		}
		rest.Stop()
	}
}

// pace is how fast a pass goes.
type pace struct {
	batch int
	began time.Time
}

// after makes the next batch of a size that fits the store, and says how long to wait for it.
func (p *pace) after(began, ended time.Time) (rest time.Duration) {
	took := ended.Sub(began)
	switch {
	case took > longBatch:
		p.batch = max(leastBatch, p.batch/2)
	case took < shortBatch:
		p.batch = min(mostBatch, p.batch*2)
	}
	if ended.Sub(p.began) > hurryAfter {
		p.batch = max(firstBatch, p.batch)
		return min(took, longestRest)
	}
	return min(rests*took, longestRest)
}
