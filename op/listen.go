package op

import (
	"context"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

const (
	// listenAgain bounds the pause before somebody listens again to what other nodes do. Until then nothing is
	// remembered, which is slow.
	listenAgain = time.Second
	// followEvery is how often the keys are looked at while nobody tells of them.
	followEvery = 500 * time.Millisecond
)

// listen hears what other nodes change, for as long as the State is open.
func (st *State) listen(ctx context.Context) {
	for pause := listenAgain / 16; ctx.Err() == nil; pause = min(2*pause, listenAgain) {
		began := time.Now()
		// Why it ended shows in Listening; the tracked store has made everything stale.
		_ = st.store.Watch(ctx, st.heard)
		st.heard(store.Change{}) // the keys may have changed since it heard last
		if time.Since(began) > 2*listenAgain {
			pause = listenAgain / 16
		}
		select {
		case <-ctx.Done():
		case <-time.After(store.Jitter(pause)): // not all nodes at once
		}
	}
}

// heard is told of a change by another node. It holds up those that follow, so it leaves the work to followKeys.
func (st *State) heard(c store.Change) {
	if c.Op != 0 && c.Record.Kind != store.Keys {
		return
	}
	select {
	case st.keysMoved <- struct{}{}:
	default:
	}
}

// followKeys reads the signing keys when another node has changed them, and again and again while nobody would tell:
// a key that was removed in an emergency is to count nowhere.
func (st *State) followKeys(ctx context.Context) {
	ticker := time.NewTicker(followEvery)
	defer ticker.Stop()
	var failed error
	for {
		select {
		case <-ctx.Done():
			return
		case <-st.keysMoved:
		case <-ticker.C:
			if failed == nil && st.generations.Current() {
				continue
			}
		}
		failed = st.ring.Reload(ctx)
	}
}

// Listening reports whether this node hears at once what others change. While it does not, it remembers nothing and
// asks the store for everything. A store of one node has nothing to be heard.
func (st *State) Listening() bool { return !st.generations.Deaf() }

// tellOfDeafness logs when this node ceases to hear what others change, and when it hears again.
func (p *Provider) tellOfDeafness(ctx context.Context) {
	ticker := time.NewTicker(listenAgain)
	defer ticker.Stop()
	for heard := true; ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		hears := p.state.Listening()
		switch {
		case heard && !hears:
			p.log.Warn("the store does not tell what other nodes change; until it does, nothing is answered from memory")
		case hears && !heard:
			p.log.Info("the store tells again what other nodes change")
		}
		heard = hears
	}
}
