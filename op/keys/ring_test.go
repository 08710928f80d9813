package keys

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

func TestMust047_ARemovedKeyIsTrustedNoMore(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before func(*Ring, *clock, Policy) error
		signed int // index of the removed key's successor among the keys before, -1 for a new one
	}{
		{"without a successor", func(*Ring, *clock, Policy) error { return nil }, -1},
		{"with a successor", func(r *Ring, _ *clock, p Policy) error { return r.RotateNow(context.Background(), p) }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClock()
			r := newRing(t, c, ES256)
			p := daily(ES256)
			token := mustSign(t, r, ES256, TypeIDToken, struct{}{})
			kid := kidOf(t, token)
			if err := tt.before(r, c, p); err != nil {
				t.Fatal(err)
			}
			before, epoch := kids(published(t, r)), r.Epoch()
			if err := r.Remove(context.Background(), kid); err != nil {
				t.Fatal(err)
			}
			refused(t, r, token, "after the removal")
			if r.Epoch() == epoch {
				t.Error("what was remembered counts on")
			}
			after := kids(published(t, r))
			signer := kidOf(t, mustSign(t, r, ES256, "", struct{}{}))
			if slices.Contains(after, kid) || len(after) != 1 || after[0] != signer {
				t.Errorf("published: %v, signs: %s", after, signer)
			}
			if tt.signed >= 0 && signer != before[tt.signed] {
				t.Error("the successor does not sign")
			}
			if err := r.Remove(context.Background(), kid); !errors.Is(err, ErrUnknownKey) {
				t.Errorf("removed twice: %v", err)
			}
			c.advance(23 * time.Hour)
			ensure(t, r, p)
			if len(published(t, r).Keys) != 2 {
				t.Error("the schedule does not go on")
			}
		})
	}
}

func TestMust047_RemovalReachesOtherNodes(t *testing.T) {
	c := newClock()
	s := memory.New(c.now)
	one, two := openRing(t, s, nil, c.now), openRing(t, s, nil, c.now)
	ensure(t, one, daily(ES256))
	ensure(t, two, daily(ES256))
	token := mustSign(t, two, ES256, TypeIDToken, struct{}{})
	if err := one.Remove(context.Background(), kidOf(t, token)); err != nil {
		t.Fatal(err)
	}
	if err := two.Reload(context.Background()); err != nil {
		t.Fatal(err)
	}
	refused(t, two, token, "on the other node")
	if one.Epoch() != two.Epoch() || one.Epoch() == 0 {
		t.Errorf("epochs %d and %d", one.Epoch(), two.Epoch())
	}
	if r := openRing(t, s, nil, c.now); r.Epoch() != one.Epoch() {
		t.Error("a restart forgets the epoch")
	}
}

func TestRemovingASuccessorLetsItsPredecessorSignOn(t *testing.T) {
	c := newClock()
	r := newRing(t, c, ES256)
	p := daily(ES256)
	old := kids(published(t, r))[0]
	if err := r.RotateNow(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	if err := r.Remove(context.Background(), kids(published(t, r))[1]); err != nil {
		t.Fatal(err)
	}
	c.advance(2 * time.Hour)
	if kid := kidOf(t, mustSign(t, r, ES256, "", struct{}{})); kid != old {
		t.Error("the predecessor has ended without a successor")
	}
}

func TestRemovingARetiredKeyChangesNothingElse(t *testing.T) {
	c := newClock()
	r := newRing(t, c, ES256)
	p := daily(ES256)
	token := mustSign(t, r, ES256, TypeIDToken, struct{}{})
	for range 25 {
		c.advance(time.Hour)
		ensure(t, r, p)
	}
	current := kids(published(t, r))[0]
	if err := r.Remove(context.Background(), kidOf(t, token)); err != nil {
		t.Fatal(err)
	}
	refused(t, r, token, "after the removal")
	if diff := cmp.Diff([]string{current}, kids(published(t, r))); diff != "" {
		t.Error(diff)
	}
}

func TestSixtyFourCallsMakeOneKey(t *testing.T) {
	c := newClock()
	s := memory.New(c.now)
	rings := []*Ring{openRing(t, s, nil, c.now), openRing(t, s, nil, c.now), openRing(t, s, nil, c.now), openRing(t, s, nil, c.now)}
	var calls sync.WaitGroup
	for i := range 64 {
		calls.Go(func() {
			if err := rings[i%len(rings)].Ensure(context.Background(), daily(ES256, EdDSA)); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	for _, r := range rings {
		if set := kids(published(t, r)); len(set) != 2 || !slices.Equal(set, kids(published(t, rings[0]))) {
			t.Errorf("keys: %v", set)
		}
	}
}

// Two nodes rotate, remove, sign and verify at once while time passes: each always has a key, and between them they
// never lose a change.
func TestTwoRingsOverOneStore(t *testing.T) {
	c := newClock()
	s := memory.New(c.now)
	rings := []*Ring{openRing(t, s, nil, c.now), openRing(t, s, nil, c.now)}
	p := daily(ES256)
	const removals = 8
	var work sync.WaitGroup
	for _, r := range rings {
		ensure(t, r, p)
		work.Go(func() {
			for range 60 {
				c.advance(15 * time.Minute)
				if err := r.Ensure(context.Background(), p); err != nil {
					t.Error(err)
				}
			}
		})
		work.Go(func() {
			for range removals {
				body, err := r.Sign(ES256, "", struct{}{})
				if err != nil {
					t.Error(err)
					return
				}
				if err := r.Remove(context.Background(), kidOf(t, body)); err != nil && !errors.Is(err, ErrUnknownKey) {
					t.Error(err)
				}
			}
		})
		work.Go(func() {
			for range 200 {
				if _, err := r.Sign(ES256, TypeIDToken, struct{}{}); err != nil {
					t.Error(err)
				}
				_, _ = r.JWKS()
				_ = r.Epoch()
			}
		})
	}
	work.Wait()
	for _, r := range rings {
		ensure(t, r, p)
	}
	ensure(t, rings[0], p)
	if diff := cmp.Diff(kids(published(t, rings[0])), kids(published(t, rings[1]))); diff != "" {
		t.Error(diff)
	}
	if e := rings[0].Epoch(); e != rings[1].Epoch() || e < removals || e > 2*removals {
		t.Errorf("epoch %d after %d to %d removals", e, removals, 2*removals)
	}
}

func TestANodeWhoseClockIsBehindCanSign(t *testing.T) {
	ahead, behind := newClock(), newClock()
	ahead.advance(3 * time.Second)
	s := memory.New(ahead.now)
	ensure(t, openRing(t, s, nil, ahead.now), daily(ES256))
	r := openRing(t, s, nil, behind.now)
	ensure(t, r, daily(ES256))
	if _, err := r.Sign(ES256, "", struct{}{}); err != nil || len(published(t, r).Keys) != 1 {
		t.Errorf("%v, with %d keys", err, len(published(t, r).Keys))
	}
}

func TestTheRingOutlivesItsStore(t *testing.T) {
	c := newClock()
	broken := &brokenStore{Store: memory.New(c.now)}
	r := openRing(t, broken, nil, c.now)
	p := daily(ES256)
	ensure(t, r, p)
	c.advance(23 * time.Hour)
	ensure(t, r, p)
	token := mustSign(t, r, ES256, TypeIDToken, struct{}{})
	body, _ := r.JWKS()
	for _, fail := range []struct{ reads, write bool }{{true, true}, {false, true}} {
		broken.fail(fail.reads, fail.write)
		for name, err := range map[string]error{
			"rotate": r.RotateNow(context.Background(), daily(ES256, EdDSA)),
			"remove": r.Remove(context.Background(), kidOf(t, token)),
			"ensure": r.Ensure(context.Background(), daily(ES256, EdDSA)),
		} {
			if !errors.Is(err, oauth.ErrUnavailable) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if after, _ := r.JWKS(); string(after) != string(body) {
			t.Error("the ring shows what was not stored")
		}
	}
	c.advance(time.Hour)
	if kidOf(t, mustSign(t, r, ES256, "", struct{}{})) == kidOf(t, token) {
		t.Error("the change of keys waits for the store")
	}
	if _, _, err := r.Verify(t.Context(), token, TypeIDToken); err != nil {
		t.Error(err)
	}
	broken.fail(true, true)
	secrets, err := newSecrets(rest{}, make([]byte, secretBytes))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRing(context.Background(), broken, secrets, c.now); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("opened without a store: %v", err)
	}
}

func TestWaitingForTheRingEndsWithTheContext(t *testing.T) {
	r := newRing(t, newClock(), ES256)
	r.turn <- struct{}{}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Ensure(ctx, daily(ES256)); !errors.Is(err, context.Canceled) || !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

// overtaken is a store on which somebody else always was faster.
type overtaken struct{ store.Store }

func (overtaken) Commit(context.Context, ...store.Change) error { return store.ErrConflict }

func TestANodeThatIsAlwaysOvertakenGivesUp(t *testing.T) {
	c := newClock()
	s := memory.New(c.now)
	openRing(t, s, nil, c.now)
	r := openRing(t, overtaken{s}, nil, c.now)
	if err := r.Ensure(context.Background(), daily(EdDSA)); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

// Many keys do not fit on one page of the store.
func TestALongHistoryIsReadToItsEnd(t *testing.T) {
	c := newClock()
	s := memory.New(c.now)
	r := openRing(t, s, nil, c.now)
	p := Policy{Algs: []string{EdDSA}, RotateEvery: time.Hour, PublishAhead: time.Hour, KeepFor: time.Minute}
	ensure(t, r, p)
	token := mustSign(t, r, EdDSA, TypeIDToken, struct{}{})
	for range pageSize + 10 {
		c.advance(time.Hour)
		ensure(t, r, p)
	}
	again := openRing(t, s, nil, c.now)
	if n := len(again.current.Load().keys); n < pageSize+10 {
		t.Errorf("%d keys are read", n)
	}
	if _, err := again.VerifyHint(t.Context(), token); err != nil {
		t.Error(err)
	}
}

func TestThreat120_KeysAreSealedAtRest(t *testing.T) {
	c := newClock()
	s := memory.New(c.now)
	kek := kekOf(7)
	r := openRing(t, s, kek, c.now)
	ensure(t, r, daily(ES256))
	records, err := s.List(context.Background(), store.Keys, store.Filter{}, "", 10)
	if err != nil || len(records) != 2 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for _, record := range records {
		for _, readable := range []string{"plain", "kty", "ES256", "activate"} {
			if strings.Contains(string(record.Body), readable) {
				t.Errorf("%s shows %q", record.Key, readable)
			}
		}
	}
	if diff := cmp.Diff(kids(published(t, r)), kids(published(t, openRing(t, s, kek, c.now)))); diff != "" {
		t.Errorf("reopened: %s", diff)
	}
	for name, other := range map[string][]byte{"another key": kekOf(8), "no key": nil} {
		rest, err := newRest(other)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := OpenRing(context.Background(), s, &Secrets{rest: rest}, c.now); !errors.Is(err, ErrEncryptionKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, _ := s.List(context.Background(), store.Keys, store.Filter{}, "", 10); len(left) != 2 {
		t.Error("keys were made anew")
	}
}

// Who can write to the database but has no encryption key can neither plant a key nor move one.
func TestThreat120_APlantedKeyIsNotRead(t *testing.T) {
	c := newClock()
	planted := newRing(t, c, EdDSA)
	k := planted.current.Load().keys[0]
	plain, err := k.record(rest{})
	if err != nil {
		t.Fatal(err)
	}
	for name, plant := range map[string]func(own store.Record) store.Record{
		"readable": func(store.Record) store.Record { return plain },
		"moved":    func(own store.Record) store.Record { own.Key = k.kid; return own },
		"empty":    func(store.Record) store.Record { return store.Record{Kind: store.Keys, Key: k.kid} },
	} {
		s := memory.New(c.now)
		r := openRing(t, s, kekOf(7), c.now)
		ensure(t, r, daily(ES256))
		own, err := s.Get(context.Background(), store.Keys, kids(published(t, r))[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(context.Background(), store.Creating(plant(own))); err != nil {
			t.Fatal(err)
		}
		if err := r.Reload(context.Background()); !errors.Is(err, ErrEncryptionKey) {
			t.Errorf("%s: %v", name, err)
		}
		if len(published(t, r).Keys) != 1 {
			t.Errorf("%s: published", name)
		}
	}
}

func TestAnInconsistentKeyIsNotRead(t *testing.T) {
	c := newClock()
	k := newRing(t, c, ES256).current.Load().keys[0]
	other := newRing(t, c, ES256).current.Load().keys[0]
	for name, spoil := range map[string]func(*keyDocument){
		"another key":       func(d *keyDocument) { d.Key = mustJWK(t, other) },
		"another algorithm": func(d *keyDocument) { d.Alg = RS256 },
		"shared key": func(d *keyDocument) {
			d.Alg, d.Key = "HS256", json.RawMessage(`{"kty":"oct","k":"AAAA","alg":"HS256"}`)
		},
		"no key":       func(d *keyDocument) { d.Key = json.RawMessage(`{}`) },
		"no algorithm": func(d *keyDocument) { d.Alg = "" },
	} {
		doc := keyDocument{life: k.life, Alg: k.alg, Key: mustJWK(t, k)}
		spoil(&doc)
		body, err := rest{}.body(store.Keys, k.kid, doc)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readKey(store.Record{Kind: store.Keys, Key: k.kid, Body: body}, rest{}); !errors.Is(err, errBadKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func mustJWK(t testing.TB, k *signingKey) json.RawMessage {
	t.Helper()
	body, err := k.jwk().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return body
}
