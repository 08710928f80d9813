package keys

import "time"

// hintFor is how long a public key outlives everything it signed, outside the JWKS, so that an old ID token
// still works as id_token_hint: people come back after months.
const hintFor = 400 * 24 * time.Hour

// lag is what clocks of nodes may differ by. A private part is erased only that long after its last use.
const lag = 5 * time.Minute

// phase is where a key stands in its life.
type phase int

const (
	gone    phase = iota // nothing it signed counts
	next                 // published, so that everybody knows it before it signs
	active               // signs
	last                 // published until nothing it signed can be alive
	hinting              // verifies id_token_hint only
)

// life is all there is to rotation: it was written down when a key was made or its successor was, and the
// phase follows from the clock. So all nodes change over at one instant, with no write and no store in the
// way.
type life struct {
	Published time.Time `json:"published"`
	// Activate is when the key begins to sign.
	Activate time.Time `json:"activate"`
	// Retire is when it ceases to; zero while no end is planned.
	Retire time.Time `json:"retire,omitzero"`
	// Keep is how long after Retire a token it signed can be alive, the longest of all policies it signed under.
	Keep time.Duration `json:"keep"`
}

func (l life) phase(now time.Time) phase {
	switch {
	case now.Before(l.Activate):
		return next
	case l.Retire.IsZero() || now.Before(l.Retire):
		return active
	case now.Before(l.Retire.Add(l.Keep)):
		return last
	case now.Before(l.forgotten()):
		return hinting
	}
	return gone
}

// trusted reports whether a token the key signed may still be alive. A key that does not sign here yet may do
// so on a node whose clock is ahead.
func (l life) trusted(now time.Time) bool {
	p := l.phase(now)
	return p == next || p == active || p == last
}

// erasable reports whether no node needs the private part again.
func (l life) erasable(now time.Time) bool {
	return !l.Retire.IsZero() && !now.Before(l.Retire.Add(lag))
}

// forgotten is when not even a hint counts any more. It means something for a key with a planned end only.
func (l life) forgotten() time.Time { return l.Retire.Add(l.Keep + hintFor) }
