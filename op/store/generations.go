package store

import (
	"math"
	"sync/atomic"
	"time"
)

// slots is how many counters Generations has for each kind. Two records of a kind may share one, which costs
// a needless read, never a stale answer. Records of different kinds never do: refresh tokens are written all
// the time, and nothing that is remembered depends on one.
const slots = 4096

// regions is how many kinds can have counters of their own. The last ones are spare; kinds nobody knows share
// the very last.
const regions = 32

// regionOf numbers the kinds.
var regionOf = func() map[Kind]uint32 {
	numbers := make(map[Kind]uint32, len(Kinds))
	for i, k := range Kinds {
		numbers[k] = uint32(min(i, regions-1))
	}
	return numbers
}()

// believed is for how long something remembered is used without a word from the store that nothing else has happened: what
// one node ends is over at all others within a second.
const believed = time.Second

// never is the value of no slot: what is remembered with it is stale from the beginning.
const never = math.MaxUint64

// Generations tell readers that what they remember may be stale. A reader takes the slots of the records it
// is about to read and marks their values BEFORE it reads; as long as every slot still has that value, no
// commit of this node, and none reported by another, has touched the records since; and as long as they are Current,
// none of another node had a second ago. The zero value is ready to use.
type Generations struct {
	counters [regions * slots]atomic.Uint64
	// deaf says that other nodes change records and this one does not hear of it. It is looked at where something is
	// to be remembered and not where that is used, which has to cost nothing.
	deaf atomic.Bool
	// shared says that other nodes write to the store.
	shared atomic.Bool
	// known is up to when all that other nodes did has been heard of; nil while nothing is.
	known atomic.Pointer[time.Time]
}

// Slot is the counter that stands for a record. It never changes, so it can be remembered with the fact.
func (g *Generations) Slot(k Kind, key string) uint32 {
	// FNV-1a.
	const offset, prime = 2166136261, 16777619
	h := uint32(offset)
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * prime
	}
	region, known := regionOf[k]
	if !known {
		region = regions - 1
	}
	return region*slots + (h^h>>16)%slots
}

// Mark is the value of a slot to remember with what is about to be read. While the changes of other nodes are not
// heard of, it is one that Load never gives, so that nothing is remembered.
func (g *Generations) Mark(slot uint32) uint64 {
	// The counter first: whoever turns deaf moves it afterwards.
	value := g.Load(slot)
	if g.deaf.Load() {
		return never
	}
	return value
}

// Load is the value of a slot now, to compare a mark with. A slot that Slot did not give counts as one that exists.
func (g *Generations) Load(slot uint32) uint64 { return g.counters[slot%(regions*slots)].Load() }

// bump makes everything remembered of a record stale.
func (g *Generations) bump(k Kind, key string) { g.counters[g.Slot(k, key)].Add(1) }

// bumpAll makes everything remembered stale: changes were missed, nobody knows which.
func (g *Generations) bumpAll() {
	for i := range g.counters {
		g.counters[i].Add(1)
	}
}

// Shared reports whether other nodes write to the store as well, so that what is remembered may be behind it by the time
// that news takes.
func (g *Generations) Shared() bool { return g.shared.Load() }

// Current reports whether what is remembered may be used, if its slots still have their values. A node that stood still,
// or its machine, knows nothing of what happened meanwhile, and the requests that waited for it come before the news.
func (g *Generations) Current() bool {
	if !g.Shared() {
		return true
	}
	known := g.known.Load()
	if known == nil {
		return false
	}
	now := time.Now()
	// While a machine sleeps the one clock stands still, and when somebody sets it the other goes wrong.
	return max(now.Sub(*known), now.Round(0).Sub(known.Round(0))) < believed
}

// Deaf reports whether other nodes change records and this one does not hear of it now.
func (g *Generations) Deaf() bool { return g.deaf.Load() }

// turnDeaf makes everything stale, and everything that will be remembered until hear; what is kept without a slot is not
// Current from now on.
func (g *Generations) turnDeaf() {
	g.deaf.Store(true)
	g.known.Store(nil)
	g.bumpAll()
}

// hear ends deafness: changes made from now on are heard of. Those made before may have been missed.
func (g *Generations) hear() {
	g.bumpAll()
	g.deaf.Store(false)
}
