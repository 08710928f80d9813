package grant

import (
	"errors"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// ErrInactive is the answer for every token that is not live, whatever the reason: expired, revoked,
// unknown, malformed or of another kind (RFC 7662 section 2.2).
var ErrInactive = errors.New("token is not active")

// ErrNotFound is a code nobody knows, or one whose grant is over.
var ErrNotFound = errors.New("code is not known")

// Lifetimes say how long what hangs from a grant lives. None outlives the grant.
type Lifetimes struct {
	Code        time.Duration
	AccessToken time.Duration
	// RefreshToken is counted anew with each rotation.
	RefreshToken time.Duration
	// Grant is the absolute limit of a grant that has refresh tokens.
	Grant time.Duration
	// RefreshGrace is how long a spent refresh token still answers with its successor, for a client
	// that lost the answer.
	RefreshGrace time.Duration
}

// DeviceCode is how long a device code lives (RFC 8628 section 3.2, expires_in).
const DeviceCode = 10 * time.Minute

// LongestGrant is how long a grant can live: what grants hang from is kept at least that much longer than
// it can get new ones.
func (l Lifetimes) LongestGrant() time.Duration {
	return max(l.Grant, max(l.Code, DeviceCode)+l.AccessToken)
}

// Deps are the rooms a Grants uses. Store must be tracked by the Generations that Memory watches.
type Deps struct {
	Store     store.Store
	Memory    *Memory
	Ring      *keys.Ring
	Clients   *client.Registry
	Users     *user.Directory
	Sessions  *session.Sessions
	Consents  *consent.Consents
	Resources *resource.Set
	Issuer    string
	Life      Lifetimes
	// EndOffline is the policy that no grant outlives the end of its session, offline_access or not.
	EndOffline bool
	// SigningAlg signs JWT access tokens, for instance ES256.
	SigningAlg string
	Now        func() time.Time
	// Trail is told what was revoked.
	Trail *audit.Trail
}

// Grants is one configuration's view of what was granted. It is safe for concurrent use.
type Grants struct {
	Deps
	// member tells the facts this configuration checked from those of another over the same Memory.
	member uint64
}

// New makes the view; it does no I/O.
func New(d Deps) *Grants {
	return &Grants{Deps: d, member: d.Memory.join()}
}

// now is the injected clock at the store's precision, so that what is written and what is compared
// never differ by a rounding.
func (g *Grants) now() time.Time { return g.Now().UTC().Truncate(time.Millisecond) }
