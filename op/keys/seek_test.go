package keys

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

// counted is a store that counts how often it is asked for the ring.
type counted struct {
	store.Store
	heads, keys atomic.Int64
}

func (c *counted) Get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	if k == store.Keys && key == headKey {
		c.heads.Add(1)
	}
	return c.Store.Get(ctx, k, key)
}

func (c *counted) List(ctx context.Context, k store.Kind, f store.Filter, after string, limit int) ([]store.Record, error) {
	c.keys.Add(1)
	return c.Store.List(ctx, k, f, after, limit)
}

func openShared(t testing.TB, s store.Store, c *clock) *Ring {
	t.Helper()
	secrets, err := OpenSecrets(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := OpenSharedRing(t.Context(), s, secrets, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// madeUp is a token that only its signature betrays: a stranger's key under our form of header.
func madeUp(t testing.TB, typ string) string {
	t.Helper()
	k, err := newKey(EdDSA, life{})
	if err != nil {
		t.Fatal(err)
	}
	token, err := k.jws(typ, struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestMust047_AKeyThatSignsAtOnceIsKnownAtOnce: no node refuses what another has signed, although nobody has told it of
// the key.
func TestMust047_AKeyThatSignsAtOnceIsKnownAtOnce(t *testing.T) {
	c := newClock()
	s := memory.New(c.now)
	a, b := openShared(t, s, c), openShared(t, s, c)
	verifies := func(what, token string) {
		t.Helper()
		if _, kid, err := b.Verify(t.Context(), token, TypeIDToken); err != nil || kid != kidOf(t, token) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := b.VerifyHint(t.Context(), token); err != nil {
			t.Errorf("%s, as a hint: %v", what, err)
		}
	}
	ensure(t, a, daily(ES256))
	first := mustSign(t, a, ES256, TypeIDToken, struct{}{})
	verifies("the first key", first)
	for range 3 {
		token := mustSign(t, a, ES256, TypeIDToken, struct{}{})
		if err := a.Remove(t.Context(), kidOf(t, token)); err != nil {
			t.Fatal(err)
		}
		verifies("after a removal", mustSign(t, a, ES256, TypeIDToken, struct{}{}))
		refused(t, b, token, "the removed key, once its successor was seen")
	}
	if a.Epoch() != b.Epoch() {
		t.Errorf("epochs %d and %d", a.Epoch(), b.Epoch())
	}
}

// TestThreat051_MadeUpKeysDoNotLoadTheStore: however many name keys that do not exist, and a good token is found among them.
func TestThreat051_MadeUpKeysDoNotLoadTheStore(t *testing.T) {
	const most = 3
	c := newClock()
	s := &counted{Store: memory.New(c.now)}
	a, b := openShared(t, s, c), openShared(t, s, c)
	ensure(t, a, daily(ES256))
	ensure(t, b, daily(ES256))
	var forged []string
	for range 16 {
		forged = append(forged, madeUp(t, TypeAccessToken))
	}
	heads, lists := s.heads.Load(), s.keys.Load()
	began := time.Now()
	var asked atomic.Int64
	ctx, cancel := context.WithTimeout(t.Context(), most*seekEvery-seekEvery/2)
	defer cancel()
	var strangers sync.WaitGroup
	for i := range 64 {
		strangers.Go(func() {
			for ctx.Err() == nil {
				_, _, err := b.Verify(ctx, forged[i%len(forged)], TypeAccessToken)
				if !errors.Is(err, ErrNotVerified) && ctx.Err() == nil {
					t.Errorf("%v", err)
				}
				asked.Add(1)
			}
		})
	}
	strangers.Wait()
	looks := int64(time.Since(began)/seekEvery) + 1
	if n := s.heads.Load() - heads; n == 0 || n > looks {
		t.Errorf("%d looks for %d tokens, want at most %d", n, asked.Load(), looks)
	}
	if n := s.keys.Load() - lists; n != 0 {
		t.Errorf("the keys were read %d times although nothing has changed", n)
	}
	if err := a.Remove(t.Context(), kids(published(t, a))[0]); err != nil {
		t.Fatal(err)
	}
	good := mustSign(t, a, ES256, TypeAccessToken, struct{}{})
	var together sync.WaitGroup
	for i := range 64 {
		together.Go(func() {
			if i%4 != 0 {
				_, _, _ = b.Verify(t.Context(), forged[i%len(forged)], TypeAccessToken)
			} else if _, _, err := b.Verify(t.Context(), good, TypeAccessToken); err != nil {
				t.Errorf("a good token among made-up ones: %v", err)
			}
		})
	}
	together.Wait()
}

// TestNobodyCanTellWhileTheStoreIsAway: a token that another node may have signed is not refused, and nobody waits twice.
func TestNobodyCanTellWhileTheStoreIsAway(t *testing.T) {
	c := newClock()
	broken := &brokenStore{Store: memory.New(c.now)}
	a, b := openShared(t, broken.Store, c), openShared(t, broken, c)
	ensure(t, a, daily(ES256))
	ensure(t, b, daily(ES256))
	known := mustSign(t, a, ES256, TypeIDToken, struct{}{})
	if err := a.Remove(t.Context(), kidOf(t, known)); err != nil {
		t.Fatal(err)
	}
	token := mustSign(t, a, ES256, TypeIDToken, struct{}{})
	broken.fail(true, true)
	if _, _, err := b.Verify(t.Context(), token, TypeIDToken); !errors.Is(err, oauth.ErrUnavailable) || errors.Is(err, ErrNotVerified) {
		t.Errorf("%v", err)
	}
	if _, err := b.VerifyHint(t.Context(), token); !errors.Is(err, oauth.ErrUnavailable) || errors.Is(err, ErrNotVerified) {
		t.Errorf("as a hint: %v", err)
	}
	broken.fail(false, false)
	if _, _, err := b.Verify(t.Context(), token, TypeIDToken); err != nil {
		t.Errorf("the store is back: %v", err)
	}
}

// TestWhoWaitsForALookSharesIt: those that came before it began share what it found, those that came later share that
// it failed.
func TestWhoWaitsForALookSharesIt(t *testing.T) {
	s := &seeker{turn: make(chan struct{}, 1)}
	looking, look := make(chan struct{}), make(chan error)
	reads := 0
	read := func(context.Context) error {
		reads++
		looking <- struct{}{}
		return <-look
	}
	answers := make(chan error, 8)
	ask := func(n int) {
		for range n {
			go func() { answers <- s.look(t.Context(), read) }()
		}
	}
	ask(1)
	<-looking
	ask(4)
	time.Sleep(50 * time.Millisecond) // in which they line up
	failed := errors.New("away")
	look <- failed
	for range 5 {
		if err := <-answers; !errors.Is(err, failed) {
			t.Errorf("%v", err)
		}
	}
	if reads != 1 {
		t.Errorf("%d looks at a store that is away", reads)
	}
	ask(1)
	<-looking
	ask(4)
	time.Sleep(50 * time.Millisecond)
	look <- nil
	<-looking // what the first found may be older than what the others know
	look <- nil
	for range 5 {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	if reads != 3 {
		t.Errorf("%d looks", reads)
	}
}

// TestWaitingForALookEndsWithItsRequest: and does not end that of the others.
func TestWaitingForALookEndsWithItsRequest(t *testing.T) {
	c := newClock()
	r := openShared(t, memory.New(c.now), c)
	ensure(t, r, daily(ES256))
	token := madeUp(t, TypeIDToken)
	if _, _, err := r.Verify(t.Context(), token, TypeIDToken); !errors.Is(err, ErrNotVerified) {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, hold := range map[string]bool{"until the next look": false, "for its turn": true} {
		if hold {
			r.seeker.turn <- struct{}{}
		}
		if _, _, err := r.Verify(ctx, token, TypeIDToken); !errors.Is(err, context.Canceled) || errors.Is(err, ErrNotVerified) {
			t.Errorf("%s: %v", name, err)
		}
	}
	<-r.seeker.turn
	s := &seeker{turn: make(chan struct{}, 1)}
	ctx, cancel = context.WithCancel(t.Context())
	if err := s.look(ctx, func(ctx context.Context) error { cancel(); return ctx.Err() }); err != nil {
		t.Errorf("a look that others wait for ended with the request: %v", err)
	}
}

// TestOnlyWhatARingWouldWriteIsLookedFor: nothing else a stranger can write into a header asks the store, and a store of
// one node is never asked.
func TestOnlyWhatARingWouldWriteIsLookedFor(t *testing.T) {
	c := newClock()
	s := &counted{Store: memory.New(c.now)}
	shared := openShared(t, s, c)
	ensure(t, shared, daily(ES256))
	alone := openRing(t, s, nil, c.now)
	kid := kids(published(t, newRing(t, c, ES256)))[0]
	good := `{"alg":"ES256","kid":"` + kid + `","typ":"at+jwt"}`
	if !foreseen([]byte(good), TypeAccessToken) || !foreseen([]byte(`{"alg":"RS256","kid":"`+kid+`"}`), TypeIDToken) {
		t.Fatal("what a ring would write is not looked for")
	}
	before := s.heads.Load()
	for _, header := range []string{
		``, `{}`, `{"alg":"none"}`, `{"alg":"ES256"}`, `{"alg":"ES256","typ":"at+jwt"}`,
		`{"alg":"none","kid":"` + kid + `","typ":"at+jwt"}`,
		`{"alg":"HS256","kid":"` + kid + `","typ":"at+jwt"}`,
		`{"alg":"ES256","kid":"` + kid[1:] + `","typ":"at+jwt"}`,
		`{"alg":"ES256","kid":"` + kid + `A","typ":"at+jwt"}`,
		`{"alg":"ES256","kid":"` + kid[:42] + `/","typ":"at+jwt"}`,
		`{"alg":"ES256","kid":"` + kid[:42] + `_","typ":"at+jwt"}`, // not canonical: the last bits are not zero
		`{"alg":"ES256","kid":"` + kid + `","typ":"JWT"}`,
		`{"alg":"ES256","kid":"` + kid + `"}`,
		`{"alg":"ES256","kid":"` + kid + `","typ":"at+jwt","crit":[]}`,
		`{"kid":"` + kid + `","alg":"ES256","typ":"at+jwt"}`,
		` ` + good, good + ` `,
	} {
		token := encode(header) + "." + encode("{}") + "." + encode("signature")
		if _, _, err := shared.Verify(t.Context(), token, TypeAccessToken); !errors.Is(err, ErrNotVerified) {
			t.Errorf("%s: %v", header, err)
		}
	}
	if _, _, err := alone.Verify(t.Context(), encode(good)+"."+encode("{}")+"."+encode("s"), TypeAccessToken); !errors.Is(err, ErrNotVerified) {
		t.Error(err)
	}
	if n := s.heads.Load() - before; n != 0 {
		t.Errorf("the store was asked %d times", n)
	}
}
