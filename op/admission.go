package op

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/moving"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// admission is asked on every connection that is made to a store of several nodes. A node may have been cut off while
// the store was exported, and must not serve from it when it is back.
type admission struct {
	// restored is what the store was when it was opened, nil until then.
	restored atomic.Pointer[time.Time]
}

// as notes what the store was found to be.
func (a *admission) as(restored time.Time) { a.restored.Store(&restored) }

func (a *admission) check(ctx context.Context, r store.Reader) error {
	return moving.CheckServed(ctx, r, a.restored.Load())
}
