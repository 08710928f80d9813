package load

import (
	"sync"
	"testing"
	"time"
)

const (
	// acknowledgedBy is how long Await waits.
	acknowledgedBy = 90 * time.Second
	// breath is the pause of somebody who was not answered.
	breath = 5 * time.Millisecond
)

// running is a load that goes on.
type running struct {
	stop    chan struct{}
	workers sync.WaitGroup
}

// Begin has everybody work until Stop.
func (w *World) Begin() {
	w.running = &running{stop: make(chan struct{})}
	for _, k := range w.workers {
		w.running.workers.Go(func() { k.work(w.running.stop) })
	}
}

// Stop ends the load and waits for what is under way. Steps whose outcome nobody knows stay to be done again.
func (w *World) Stop() {
	close(w.running.stop)
	w.running.workers.Wait()
	w.running = nil
}

// Hush closes the connections of everybody, so that nothing is held for them.
func (w *World) Hush() {
	for _, n := range w.Nodes {
		n.client.CloseIdleConnections()
	}
}

// Await lets the load go on until so much more was acknowledged.
func (w *World) Await(t testing.TB, more int) {
	t.Helper()
	goal := w.Ledger.Acknowledged() + more
	for deadline := time.Now().Add(acknowledgedBy); w.Ledger.Acknowledged() < goal && !w.Ledger.Blamed(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("only %d of %d answers within %s", w.Ledger.Acknowledged()+more-goal, more, acknowledgedBy)
			return
		}
	}
}
