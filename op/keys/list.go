package keys

import "time"

// State is where a key stands in its life, in one word.
type State string

// The statesOfPhases of a key, in their order.
const (
	// StateNext is published and does not sign yet, so that everybody knows it before it does.
	StateNext State = "next"
	// StateActive signs.
	StateActive State = "active"
	// StateLast signs no more and is published until nothing it signed can be alive.
	StateLast State = "last"
	// StateHint is no longer published and verifies only the ID tokens that come back as id_token_hint.
	StateHint State = "hint"
)

// Key is what may be told of a signing key: nothing of the key itself.
type Key struct {
	ID    string // the kid, its RFC 7638 thumbprint
	Alg   string
	State State
	// SignsFrom is when it began to sign or will.
	SignsFrom time.Time
	// SignsUntil is when it ceased to sign or will; zero while no end is planned.
	SignsUntil time.Time
}

// List tells of every key there is, those that sign first. It is what this process knows, without a look into
// the store.
func (r *Ring) List() []Key {
	now := r.now()
	known := r.current.Load().keys
	list := make([]Key, 0, len(known))
	for _, k := range known {
		if told, there := k.tell(now); there {
			list = append(list, told)
		}
	}
	return list
}

// statesOfPhases are the phases that there is something to tell of.
var statesOfPhases = map[phase]State{next: StateNext, active: StateActive, last: StateLast, hinting: StateHint}

// tell is what may be told of a key; false for one that is gone.
func (k *signingKey) tell(now time.Time) (Key, bool) {
	state, there := statesOfPhases[k.phase(now)]
	return Key{ID: k.kid, Alg: k.alg, State: state, SignsFrom: k.Activate, SignsUntil: k.Retire}, there
}
