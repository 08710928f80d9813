package upstream

import (
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// Token is a token for an upstream, and until when it can be shown. It is never written to after it was made.
type Token struct {
	jwt string
	// renew is from when on another should be made, and until when this one may be shown meanwhile; in Unix
	// nanoseconds.
	renew, until int64
	// epoch is that of the ring before it was signed.
	ring  *keys.Ring
	epoch uint64
	now   func() time.Time
}

// JWT is the token as the upstream gets it.
func (t *Token) JWT() string { return t.jwt }

// Good reports whether the token may be shown to the upstream now, with enough of its life left for the upstream's
// own work and clock; stale says that another one should be made nevertheless. Whether what it was made of is live
// still is not asked here. A nil Token is not good.
func (t *Token) Good() (good, stale bool) {
	if t == nil || t.ring.Epoch() != t.epoch { // its key may be one that was removed in an emergency
		return false, true
	}
	now := t.now().UnixNano()
	return now < t.until, now >= t.renew
}

// last works out when the token ends, in Unix seconds, and until when it is used: half of its life, and half of the
// rest while another one is being made. One that ends with what it was made of can be followed by no other, and is
// used to its end.
func (t *Token) last(of *grant.Token, issued int64, life time.Duration) (expires int64) {
	expires = issued + int64(life/time.Second)
	if !of.ExpiresAt.IsZero() && of.ExpiresAt.Unix() < expires {
		// Whole seconds are all that a JWT has. In the last one, what is live still does not give a dead token.
		expires = max(of.ExpiresAt.Unix(), issued+1)
		t.renew = time.Unix(expires, 0).UnixNano()
		t.until = t.renew
		return expires
	}
	t.renew = time.Unix(issued, 0).Add(life / 2).UnixNano()
	t.until = time.Unix(issued, 0).Add(3 * life / 4).UnixNano()
	return expires
}
