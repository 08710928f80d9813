package dpop

import (
	"crypto/sha256"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// The layout of seen. A slot holds the proofs of slotSeconds; the ring of slots covers far more than the time for
// which a proof is good, so that a slot is over when another takes its place.
const (
	slotSeconds = 16
	slots       = 8
	seenShards  = 64
	// maxSeen bounds what is remembered, at some 40 bytes each. It takes 30,000 proofs a second to reach it, which
	// several cores would be busy with verifying.
	maxSeen = 1 << 21
)

// errFull: what cannot be remembered cannot be let through. Nothing is forgotten early instead, or whoever may
// make many proofs could make room for one that was used (CWE-294).
var errFull = fmt.Errorf("too many proofs to remember: %w", oauth.ErrUnavailable)

// mark stands for the key and the jti of one proof.
type mark [16]byte

func markOf(thumbprint, id string) mark {
	sum := sha256.Sum256([]byte(thumbprint + " " + id)) // a thumbprint has no blank in it
	return mark(sum[:16])
}

// seen remembers the proofs that were used, for as long as they could be used again.
type seen struct {
	// floor is the oldest iat that is taken, in Unix seconds. It never falls, even if the clock is set back, since
	// what lies below it may have been forgotten.
	floor atomic.Int64
	// least is what the floor does not fall below where it follows the clock.
	least int64
	limit int // of each shard
	// seed says which shard a mark is in. Clients make marks, and could otherwise make as many as fill one.
	seed   maphash.Seed
	shards [seenShards]seenShard
}

type seenShard struct {
	mu    sync.Mutex
	slots [slots]slot
	_     [32]byte // no two shards in one cache line
}

// slot has the proofs of one span of time, which it is numbered by.
type slot struct {
	number int64
	marks  map[mark]struct{}
}

func newSeen(limit int) *seen { return &seen{limit: limit / seenShards, seed: maphash.MakeSeed()} }

// raise lifts the floor and gives it.
func (s *seen) raise(to int64) int64 {
	for {
		floor := s.floor.Load()
		if to <= floor {
			return floor
		}
		if s.floor.CompareAndSwap(floor, to) {
			return to
		}
	}
}

// follow moves the floor with the clock, also back, and gives it. It is for marks that are remembered elsewhere as well: what
// lies below is not forgotten there, and a clock that was ahead for a moment is no reason to refuse what is made now.
func (s *seen) follow(to int64) int64 {
	to = max(to, s.least)
	s.floor.Store(to)
	return to
}

// add reports whether a proof made at iat is new, and remembers it; errFull when it cannot. iat is not below the
// floor, or was not a moment ago.
func (s *seen) add(m mark, iat int64) (isNew bool, err error) {
	shard := &s.shards[maphash.Bytes(s.seed, m[:])%seenShards]
	number := iat / slotSeconds
	shard.mu.Lock()
	defer shard.mu.Unlock()
	at := &shard.slots[number%slots]
	switch {
	case number < at.number: // its own time is forgotten already
		return false, nil
	case number > at.number:
		at.number, at.marks = number, nil
	}
	if _, used := at.marks[m]; used {
		return false, nil
	}
	if !shard.hasRoom(s.limit, s.floor.Load()/slotSeconds) {
		return false, errFull
	}
	if at.marks == nil {
		at.marks = make(map[mark]struct{})
	}
	at.marks[m] = struct{}{}
	return true, nil
}

// hasRoom drops the slots that are over and reports whether fewer than limit marks are left.
func (s *seenShard) hasRoom(limit int, oldest int64) bool {
	count := 0
	for i := range s.slots {
		if s.slots[i].number < oldest {
			s.slots[i].marks = nil
		}
		count += len(s.slots[i].marks)
	}
	return count < limit
}
