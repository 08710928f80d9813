package backchannel

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/metrics"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

const (
	// lookEvery is how often the store is looked at when nothing else is a reason to: what another process has
	// written rings no bell here.
	lookEvery = 15 * time.Second
	// page is how many records are read, and how many clients of what has ended are gone through, at a time.
	page = 100
)

// Deps are the rooms a Worker uses.
type Deps struct {
	Store     store.Store
	Sessions  *session.Sessions
	Clients   *client.Registry
	Protector *client.Protector
	// Fetch sends the notices. It should be the Worker's own: nobody who signs in is to wait for them.
	Fetch *fetch.Client
	// Bell is rung when a session has ended.
	Bell *Bell
	// Issuer is in every token, exactly as written.
	Issuer string
	Now    func() time.Time
	Log    *zap.Logger
	// Count counts the attempts.
	Count *metrics.Provider
}

// Worker tells clients of the sessions that have ended. There may be several at one store.
type Worker struct {
	Deps
	lanes *lanes
	// freed holds something when a notice has come back: another may go.
	freed   chan struct{}
	sending sync.WaitGroup
}

// New makes a Worker, which begins with Run.
func New(d Deps) *Worker {
	return &Worker{Deps: d, lanes: newLanes(d.Now), freed: make(chan struct{}, 1)}
}

// Run works until ctx ends, and returns when nothing of it is left: what is on its way is given up, and sent again
// by whoever works next.
func (w *Worker) Run(ctx context.Context) {
	rung, stop := w.Bell.listen()
	defer stop()
	defer w.sending.Wait()
	for ctx.Err() == nil {
		wait, err := w.round(ctx)
		if err != nil && ctx.Err() == nil {
			w.Log.Error("back-channel logout: the notices could not be gone through", zap.Error(err))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-rung:
		case <-w.freed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// round makes notices of what has ended, sends what is due, and says when something will be next. What it could not
// do it comes to again at the next round; nothing else waits for that. err is the first fault.
func (w *Worker) round(ctx context.Context) (wait time.Duration, err error) {
	after := ""
	for {
		records, failed := w.Store.List(ctx, store.LogoutDeliveries, store.Filter{}, after, page)
		if failed != nil {
			return lookEvery, cmp.Or(err, failed)
		}
		moved := false
		var aside []store.Change
		for _, record := range records {
			var did step
			if did, wait, failed = w.look(ctx, record); wait > 0 {
				break
			}
			moved, aside = moved || did.moved, append(aside, did.aside...)
			err = cmp.Or(err, failed)
		}
		if len(aside) > 0 {
			failed = lostToAnother(w.Store.Commit(ctx, aside...))
			moved, err = moved || failed == nil, cmp.Or(err, failed)
		}
		switch {
		case moved: // read from there again: what was due stands behind it now, as it is next
		case wait > 0:
			return min(wait, lookEvery), err
		case len(records) < page:
			return lookEvery, err
		default:
			after = records[page-1].Key
		}
	}
}

// step is what was done about a record. moved says that it stands there no more. aside is what puts it out of the way
// unsent, in one commit with the others of its page: there may be very many for one client that does not answer, and
// what is due for the others stands behind them.
type step struct {
	moved bool
	aside []store.Change
}

// look does what one record asks for; wait says that neither this nor what follows is due before that time is over.
func (w *Worker) look(ctx context.Context, record store.Record) (did step, wait time.Duration, err error) {
	ended, is, err := session.ReadEnded(record)
	switch {
	case err != nil:
		return step{}, 0, err
	case is:
		err = w.spread(ctx, ended)
		return step{moved: err == nil}, 0, err
	}
	due, err := dueAt(record)
	if err != nil {
		return step{}, 0, err
	}
	if wait := due.Sub(w.Now()); wait > 0 {
		return step{}, wait, nil
	}
	did, err = w.take(ctx, record)
	return did, 0, err
}

// spread makes notices of what has ended, for a page of its clients, in one commit with the mark of how far it came.
// If another worker has been faster that one's notices count.
func (w *Worker) spread(ctx context.Context, ended session.Ended) error {
	members, next, err := w.Sessions.Members(ctx, ended, page)
	if err != nil {
		return err
	}
	var changes []store.Change
	for _, m := range members {
		c, err := w.told(ctx, m.ClientID)
		if err != nil {
			return err
		}
		if c != nil {
			changes = append(changes, store.Creating(noticeTo(m, ended, w.Now()).record))
		}
	}
	done := ended.Done()
	if next != "" {
		ended.After = next
		done = ended.Going()
	}
	return lostToAnother(w.Store.Commit(ctx, append(changes, done)...))
}

// told is the client if it is told anything at all, nil if it is not there, disabled, or wants to hear nothing. Where
// it hears is what it registered and nothing that comes with a request.
func (w *Worker) told(ctx context.Context, id string) (*client.Client, error) {
	c, err := w.Clients.Get(ctx, id)
	switch {
	case errors.Is(err, client.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case c.Disabled || c.BackchannelLogoutURI == "":
		return nil, nil
	}
	return c, nil
}
