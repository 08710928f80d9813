package dpop

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

// TestThreat116_AProofIsSpentOnceOverNodes: nodes of one store know each other's, from the first moment of each.
func TestThreat116_AProofIsSpentOnceOverNodes(t *testing.T) {
	w := open(t)
	s := memory.New(w.clock.now)
	nodes := [2]*Proofs{NewShared(w.secrets, s, w.clock.now, time.Time{}), NewShared(w.secrets, s, w.clock.now, time.Time{})}
	for range 5 {
		proof := w.good(w.proof(nil))
		var worked atomic.Int64
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				switch err := nodes[i%2].Spend(t.Context(), proof); {
				case err == nil:
					worked.Add(1)
				case code(err) != "invalid_dpop_proof":
					t.Error(err)
				}
			})
		}
		all.Wait()
		if worked.Load() != 1 {
			t.Fatalf("it counted %d times", worked.Load())
		}
	}
	// A node that was started later is no way around it, and needs no nonce for it.
	proof := w.good(w.proof(nil))
	if err := nodes[0].Spend(t.Context(), proof); err != nil {
		t.Fatal(err)
	}
	if err := NewShared(w.secrets, s, w.clock.now, time.Time{}).Spend(t.Context(), proof); code(err) != "invalid_dpop_proof" {
		t.Errorf("at a node that has just started: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := nodes[1].Spend(t.Context(), w.good(w.proof(nil))); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("without the store: %v", err)
	}
}

// TestThreat116_AStepOfTheClockIsForgotten: one node's clock is ahead until it has looked at that of the database again. It must not go
// on to refuse proofs for as long as it was ahead; and what was used stays used.
func TestThreat116_AStepOfTheClockIsForgotten(t *testing.T) {
	w := open(t)
	s := memory.New(w.clock.now)
	w.Proofs = NewShared(w.secrets, s, w.clock.now, w.clock.now().Add(-time.Minute))
	used := w.good(w.proof(nil))
	if err := w.Spend(t.Context(), used); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(time.Hour)
	_ = w.good(w.proof(nil))
	w.clock.advance(-time.Hour)
	if err := w.Spend(t.Context(), w.good(w.proof(nil))); err != nil {
		t.Errorf("a proof of now: %v", err)
	}
	if err := w.Spend(t.Context(), used); code(err) != "invalid_dpop_proof" {
		t.Errorf("a proof of before: %v", err)
	}
	old := w.proof(map[string]any{"iat": w.clock.now().Add(-55 * time.Second).Unix()})
	if _, err := w.Check([]string{old}, request()); code(err) != "invalid_dpop_proof" {
		t.Errorf("one that could be from before the store was restored: %v", err)
	}
}
