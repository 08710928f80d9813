package keys

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

func TestFirstUseMakesOneKeyForEachAlgorithm(t *testing.T) {
	c := newClock()
	r := openRing(t, memory.New(c.now), nil, c.now)
	if body, maxAge := r.JWKS(); string(body) != `{"keys":[]}` || maxAge != 0 || r.Has(ES256) {
		t.Errorf("before: %s for %s", body, maxAge)
	}
	ensure(t, r, daily(ES256, RS256))
	var algs []string
	for _, k := range published(t, r).Keys {
		algs = append(algs, k.Algorithm)
	}
	if diff := cmp.Diff([]string{ES256, RS256}, algs); diff != "" {
		t.Error(diff)
	}
	before := kids(published(t, r))
	ensure(t, r, daily(ES256, RS256))
	if diff := cmp.Diff(before, kids(published(t, r))); diff != "" {
		t.Errorf("a second time: %s", diff)
	}
	if !r.Has(ES256) || !r.Has(RS256) || r.Has(EdDSA) {
		t.Error("Has is wrong")
	}
}

func TestMust045_JWKSHasPublicMembersOnly(t *testing.T) {
	c := newClock()
	r := newRing(t, c, everyAlg...)
	public := []string{"kty", "use", "kid", "alg", "crv", "x", "y", "n", "e"}
	body, maxAge := r.JWKS()
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal(body, &set); err != nil || len(set.Keys) != len(everyAlg) {
		t.Fatalf("%s: %v", body, err)
	}
	for _, k := range set.Keys {
		for member := range k {
			if !slices.Contains(public, member) {
				t.Errorf("%s shows %q", k["alg"], member)
			}
		}
		if k["use"] != "sig" || k["kid"] == "" || k["alg"] == "" {
			t.Errorf("incomplete: %v", k)
		}
	}
	if maxAge <= 0 || maxAge >= daily().PublishAhead {
		t.Errorf("may be cached for %s", maxAge)
	}
	again, _ := r.JWKS()
	if &again[0] != &body[0] {
		t.Error("the bytes are made for each request")
	}
}

func TestMust045_TheJWKSIsTheSameOnAllNodes(t *testing.T) {
	c := newClock()
	s := memory.New(c.now)
	one, two := openRing(t, s, nil, c.now), openRing(t, s, nil, c.now)
	for range 3 * 24 {
		ensure(t, one, daily(ES256, EdDSA))
		ensure(t, two, daily(ES256, EdDSA))
		a, _ := one.JWKS()
		b, _ := two.JWKS()
		if diff := cmp.Diff(string(a), string(b)); diff != "" {
			t.Fatal(diff)
		}
		c.advance(time.Hour)
	}
}

// One life of a key, hour by hour: a day of signing, an hour of notice before and two hours of tokens after.
func TestMust044_RotationTable(t *testing.T) {
	c := newClock()
	r := newRing(t, c, ES256)
	first := kids(published(t, r))[0]
	token := mustSign(t, r, ES256, TypeIDToken, map[string]string{"sub": "diana"})
	hours := 0
	for _, step := range []struct {
		at        int
		published int
		signs     bool // the first key
		verifies  bool
		hint      bool
	}{
		{22, 1, true, true, true},
		{23, 2, true, true, true},
		{24, 2, false, true, true},
		{25, 2, false, true, true},
		{26, 1, false, false, true},
		{26 + 399*24, 1, false, false, true},
		{26 + 400*24, 1, false, false, false},
	} {
		c.advance(time.Duration(step.at-hours) * time.Hour)
		hours = step.at
		ensure(t, r, Policy{Algs: []string{ES256}, RotateEvery: 24 * time.Hour, PublishAhead: time.Hour, KeepFor: 2 * time.Hour})
		set := published(t, r)
		signer := kidOf(t, mustSign(t, r, ES256, TypeIDToken, struct{}{}))
		_, _, err := r.Verify(t.Context(), token, TypeIDToken)
		_, hintErr := r.VerifyHint(t.Context(), token)
		if step.at <= 26 && len(set.Keys) != step.published {
			t.Errorf("hour %d: %d keys are published", step.at, len(set.Keys))
		}
		if (signer == first) != step.signs || (err == nil) != step.verifies || (hintErr == nil) != step.hint {
			t.Errorf("hour %d: signs %v, verifies %v, hint %v", step.at, signer == first, err, hintErr)
		}
		if set.Keys[0].KeyID != signer {
			t.Errorf("hour %d: the active key does not stand first", step.at)
		}
	}
}

// A client that caches the JWKS for as long as it may never meets a key it does not know, over 200 rotations, and no
// token dies before it expires. Keys never come back.
func TestMust044_TwoHundredRotationsWithoutAGap(t *testing.T) {
	const life = 2 * time.Hour
	c := newClock()
	s := memory.New(c.now)
	r := openRing(t, s, nil, c.now)
	p := Policy{Algs: []string{ES256}, RotateEvery: 4 * time.Hour, PublishAhead: time.Hour, KeepFor: life + time.Minute}
	type issued struct {
		token string
		ends  time.Time
	}
	var (
		alive   []issued
		cached  jose.JSONWebKeySet
		renewed time.Time
		order   []string
	)
	for len(order) <= 200 {
		ensure(t, r, p)
		if _, maxAge := r.JWKS(); !c.now().Before(renewed.Add(maxAge)) {
			cached, renewed = published(t, r), c.now()
		}
		token := mustSign(t, r, ES256, TypeAccessToken, struct{}{})
		if kid := kidOf(t, token); len(order) == 0 || order[len(order)-1] != kid {
			if slices.Contains(order, kid) {
				t.Fatal("a key came back")
			}
			order = append(order, kid)
		}
		alive = append(alive, issued{token, c.now().Add(life)})
		alive = slices.DeleteFunc(alive, func(i issued) bool { return !c.now().Before(i.ends) })
		for _, i := range alive {
			if len(cached.Key(kidOf(t, i.token))) != 1 {
				t.Fatalf("rotation %d: a client does not know the key of a live token", len(order))
			}
		}
		if _, _, err := r.Verify(t.Context(), alive[0].token, TypeAccessToken); err != nil {
			t.Fatalf("rotation %d: the oldest live token: %v", len(order), err)
		}
		c.advance(10 * time.Minute)
	}
}

func TestARingThatSleptDoesNotSignWithAnUnknownKey(t *testing.T) {
	c := newClock()
	r := newRing(t, c, ES256)
	before := kids(published(t, r))[0]
	c.advance(90 * 24 * time.Hour)
	ensure(t, r, daily(ES256))
	if kid := kidOf(t, mustSign(t, r, ES256, "", struct{}{})); kid != before {
		t.Error("signs with a key nobody has seen")
	}
	if len(published(t, r).Keys) != 2 {
		t.Error("no successor is published")
	}
	c.advance(time.Hour)
	if kid := kidOf(t, mustSign(t, r, ES256, "", struct{}{})); kid == before {
		t.Error("the successor was published for an hour and does not sign")
	}
}

func TestRotateNowShowsTheNewKeyAndKeepsTheOld(t *testing.T) {
	c := newClock()
	r := newRing(t, c, ES256, EdDSA)
	p := daily(ES256, EdDSA)
	token := mustSign(t, r, ES256, TypeIDToken, struct{}{})
	before := kids(published(t, r))
	for range 2 { // a second command hurries nothing
		if err := r.RotateNow(context.Background(), p); err != nil {
			t.Fatal(err)
		}
		after := kids(published(t, r))
		if len(after) != 4 || !slices.Contains(after, before[0]) || !slices.Contains(after, before[1]) {
			t.Fatalf("%v became %v", before, after)
		}
		if kid := kidOf(t, mustSign(t, r, ES256, "", struct{}{})); !slices.Contains(before, kid) {
			t.Error("the new key signs before it is known")
		}
		c.advance(20 * time.Minute)
	}
	c.advance(20 * time.Minute)
	ensure(t, r, p)
	if kid := kidOf(t, mustSign(t, r, ES256, "", struct{}{})); slices.Contains(before, kid) {
		t.Error("the old key still signs")
	}
	if _, _, err := r.Verify(t.Context(), token, TypeIDToken); err != nil {
		t.Errorf("the old token: %v", err)
	}
}

func TestRotateNowHastensASuccessorThatIsPublished(t *testing.T) {
	c := newClock()
	r := newRing(t, c, ES256)
	p := daily(ES256)
	p.RotateEvery, p.PublishAhead = 48*time.Hour, 12*time.Hour
	c.advance(40 * time.Hour)
	ensure(t, r, p)
	before := kidOf(t, mustSign(t, r, ES256, "", struct{}{}))
	p.PublishAhead = time.Hour
	c.advance(2 * time.Hour)
	if err := r.RotateNow(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	if kidOf(t, mustSign(t, r, ES256, "", struct{}{})) == before || len(published(t, r).Keys) != 2 {
		t.Error("a successor that has been published long enough does not sign")
	}
}

func TestWithoutAScheduleNothingRotates(t *testing.T) {
	c := newClock()
	r := newRing(t, c, ES256)
	p := daily(ES256)
	p.RotateEvery = 0
	before := kids(published(t, r))
	c.advance(1000 * 24 * time.Hour)
	ensure(t, r, p)
	if diff := cmp.Diff(before, kids(published(t, r))); diff != "" {
		t.Error(diff)
	}
}

// A configuration that fails is taken back within seconds; one that stays lets its predecessor's keys run out.
func TestAnAlgorithmThatIsNoLongerWantedRunsOut(t *testing.T) {
	c := newClock()
	r := newRing(t, c, ES256, EdDSA)
	token := mustSign(t, r, EdDSA, TypeIDToken, struct{}{})
	before := kids(published(t, r))
	ensure(t, r, daily(ES256))
	if !r.Has(EdDSA) {
		t.Fatal("the old configuration cannot sign any more")
	}
	ensure(t, r, daily(ES256, EdDSA))
	c.advance(2 * time.Hour)
	ensure(t, r, daily(ES256, EdDSA))
	if diff := cmp.Diff(before, kids(published(t, r))); diff != "" || !r.Has(EdDSA) {
		t.Fatalf("taken back: %s", diff)
	}
	ensure(t, r, daily(ES256))
	c.advance(time.Hour)
	if _, _, err := r.Verify(t.Context(), token, TypeIDToken); r.Has(EdDSA) || err != nil {
		t.Errorf("after its end it signs: %v; its tokens: %v", r.Has(EdDSA), err)
	}
	c.advance(2 * time.Hour)
	ensure(t, r, daily(ES256))
	if _, _, err := r.Verify(t.Context(), token, TypeIDToken); len(published(t, r).Keys) != 1 || !errors.Is(err, ErrNotVerified) {
		t.Errorf("still published: %v", err)
	}
	ensure(t, r, daily(ES256, EdDSA))
	if now := kids(published(t, r)); !r.Has(EdDSA) || slices.Contains(now[1:], before[1]) {
		t.Errorf("wanted again: %v", now)
	}
}

// Tokens of the longest-living configuration outlive its successor with shorter ones.
func TestKeepForNeverShrinks(t *testing.T) {
	c := newClock()
	r := newRing(t, c, ES256)
	long, short := daily(ES256), daily(ES256)
	long.KeepFor, short.KeepFor = 10*time.Hour, time.Minute
	ensure(t, r, long)
	token := mustSign(t, r, ES256, TypeIDToken, struct{}{})
	ensure(t, r, short)
	c.advance(23 * time.Hour)
	ensure(t, r, short)
	for range 10 {
		c.advance(time.Hour)
		ensure(t, r, short)
		if _, _, err := r.Verify(t.Context(), token, TypeIDToken); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPrivatePartsAreErasedAndPublicOnesForgotten(t *testing.T) {
	c := newClock()
	s := memory.New(c.now)
	r := openRing(t, s, nil, c.now)
	p := daily(EdDSA)
	ensure(t, r, p)
	old := kids(published(t, r))[0]
	stored := func() (store.Record, error) { return s.Get(context.Background(), store.Keys, old) }
	for range 30 {
		c.advance(time.Hour)
		ensure(t, r, p)
	}
	record, err := stored()
	if err != nil || strings.Contains(string(record.Body), `"d"`) {
		t.Errorf("the private part of a key that retired is kept: %v", err)
	}
	if want := c.now().Add(hintFor); record.ExpiresAt.Before(want.Add(-48*time.Hour)) || record.ExpiresAt.After(want) {
		t.Errorf("it goes at %s", record.ExpiresAt)
	}
	c.advance(hintFor)
	if _, err := stored(); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestPolicyCheck(t *testing.T) {
	for name, spoil := range map[string]func(*Policy){
		"no algorithm":              func(p *Policy) { p.Algs = nil },
		"none":                      func(p *Policy) { p.Algs = []string{"none"} },
		"shared key":                func(p *Policy) { p.Algs = []string{ES256, "HS256"} },
		"no notice":                 func(p *Policy) { p.PublishAhead = 0 },
		"nothing kept":              func(p *Policy) { p.KeepFor = 0 },
		"shorter than its notice":   func(p *Policy) { p.RotateEvery = p.PublishAhead - 1 },
		"a negative time to sign":   func(p *Policy) { p.RotateEvery = -time.Hour },
		"a negative time to stay":   func(p *Policy) { p.KeepFor = -time.Hour },
		"a negative time of notice": func(p *Policy) { p.PublishAhead = -time.Hour },
	} {
		c := newClock()
		r := openRing(t, memory.New(c.now), nil, c.now)
		p := daily(ES256)
		spoil(&p)
		if err := r.Ensure(context.Background(), p); err == nil {
			t.Errorf("%s: ensured", name)
		}
		if err := r.RotateNow(context.Background(), p); err == nil || len(published(t, r).Keys) != 0 {
			t.Errorf("%s: rotated", name)
		}
	}
	if err := daily(everyAlg...).Check(); err != nil {
		t.Error(err)
	}
}
