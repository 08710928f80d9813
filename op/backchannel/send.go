package backchannel

import (
	"context"
	"errors"
	"net/url"
	"time"

	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/metrics"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

const (
	// attemptFor is all the time an attempt has, keys of the client that have to be read included. The next one
	// comes after it.
	attemptFor = 4 * time.Second
	// writeFor is the time for writing down that a notice has arrived. It is not cut short when the worker ends,
	// since the notice would be sent once more.
	writeFor = 5 * time.Second
)

// take has a notice that is due sent, if it may be sent now. The error is the store's.
func (w *Worker) take(ctx context.Context, record store.Record) (step, error) {
	n, err := readNotice(record)
	if err != nil {
		return step{}, err
	}
	c, err := w.told(ctx, n.ClientID)
	switch {
	case err != nil:
		return step{}, err
	case c == nil:
		return step{aside: []store.Change{store.Deleting(n.record)}}, nil
	case !w.Now().Before(n.Until):
		w.logGivenUp(n, nil)
		return step{aside: []store.Change{store.Deleting(n.record)}}, nil
	}
	says, leave := w.lanes.enter(c.ID, n.Attempts > 0)
	if says == later {
		return step{}, nil // w.freed is heard
	}
	claimed := n.next(w.Now())
	claim := []store.Change{store.Deleting(n.record), store.Creating(claimed.record)}
	if says == spare {
		leave(unknown)
		return step{aside: claim}, nil
	}
	if err := w.Store.Commit(ctx, claim...); err != nil {
		leave(unknown)
		err = lostToAnother(err)
		return step{moved: err == nil}, err
	}
	w.sending.Go(func() {
		leave(w.attempt(ctx, c, claimed))
		select {
		case w.freed <- struct{}{}:
		default:
		}
	})
	return step{moved: true}, nil
}

// lostToAnother takes it for no error that another worker has claimed a notice.
func lostToAnother(err error) error {
	if errors.Is(err, store.ErrConflict) {
		return nil
	}
	return err
}

// attempt sends a claimed notice (OpenID Connect Back-Channel Logout section 2.5) and writes down what became of it.
func (w *Worker) attempt(ctx context.Context, c *client.Client, n notice) outcome {
	began := w.Now()
	err := w.post(ctx, c, n)
	took := w.Now().Sub(began)
	if err != nil && ctx.Err() != nil {
		return unknown // it was ended from here
	}
	became := answered
	switch {
	case err != nil && !errors.Is(err, fetch.ErrStatus):
		became = silence
	case took > goodTime:
		became = slow
	}
	writing, done := context.WithTimeout(context.WithoutCancel(ctx), writeFor)
	defer done()
	var failed error
	switch {
	case err == nil:
		w.Count.Delivery(metrics.Delivered)
		failed = w.drop(writing, n)
	case n.last():
		w.logGivenUp(n, err)
		failed = w.drop(writing, n)
	default:
		w.Count.Delivery(metrics.Retried)
		w.log(n).Warn("back-channel logout: the client was not told", zap.Error(err))
	}
	if failed != nil {
		w.log(n).Error("back-channel logout: what became of a notice was not stored", zap.Error(failed))
	}
	return became
}

// post sends a notice with a token of its own.
func (w *Worker) post(ctx context.Context, c *client.Client, n notice) error {
	ctx, cancel := context.WithTimeout(ctx, attemptFor)
	defer cancel()
	token, err := w.token(ctx, c, n)
	if err != nil {
		return err
	}
	return w.Fetch.Post(ctx, c.BackchannelLogoutURI, url.Values{"logout_token": {token}})
}

// logGivenUp tells of a notice that nobody took in time.
func (w *Worker) logGivenUp(n notice, cause error) {
	w.Count.Delivery(metrics.GivenUp)
	w.log(n).Error("back-channel logout: the client was never told", zap.Error(cause))
}

func (w *Worker) drop(ctx context.Context, n notice) error {
	return lostToAnother(w.Store.Commit(ctx, store.Deleting(n.record)))
}

// log names the client and never the token.
func (w *Worker) log(n notice) *zap.Logger {
	return w.Log.With(zap.String("client_id", n.ClientID), zap.Int("attempt", n.Attempts))
}
