package postgres

import (
	"testing"
	"time"
)

// TestInDoubtItIsLater: of the two clocks of a machine one jumps and the other may stand still.
func TestInDoubtItIsLater(t *testing.T) {
	local := time.Now()
	there := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := &clock{local: func() time.Time { return local }}
	if !c.now().Equal(local) {
		t.Error("before it was read it is not that of the machine")
	}
	began := local
	for name, test := range map[string]struct {
		seen, local time.Time
		want        time.Duration
	}{
		"a minute later":        {began, began.Add(time.Minute), time.Minute},
		"the machine has slept": {began.Round(0), began.Round(0).Add(time.Hour), time.Hour},
	} {
		local = test.local
		c.seen.Store(&reading{local: test.seen, there: there})
		if got := c.now().Sub(there); got != test.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
