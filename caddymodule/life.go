package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// errStopped answers requests that outlive their configuration and its store.
var errStopped = fmt.Errorf("the provider has stopped: %w", oauth.ErrUnavailable)

// life carries one provider through the life of one configuration: prepared in Provision, begun by Start or
// by a request that comes before it, ended by Cleanup. It takes a share of the State when it begins, in a reload
// before that, and gives it back when it ends, each at most once.
type life struct {
	config   op.Config
	location op.Location
	ctx      context.Context //nolint:containedctx // the configuration's own, which ends with it
	observer op.Observer

	running atomic.Pointer[op.Provider]

	mu     sync.Mutex
	leased *op.State
	ended  bool
	cancel context.CancelFunc
	runs   sync.WaitGroup
}

func (l *life) prepare(ctx caddy.Context, config op.Config, location op.Location) {
	log := ctx.Logger().With(zap.String("provider", config.Name))
	l.config, l.location, l.ctx = config, location, ctx
	l.location.Metrics = counts.Provider(config.Name)
	l.observer = op.Observer{Log: log}
}

// key is where the State lives, the name it has in the pool.
func (l *life) key() string {
	if l.location.Driver != driverPostgres {
		return l.place()
	}
	// Another number of connections is another pool of them. The old one and the new one get along as nodes do.
	return fmt.Sprintf("%s %d %s", l.place(), l.location.Postgres.MaxConns, l.location.Postgres.StatementTimeout)
}

// place is where the State lives, for whatever use.
func (l *life) place() string { return place(l.location, l.config.Name) }

// begun returns the running provider. The first call begins it, with the resources and sites that declare gives; a
// failure is not remembered.
func (l *life) begun(declare func() ([]op.Resource, []op.Site)) (*op.Provider, error) {
	if running := l.running.Load(); running != nil {
		return running, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if running := l.running.Load(); running != nil {
		return running, nil
	}
	if l.ended {
		return nil, errStopped
	}
	l.config.Resources, l.config.Sites = declare()
	running, err := l.begin()
	if err != nil {
		return nil, err
	}
	l.running.Store(running)
	return running, nil
}

// take leases the State before the provider begins, so that a store that does not open is known while nothing
// of this configuration serves yet.
func (l *life) take() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return errStopped
	}
	return l.lease()
}

// lease takes a share of the State, unless one was taken before.
func (l *life) lease() error {
	if l.leased != nil {
		return nil
	}
	state, err := leaseState(l.ctx, l.key(), l.location)
	if err != nil {
		return err
	}
	l.leased = state
	return nil
}

// begin leases the State and starts the provider on it. On failure nothing stays taken.
func (l *life) begin() (*op.Provider, error) {
	if err := l.lease(); err != nil {
		return nil, err
	}
	running, err := op.New(l.config, l.leased, l.observer)
	if err == nil {
		err = running.Start(l.ctx)
	}
	if err != nil {
		return nil, errors.Join(err, l.release())
	}
	ctx, cancel := context.WithCancel(l.ctx)
	l.cancel = cancel
	l.runs.Go(func() { running.Run(ctx) })
	return running, nil
}

// end stops what runs in the background and gives the State back. Requests in flight go on with the State
// while another configuration holds it; when nobody does, they are answered 503.
func (l *life) end() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	if l.cancel != nil {
		l.cancel()
		l.runs.Wait()
		l.cancel = nil
	}
	return l.release()
}

// release gives the share of the State back, if one was taken.
func (l *life) release() error {
	if l.leased == nil {
		return nil
	}
	l.leased = nil
	closed, err := releaseState(l.key())
	if closed {
		// Remembered tokens would still be answered from memory: nothing tells them of a revocation any more.
		l.running.Store(nil)
	}
	return err
}
