package keys

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// snapshot is what the ring knew at one moment. It never changes, so its readers take no lock.
type snapshot struct {
	epoch       uint64
	headVersion int64
	keys        []*signingKey
	jwks        []byte
}

// newSnapshot makes the JWKS once for all who will ask for it. The active keys stand first: some clients take
// the first that fits.
func newSnapshot(w *working, now time.Time) (*snapshot, error) {
	ordered := slices.DeleteFunc(slices.Clone(w.keys), func(k *signingKey) bool { return k.phase(now) == gone })
	rank := map[phase]int{active: 0, last: 1, next: 2, hinting: 3}
	slices.SortFunc(ordered, func(a, b *signingKey) int {
		return cmp.Or(
			cmp.Compare(rank[a.phase(now)], rank[b.phase(now)]),
			cmp.Compare(a.alg, b.alg),
			a.Activate.Compare(b.Activate),
			cmp.Compare(a.kid, b.kid),
		)
	})
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range ordered {
		if k.trusted(now) {
			set.Keys = append(set.Keys, k.jwk())
		}
	}
	body, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("keys: encode JWKS: %w", err)
	}
	return &snapshot{epoch: w.Epoch, headVersion: w.headVersion, keys: ordered, jwks: body}, nil
}

// signer is the key that signs with alg, nil if there is none. When only a key that is not due is left, which
// is so on a node whose clock is behind that of the one who made it, it signs already: it is published, and
// the alternative is an outage.
func (s *snapshot) signer(alg string, now time.Time) *signingKey {
	var best *signingKey
	for _, k := range s.keys {
		if k.alg != alg || k.private == nil {
			continue
		}
		switch p := k.phase(now); {
		case p == active && (best == nil || best.phase(now) == next || k.Activate.After(best.Activate)):
			best = k
		case p == next && (best == nil || best.phase(now) == next && k.Activate.Before(best.Activate)):
			best = k
		}
	}
	return best
}

// find is the key whose header of an allowed typ the token bears, byte for byte. We verify only what we
// signed, and we sign under a header of one form. So nothing a stranger writes into a header is ever
// interpreted: no other algorithm, no embedded key, no crit, no second member of one name (RFC 8725 sections
// 3.1, 3.10).
func (s *snapshot) find(header []byte, typ string) *signingKey {
	text := string(header)
	for _, k := range s.keys {
		if tail, ok := strings.CutPrefix(text, k.header); ok && ends(tail, typ) {
			return k
		}
	}
	return nil
}

// ends reports whether tail is the end of a header of ours for that typ.
func ends(tail, typ string) bool {
	return tail == `,"typ":"`+typ+`"}` || typ == TypeIDToken && tail == "}"
}
