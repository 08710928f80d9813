package grant

import (
	"crypto/sha256"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/seed-5b16f944/gatehouse/op/metrics"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// digest is the SHA-256 under which a token's facts are remembered; the token itself is not.
type digest [sha256.Size]byte

// digestOf hashes without moving the token to the heap, as a plain conversion would: the guard does
// this for every request. Tokens of ours fit the buffer; what does not is hashed all the same.
func digestOf(token string) digest {
	var buffer [1024]byte
	if len(token) > len(buffer) {
		return sha256.Sum256([]byte(token))
	}
	return sha256.Sum256(buffer[:copy(buffer[:], token)])
}

// Memory remembers what was found out about access tokens. It outlives a configuration: facts carry
// what they were checked against, and whoever reads them looks whether that still stands.
type Memory struct {
	generations *store.Generations
	facts       *otter.Cache[digest, *fact]
	standings   *otter.Cache[string, *held]
	members     atomic.Uint64

	tokenLookups, grantLookups metrics.Cache
}

// NewMemory makes a memory of at most size tokens, and of as many grants. The generations are those of the
// tracked store that every Grants over this memory reads.
func NewMemory(generations *store.Generations, size int) *Memory {
	return &Memory{
		generations: generations,
		facts:       otter.Must(&otter.Options[digest, *fact]{MaximumSize: size}),
		standings:   otter.Must(&otter.Options[string, *held]{MaximumSize: size}),
	}
}

// Count has look-ups counted. Call it before first use.
func (m *Memory) Count(by *metrics.Provider) {
	m.tokenLookups, m.grantLookups = by.Tokens(), by.Grants()
}

// join numbers a configuration. A number, not a pointer, so that a fact never keeps an old
// configuration in memory.
func (m *Memory) join() uint64 { return m.members.Add(1) }

// fact is what is remembered of one access token. It is never written to after it was made.
type fact struct {
	access *accessToken
	token  *Token
	watch  watch
	issuer string
	expiry int64 // Unix nanoseconds
}

// maxWatched is the number of records one token depends on: its own or its denial, grant, client,
// account, session and consent.
const maxWatched = 6

// watch says against what a fact was checked. Each value is loaded before the record behind it is
// read, so that a change in between shows as a difference.
type watch struct {
	member uint64
	epoch  uint64 // of the key ring
	users  uint64 // generation of the user directory
	count  int
	slots  [maxWatched]uint32
	values [maxWatched]uint64
}

// watching begins a watch; it must come before the first read it is to cover.
func (g *Grants) watching() watch {
	return watch{member: g.member, epoch: g.Ring.Epoch(), users: g.Users.Generation()}
}

// on adds a record that is about to be read.
func (w *watch) on(generations *store.Generations, kind store.Kind, key string) {
	slot := generations.Slot(kind, key)
	w.slots[w.count], w.values[w.count] = slot, generations.Mark(slot)
	w.count++
}

// with adds what another watch has noted, as it was noted.
func (w *watch) with(other *watch) {
	for i := range other.count {
		w.slots[w.count], w.values[w.count] = other.slots[i], other.values[i]
		w.count++
	}
}

// stands reports whether nothing the fact was checked against has changed, as far as this node can tell.
func (g *Grants) stands(w *watch) bool {
	if !g.Memory.generations.Current() || w.member != g.member || w.epoch != g.Ring.Epoch() || w.users != g.Users.Generation() {
		return false
	}
	for i := range w.count {
		if g.Memory.generations.Load(w.slots[i]) != w.values[i] {
			return false
		}
	}
	return true
}

// remember keeps what was found out about a token.
func (g *Grants) remember(sum digest, a *accessToken, t *Token, w watch) {
	g.Memory.facts.Set(sum, &fact{access: a, token: t, watch: w, issuer: g.Issuer, expiry: t.ExpiresAt.UnixNano()})
}

// live reports whether the fact still answers for its token. The clock is asked last: it costs most.
func (g *Grants) live(f *fact) bool {
	return g.stands(&f.watch) && g.Now().UnixNano() < f.expiry
}

// liveUntil is the earlier of two ends; a zero end is never.
func liveUntil(end, limit time.Time) time.Time {
	if !limit.IsZero() && limit.Before(end) {
		return limit
	}
	return end
}
