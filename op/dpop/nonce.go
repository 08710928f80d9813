package dpop

import (
	"strconv"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
)

const (
	// nonceLife is how long a nonce is good for.
	nonceLife = 5 * time.Minute
	// nonceFresh is how old a nonce may be until its client is given another.
	nonceFresh = time.Minute
	// noncePurpose keeps the MACs of nonces from counting for anything else.
	noncePurpose = "dpop nonce"
)

// nonces makes and reads nonces (RFC 9449 section 8) that say when they were made. All nodes with one store read
// each other's.
type nonces struct {
	secrets *keys.Secrets
	now     func() time.Time
}

func (n *nonces) issue() string {
	at := strconv.FormatInt(n.now().UnixMilli(), 36)
	return at + "." + n.secrets.MAC(noncePurpose, at)
}

// read gives the time at which a nonce was made; false for one that is not ours or not good any more.
func (n *nonces) read(nonce string) (time.Time, bool) {
	at, mac, _ := strings.Cut(nonce, ".")
	if !keys.Equal(mac, n.secrets.MAC(noncePurpose, at)) {
		return time.Time{}, false
	}
	milliseconds, err := strconv.ParseInt(at, 36, 64)
	if err != nil {
		return time.Time{}, false
	}
	issued, now := time.UnixMilli(milliseconds), n.now()
	return issued, now.Sub(issued) < nonceLife && issued.Sub(now) < maxAhead
}
