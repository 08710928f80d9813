package site

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// maxCookie bounds what is looked at at all; no cookie of ours comes near it.
const maxCookie = 256

// digest is what a cookie at a site is remembered by; the cookie itself is not.
type digest [sha256.Size]byte

// digestOf hashes without moving anything to the heap: the guard does this for every request.
func digestOf(audience, cookie string) digest {
	var buffer [1024]byte
	if len(audience)+len(cookie)+8 > len(buffer) {
		return sha256.Sum256(appendParts(nil, audience, cookie))
	}
	return sha256.Sum256(appendParts(buffer[:0], audience, cookie))
}

// appendParts prefixes the first part with its length, so that no two pairs read alike.
func appendParts(to []byte, first, second string) []byte {
	to = binary.BigEndian.AppendUint64(to, uint64(len(first)))
	to = append(to, first...)
	return append(to, second...)
}

// fact is what is remembered of one cookie. It is never written to after it was made.
type fact struct {
	token *grant.Token
	basis basis
	// until is when the session is over if nobody comes, and unseen when the next visit is to be noted; in Unix
	// nanoseconds.
	until, unseen int64
}

// maxRecords is the number of records a fact depends on: the site's session, the provider's, and the account.
const maxRecords = 3

// basis says against what a fact was checked. Each value is loaded before the record behind it is read, so that a
// change in between shows as a difference.
type basis struct {
	users  uint64 // generation of the user directory
	count  int
	slots  [maxRecords]uint32
	values [maxRecords]uint64
}

// on adds a record that is about to be read.
func (b *basis) on(generations *store.Generations, kind store.Kind, key string) {
	slot := generations.Slot(kind, key)
	b.slots[b.count], b.values[b.count] = slot, generations.Mark(slot)
	b.count++
}

// live reports whether a fact still answers: nothing that it was checked against has changed, and its time is not
// over. The clock is asked last: it costs most.
func (s *Sites) live(f *fact, visiting bool) bool {
	if !s.Generations.Current() || f.basis.users != s.Users.Generation() {
		return false
	}
	for i := range f.basis.count {
		if s.Generations.Load(f.basis.slots[i]) != f.basis.values[i] {
			return false
		}
	}
	limit := f.until
	if visiting {
		limit = min(limit, f.unseen)
	}
	return s.Now().UnixNano() < limit
}
