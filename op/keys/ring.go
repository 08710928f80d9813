package keys

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// ErrNoKey says that the ring has no key that signs with the algorithm asked for.
var ErrNoKey = errors.New("keys: no signing key for this algorithm")

// Ring is the provider's signing keys. It outlives configurations, which share it, and any number of rings
// may work on one store. Reading needs neither the store nor a lock: when the store is away, the ring signs
// and verifies on.
type Ring struct {
	store store.Store
	rest  rest
	now   func() time.Time
	// turn is held by who changes the ring: a mutex that a context can give up waiting for.
	turn    chan struct{}
	current atomic.Pointer[snapshot]
	maxAge  atomic.Int64
	// seeker is there if other nodes may change the ring.
	seeker *seeker
}

// OpenRing reads the signing keys of a store and makes none. They are sealed at rest as the secrets of that
// store are. The error is ErrEncryptionKey if they are sealed otherwise, else the store's.
func OpenRing(ctx context.Context, s store.Store, secrets *Secrets, now func() time.Time) (*Ring, error) {
	ring := &Ring{store: s, rest: secrets.rest, now: now, turn: make(chan struct{}, 1)}
	if err := ring.Reload(ctx); err != nil {
		return nil, err
	}
	return ring, nil
}

// OpenSharedRing is OpenRing for a store that other nodes work on. A token under a key that this ring does not know
// has it look into the store before it refuses, a few times a second at most.
func OpenSharedRing(ctx context.Context, s store.Store, secrets *Secrets, now func() time.Time) (*Ring, error) {
	ring, err := OpenRing(ctx, s, secrets, now)
	if err != nil {
		return nil, err
	}
	ring.seeker = &seeker{turn: make(chan struct{}, 1)}
	return ring, nil
}

// Sign makes a JWS of claims with the active key of alg, with kid and typ in its protected header (none for
// an empty typ). ErrNoKey before Ensure has made a key for alg, ErrTooLarge beyond MaxJWS.
func (r *Ring) Sign(alg, typ string, claims any) (string, error) {
	k := r.current.Load().signer(alg, r.now())
	if k == nil {
		return "", fmt.Errorf("%w: %q", ErrNoKey, alg)
	}
	return k.jws(typ, claims)
}

// Verify gives the payload of a token this ring has signed as that typ, and the kid it was signed with. An
// empty typ is an ID token, whose typ is JWT or absent. ErrNotVerified for everything else; any other error means
// that a key may have signed it which another node has made, and that nobody could tell. Claims are the caller's to
// judge.
func (r *Ring) Verify(ctx context.Context, jws, typ string) (payload []byte, kid string, err error) {
	now := r.now()
	return r.verify(ctx, jws, typ, func(k *signingKey) bool { return k.trusted(now) })
}

// VerifyHint gives the payload of an ID token that may be long expired: keys count for 400 days after
// everything they signed has ended (OpenID Connect RP-Initiated Logout section 2). A key removed in an
// emergency does not. ErrNotVerified for everything else; other errors are as those of Verify.
func (r *Ring) VerifyHint(ctx context.Context, jws string) (payload []byte, err error) {
	now := r.now()
	payload, _, err = r.verify(ctx, jws, TypeIDToken, func(k *signingKey) bool { return k.phase(now) != gone })
	return payload, err
}

func (r *Ring) verify(ctx context.Context, jws, typ string, good func(*signingKey) bool) ([]byte, string, error) {
	if typ == "" {
		typ = TypeIDToken
	}
	c, ok := split(jws)
	if !ok {
		return nil, "", ErrNotVerified
	}
	k := r.current.Load().find(c.header, typ)
	if k == nil && r.seeker != nil && foreseen(c.header, typ) {
		if err := r.seeker.look(ctx, r.catchUp); err != nil {
			return nil, "", err
		}
		k = r.current.Load().find(c.header, typ)
	}
	if k == nil || !good(k) || !verify(k.alg, k.public, []byte(c.input), c.signature) {
		return nil, "", ErrNotVerified
	}
	return c.payload, k.kid, nil
}

// JWKS is the JWK Set document (RFC 7517 section 5) of all published keys, public members only, and how long
// it may be cached: less than a new key is published ahead of its use. The bytes are shared and must not be
// changed.
func (r *Ring) JWKS() (body []byte, maxAge time.Duration) {
	return r.current.Load().jwks, time.Duration(r.maxAge.Load())
}

// Epoch moves when a key is removed in an emergency. What was learnt by verifying a token under another epoch
// has to be learnt anew.
func (r *Ring) Epoch() uint64 { return r.current.Load().epoch }

// Has reports whether Sign can sign with alg now.
func (r *Ring) Has(alg string) bool { return r.current.Load().signer(alg, r.now()) != nil }
