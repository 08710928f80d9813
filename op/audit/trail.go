package audit

import (
	"context"

	"github.com/seed-5b16f944/gatehouse/op/web"
)

// Trail takes what happens. A nil one takes it and tells nobody.
type Trail struct {
	tell func(context.Context, Event)
}

// NewTrail makes a trail that tells tell, on the goroutine of who told it.
func NewTrail(tell func(context.Context, Event)) *Trail { return &Trail{tell} }

// Tell says what has happened in a request, or with the context of none. It is called after the commit that made it
// so; nothing that comes of it can change that any more.
func (t *Trail) Tell(ctx context.Context, e Event) {
	if t == nil {
		return
	}
	e.ClientIP = web.ClientIPOf(ctx)
	t.tell(ctx, e)
}
