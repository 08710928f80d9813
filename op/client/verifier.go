package client

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"sync"

	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

// maxRemembered bounds the successes kept. There is one for each configured secret that is in use, so
// the bound is met only by a configuration larger than that, which then hashes more often.
const maxRemembered = 4096

// mark stands for a client and a secret that was right for it.
type mark [sha256.Size]byte

// verifier checks secrets. It remembers the right ones among those that cost a password hash, under an
// HMAC whose key exists only in this process; failures are never remembered.
type verifier struct {
	key  []byte
	gate *throttle.Gate
	// decoys are the clients whose secrets are verified in place of an unknown client's.
	decoys []*Client

	mu         sync.RWMutex
	remembered map[mark]struct{}
}

func newVerifier(configured []*Client, gate *throttle.Gate) *verifier {
	v := &verifier{key: make([]byte, sha256.Size), gate: gate, remembered: make(map[mark]struct{})}
	// crypto/rand.Read ends the process rather than return less than it was asked for.
	_, _ = rand.Read(v.key)
	for _, c := range configured {
		if len(c.Secrets) > 0 {
			v.decoys = append(v.decoys, c)
		}
	}
	// In the order of cost, so that adding a client moves few unknown ids from one cost to another.
	slices.SortStableFunc(v.decoys, func(a, b *Client) int { return strings.Compare(a.Secrets[0].hash, b.Secrets[0].hash) })
	return v
}

// verify reports whether secret is one of the client's. For a client without secrets, and for none at
// all, it does the same work on another's and says no.
func (v *verifier) verify(ctx context.Context, c *Client, id, secret string) (bool, error) {
	judged := c
	if c == nil || len(c.Secrets) == 0 {
		judged = v.decoy(id)
	}
	if judged == nil {
		return false, nil
	}
	for _, candidate := range judged.Secrets {
		right, err := v.verifyOne(ctx, candidate, id, secret, judged == c)
		if right || err != nil {
			return right && judged == c, err
		}
	}
	return false, nil
}

// verifyOne tries one secret; theirs says that it belongs to the client which shows it.
func (v *verifier) verifyOne(ctx context.Context, candidate Secret, id, secret string, theirs bool) (bool, error) {
	if !candidate.slow() {
		return candidate.Verify(secret)
	}
	m := v.mark("right", id, candidate.hash, secret)
	v.mu.RLock()
	_, known := v.remembered[m]
	v.mu.RUnlock()
	if known {
		return true, nil
	}
	leave, err := v.gate.Enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	right, err := candidate.Verify(secret)
	if err != nil {
		return false, err
	}
	if right && theirs {
		v.remember(m)
	}
	return right, nil
}

func (v *verifier) remember(m mark) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.remembered) >= maxRemembered {
		clear(v.remembered)
	}
	v.remembered[m] = struct{}{}
}

// decoy is always the same client for one unknown id, as the secrets of a known one are: the costs that
// strangers meet are spread as those of the configured clients are.
func (v *verifier) decoy(id string) *Client {
	if len(v.decoys) == 0 {
		return nil
	}
	m := v.mark("decoy", id)
	place, _ := bits.Mul64(binary.BigEndian.Uint64(m[:8]), uint64(len(v.decoys)))
	return v.decoys[place]
}

// mark is an HMAC over the parts, each with its length before it, so that no two lists of parts make
// the same input. The hash is one of the parts: a changed client is not the one that was remembered.
func (v *verifier) mark(parts ...string) mark {
	mac := hmac.New(sha256.New, v.key)
	for _, part := range parts {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		mac.Write(size[:])
		mac.Write([]byte(part))
	}
	return mark(mac.Sum(nil))
}
