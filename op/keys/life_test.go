package keys

import (
	"testing"
	"time"
)

func TestMust044_PhasesOfAKey(t *testing.T) {
	at := func(hours float64) time.Time {
		return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(hours * float64(time.Hour)))
	}
	planned := life{Published: at(0), Activate: at(1), Retire: at(25), Keep: 2 * time.Hour}
	open := life{Published: at(0), Activate: at(1), Keep: 2 * time.Hour}
	const forgotten = 27 + 400*24
	for _, tt := range []struct {
		name    string
		life    life
		hours   float64
		phase   phase
		trusted bool
		erase   bool
	}{
		{"published", planned, 0, next, true, false},
		{"last moment before it signs", planned, 0.9999, next, true, false},
		{"begins to sign", planned, 1, active, true, false},
		{"last moment of signing", planned, 24.9999, active, true, false},
		{"retired", planned, 25, last, true, false},
		{"other clocks are past it too", planned, 25.1, last, true, true},
		{"last moment of its last token", planned, 26.9999, last, true, true},
		{"all it signed has ended", planned, 27, hinting, false, true},
		{"last moment as a hint", planned, forgotten - 0.0001, hinting, false, true},
		{"forgotten", planned, forgotten, gone, false, true},
		{"no end is planned", open, 100_000, active, true, false},
		{"no end is planned, not due", open, 0, next, true, false},
	} {
		now := at(tt.hours)
		if p := tt.life.phase(now); p != tt.phase {
			t.Errorf("%s: phase %d, not %d", tt.name, p, tt.phase)
		}
		if tt.life.trusted(now) != tt.trusted || tt.life.erasable(now) != tt.erase {
			t.Errorf("%s: trusted %v, erasable %v", tt.name, tt.life.trusted(now), tt.life.erasable(now))
		}
	}
}

// The zero value of a phase trusts nothing.
func TestZeroPhaseIsGone(t *testing.T) {
	var p phase
	if p != gone {
		t.Error("the zero phase is not gone")
	}
}
