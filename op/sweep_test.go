package op

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// sweepable is a store with so many expired records, of which it deletes each in some time.
type sweepable struct {
	store.Store
	left    int
	each    time.Duration
	fails   bool
	batches []int
	busy    time.Duration
}

func (s *sweepable) Sweep(_ context.Context, _ time.Time, limit int) (int, error) {
	s.batches = append(s.batches, limit)
	if s.fails {
		return 0, errors.New("no store")
	}
	n := min(limit, s.left)
	s.left -= n
	began := time.Now()
	time.Sleep(time.Duration(n) * s.each)
	s.busy += time.Since(began)
	return n, nil
}

func TestAPassSweepsAllAndRests(t *testing.T) {
	s := &sweepable{left: 3000, each: 20 * time.Microsecond}
	st := &State{store: s, now: time.Now}
	began := time.Now()
	st.sweepAll(t.Context())
	if s.left != 0 {
		t.Errorf("%d left", s.left)
	}
	// The last batch is not rested after.
	if all := time.Since(began); all < 2*s.busy {
		t.Errorf("swept for %s of %s", s.busy, all)
	}
}

func TestAPassEnds(t *testing.T) {
	for name, s := range map[string]*sweepable{"nothing to do": {}, "a store that fails": {left: 1000, fails: true}} {
		(&State{store: s, now: time.Now}).sweepAll(t.Context())
		if len(s.batches) != 1 {
			t.Errorf("%s: %v", name, s.batches)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := &sweepable{left: 1_000_000, each: time.Millisecond}
	time.AfterFunc(100*time.Millisecond, cancel)
	began := time.Now()
	(&State{store: s, now: time.Now}).sweepAll(ctx)
	if took := time.Since(began); took > 5*time.Second || s.left == 0 {
		t.Errorf("a pass that was ended took %s, %d left", took, s.left)
	}
}

func TestPace(t *testing.T) {
	start := time.Now()
	p := pace{batch: firstBatch, began: start}
	for _, c := range []struct {
		took time.Duration
		want int
	}{
		{10 * time.Millisecond, 500},
		{time.Millisecond, 1000},
		{time.Millisecond, 2000},
		{time.Millisecond, 2000},
		{time.Second, 1000},
		{21 * time.Millisecond, 500},
		{time.Second, 250},
		{time.Second, 125},
		{time.Second, 100},
		{time.Second, 100},
		{time.Millisecond, 200},
	} {
		if rest := p.after(start, start.Add(c.took)); rest != min(3*c.took, 100*time.Millisecond) || p.batch != c.want {
			t.Errorf("after %s: %d rows and a rest of %s, want %d", c.took, p.batch, rest, c.want)
		}
	}
	late := start.Add(hurryAfter + time.Second)
	if rest := p.after(late, late.Add(15*time.Millisecond)); rest != 15*time.Millisecond || p.batch != firstBatch {
		t.Errorf("a pass that loses rests for %s after %d rows", rest, p.batch)
	}
}
