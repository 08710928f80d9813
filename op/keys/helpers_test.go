package keys

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

// clock is the injected time of a test.
type clock struct{ ns atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ns.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.ns.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.ns.Add(int64(d)) }

// kekOf is an encryption key of 32 equal bytes.
func kekOf(b byte) []byte {
	kek := make([]byte, 32)
	for i := range kek {
		kek[i] = b
	}
	return kek
}

// daily is the policy most tests use: a day of signing, an hour of notice, two hours of tokens.
func daily(algs ...string) Policy {
	return Policy{Algs: algs, RotateEvery: 24 * time.Hour, PublishAhead: time.Hour, KeepFor: 2 * time.Hour}
}

func openRing(t testing.TB, s store.Store, kek []byte, now func() time.Time) *Ring {
	t.Helper()
	secrets, err := OpenSecrets(context.Background(), s, kek)
	if err != nil {
		t.Fatalf("open secrets: %v", err)
	}
	ring, err := OpenRing(context.Background(), s, secrets, now)
	if err != nil {
		t.Fatalf("open ring: %v", err)
	}
	return ring
}

// newRing is a ring on a store of its own with a key for each of algs.
func newRing(t testing.TB, c *clock, algs ...string) *Ring {
	t.Helper()
	ring := openRing(t, memory.New(c.now), nil, c.now)
	ensure(t, ring, daily(algs...))
	return ring
}

func ensure(t testing.TB, r *Ring, p Policy) {
	t.Helper()
	if err := r.Ensure(context.Background(), p); err != nil {
		t.Fatalf("ensure: %v", err)
	}
}

func mustSign(t testing.TB, r *Ring, alg, typ string, claims any) string {
	t.Helper()
	token, err := r.Sign(alg, typ, claims)
	if err != nil {
		t.Fatalf("sign: %v", err)
	}
	return token
}

// kidOf is the kid in the header of a token.
func kidOf(t testing.TB, token string) string {
	t.Helper()
	c, ok := split(token)
	if !ok {
		t.Fatal("not a token")
	}
	var header struct {
		Kid string `json:"kid"`
	}
	if err := json.Unmarshal(c.header, &header); err != nil {
		t.Fatal(err)
	}
	return header.Kid
}

// published is the JWKS as a client reads it.
func published(t testing.TB, r *Ring) jose.JSONWebKeySet {
	t.Helper()
	body, _ := r.JWKS()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(body, &set); err != nil {
		t.Fatalf("JWKS: %v", err)
	}
	return set
}

func kids(set jose.JSONWebKeySet) []string {
	var kids []string
	for _, k := range set.Keys {
		kids = append(kids, k.KeyID)
	}
	return kids
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func refused(t testing.TB, r *Ring, token, why string) {
	t.Helper()
	for _, typ := range []string{"", TypeAccessToken} {
		if payload, kid, err := r.Verify(t.Context(), token, typ); !errors.Is(err, ErrNotVerified) || payload != nil || kid != "" {
			t.Errorf("%s: verified as %q: %v", why, typ, err)
		}
	}
	if _, err := r.VerifyHint(t.Context(), token); !errors.Is(err, ErrNotVerified) {
		t.Errorf("%s: taken as a hint: %v", why, err)
	}
}

// brokenStore fails as a store that does not answer, once told to.
type brokenStore struct {
	store.Store
	mu           sync.Mutex
	reads, write bool
}

func (b *brokenStore) fail(reads, write bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reads, b.write = reads, write
}

func (b *brokenStore) failing() (reads, write bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reads, b.write
}

var errBroken = store.Unavailable("test", oauth.ErrUnavailable)

func (b *brokenStore) Get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	if reads, _ := b.failing(); reads {
		return store.Record{}, errBroken
	}
	return b.Store.Get(ctx, k, key)
}

func (b *brokenStore) List(ctx context.Context, k store.Kind, f store.Filter, after string, limit int) ([]store.Record, error) {
	if reads, _ := b.failing(); reads {
		return nil, errBroken
	}
	return b.Store.List(ctx, k, f, after, limit)
}

func (b *brokenStore) Commit(ctx context.Context, changes ...store.Change) error {
	if _, write := b.failing(); write {
		return errBroken
	}
	return b.Store.Commit(ctx, changes...)
}
