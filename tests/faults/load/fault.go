package load

import (
	"testing"
	"time"
)

// Fault is harm that is done to a World while everybody works.
type Fault struct {
	// Name is what is done, as a row of docs/reliability.md.
	Name string
	// Weather is the worst that may be expected of the nodes that it befalls, until it is mended and they serve again.
	Weather Weather
	// One says that it befalls one node, by chance; all otherwise.
	One bool
	// Strike does it. mend undoes it and says since when it was undone.
	Strike func(t testing.TB, w *World, struck []*Node) (mend func() time.Time)
	// While is what has to be seen of the nodes that it befalls until it is mended; nil is a moment by chance.
	While func(t testing.TB, w *World, struck []*Node)
	// Within is how soon after it was mended they have to serve.
	Within time.Duration
}

const (
	// busy is how many answers are acknowledged before a fault, and again after it.
	busy = 40
	// moment is the longest of the moments by chance before a fault strikes, and until it is mended.
	moment = 60 * time.Millisecond
)

// Befall has a fault befall the World under load, and checks it. back is how long it took until all nodes served again.
func (w *World) Befall(t testing.TB, f Fault) (back time.Duration) {
	t.Helper()
	struck := w.Nodes
	if f.One {
		struck = []*Node{w.Any()}
	}
	w.Begin()
	w.Await(t, busy)
	for _, n := range w.Nodes {
		w.serves(t, n)
	}
	time.Sleep(aMoment())
	for _, n := range struck {
		n.Turn(f.Weather)
	}
	mend := f.Strike(t, w, struck)
	if f.While == nil {
		time.Sleep(aMoment())
	} else {
		f.While(t, w, struck)
	}
	since := mend()
	for _, n := range struck {
		w.serves(t, n)
		n.Turn(Fair)
	}
	back = time.Since(since)
	w.Await(t, busy)
	w.Stop()
	w.Check(t)
	return back
}

// BefallOften is Befall again and again, unless something is wrong. back is the longest time that it took, and must not
// be longer than the fault may take.
func (w *World) BefallOften(t testing.TB, f Fault, times int) (back time.Duration) {
	t.Helper()
	for range times {
		back = max(back, w.Befall(t, f))
		if t.Failed() {
			return back
		}
	}
	if back > f.Within {
		t.Errorf("%s: served again after %s, want %s", f.Name, back, f.Within)
	}
	return back
}

func aMoment() time.Duration { return time.Duration(chance(int(moment))) }
