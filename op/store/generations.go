package store

import "sync/atomic"

// slots is how many counters Generations has. Two records may share one, which costs a needless read, never a stale answer.
const slots = 4096

// Generations tell readers that what they remember may be stale. A reader takes the slots of the records it is about
// to read and loads their values BEFORE it reads; as long as every slot still has that value, no commit of this node, and none
// reported by another, has touched the records since. The zero value is ready to use.
type Generations struct {
	counters [slots]atomic.Uint64
}

// Slot is the counter that stands for a record. It never changes, so it can be remembered with the fact.
func (g *Generations) Slot(k Kind, key string) uint32 {
	// FNV-1a over kind, a byte no kind contains, and key.
	const offset, prime = 2166136261, 16777619
	h := uint32(offset)
	for i := range len(k) {
		h = (h ^ uint32(k[i])) * prime
	}
	h = (h ^ 0xff) * prime
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * prime
	}
	return (h ^ h>>16) % slots
}

// Load is the value of a slot now. A slot that Slot did not give counts as one that exists.
func (g *Generations) Load(slot uint32) uint64 { return g.counters[slot%slots].Load() }

// bump makes everything remembered of a record stale.
func (g *Generations) bump(k Kind, key string) { g.counters[g.Slot(k, key)].Add(1) }

// bumpAll makes everything remembered stale: changes were missed, nobody knows which.
func (g *Generations) bumpAll() {
	for i := range g.counters {
		g.counters[i].Add(1)
	}
}
