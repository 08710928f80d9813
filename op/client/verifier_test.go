package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

func testGate() *throttle.Gate { return throttle.NewGate(2, 1000, time.Minute) }

func check(t *testing.T, v *verifier, c *Client, id, secret string, want bool) {
	t.Helper()
	got, err := v.verify(t.Context(), c, id, secret)
	if err != nil || got != want {
		t.Fatalf("verify(%q, %q) = %v, %v; want %v", id, secret, got, err, want)
	}
}

func TestARightSecretIsHashedOnce(t *testing.T) {
	var slow slowHash
	c := &Client{ID: "billing", Secrets: []Secret{slow.secret("right")}}
	v := newVerifier([]*Client{c}, testGate())
	for range 10 {
		check(t, v, c, c.ID, "right", true)
	}
	if got := slow.compared.Load(); got != 1 {
		t.Fatalf("%d comparisons, want 1", got)
	}
}

func TestAWrongSecretIsHashedEachTime(t *testing.T) {
	var slow slowHash
	c := &Client{ID: "billing", Secrets: []Secret{slow.secret("right")}}
	v := newVerifier([]*Client{c}, testGate())
	for range 10 {
		check(t, v, c, c.ID, "wrong", false)
	}
	if got := slow.compared.Load(); got != 10 {
		t.Fatalf("%d comparisons, want 10: failures are not remembered", got)
	}
	if len(v.remembered) != 0 {
		t.Fatal("something is remembered")
	}
}

func TestWhatIsRememberedIsForOneClientAndOneHash(t *testing.T) {
	var slow slowHash
	a := &Client{ID: "a", Secrets: []Secret{slow.secret("right")}}
	b := &Client{ID: "b", Secrets: []Secret{slow.secret("right")}}
	changed := &Client{ID: "a", Secrets: []Secret{slow.secret("changed")}}
	v := newVerifier([]*Client{a, b}, testGate())
	check(t, v, a, "a", "right", true)
	check(t, v, changed, "a", "right", false)
	if got := slow.compared.Load(); got != 2 {
		t.Fatalf("%d comparisons, want 2: the changed client is another", got)
	}
	check(t, v, b, "b", "right", true)
	if got := slow.compared.Load(); got != 3 {
		t.Fatalf("%d comparisons, want 3: the other client is another", got)
	}
}

// A stranger's id is judged by some client's secret, and knowing that secret helps nothing.
func TestADecoyNeverProves(t *testing.T) {
	var slow slowHash
	configured := []*Client{{ID: "a", Secrets: []Secret{slow.secret("right")}}, {ID: "b", Secrets: []Secret{PlainSecret("right")}}}
	v := newVerifier(configured, testGate())
	public := &Client{ID: "cli"}
	for i := range 100 {
		check(t, v, nil, fmt.Sprint("nobody ", i), "right", false)
		check(t, v, public, public.ID, "right", false)
	}
	if len(v.remembered) != 0 {
		t.Fatal("a decoy's success is remembered")
	}
	check(t, newVerifier(nil, testGate()), nil, "nobody", "x", false)
}

// Unknown ids meet the costs of the known ones in their proportion, and each always the same one.
func TestDecoysAreSpreadAndStable(t *testing.T) {
	var slow slowHash
	var configured []*Client
	for i := range 10 {
		c := &Client{ID: fmt.Sprint(i), Secrets: []Secret{PlainSecret("x")}}
		if i%2 == 0 {
			c.Secrets = []Secret{slow.secret("x")}
		}
		configured = append(configured, c)
	}
	v := newVerifier(configured, testGate())
	slowOnes := 0
	for i := range 1000 {
		id := fmt.Sprint("nobody ", i)
		first := v.decoy(id)
		if first != v.decoy(id) {
			t.Fatalf("%s is judged by two clients", id)
		}
		if first.Secrets[0].slow() {
			slowOnes++
		}
	}
	if slowOnes < 350 || slowOnes > 650 {
		t.Fatalf("%d of 1000 unknown ids meet a slow hash, want about half", slowOnes)
	}
}

func TestAHashNobodyCanReadProvesNothing(t *testing.T) {
	broken := errors.New("malformed hash")
	c := &Client{ID: "a", Secrets: []Secret{HashedSecret("h", func([]byte, []byte) (bool, error) { return true, broken })}}
	v := newVerifier([]*Client{c}, testGate())
	right, err := v.verify(t.Context(), c, "a", "x")
	if right || !errors.Is(err, broken) || len(v.remembered) != 0 {
		t.Fatalf("verify = %v, %v", right, err)
	}
}

func TestHashingThatIsOverrunIsBusy(t *testing.T) {
	var slow slowHash
	c := &Client{ID: "a", Secrets: []Secret{slow.secret("x")}}
	gate := throttle.NewGate(1, 0, time.Minute)
	leave, err := gate.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v := newVerifier([]*Client{c}, gate)
	if right, err := v.verify(t.Context(), c, "a", "x"); right || !errors.Is(err, throttle.ErrBusy) {
		t.Fatalf("verify = %v, %v; want busy", right, err)
	}
	leave()
	check(t, v, c, "a", "x", true)
	if _, err := gate.Enter(context.Background()); err != nil {
		t.Fatal("the place was not given back")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	v := newVerifier(nil, testGate())
	for i := range 3 * maxRemembered {
		v.remember(v.mark(fmt.Sprint(i)))
		if len(v.remembered) > maxRemembered {
			t.Fatalf("%d are remembered", len(v.remembered))
		}
	}
}

// TestThreat056_MarksOfDifferentPartsDiffer: moving a character from one part to the next is another mark.
func TestThreat056_MarksOfDifferentPartsDiffer(t *testing.T) {
	v := newVerifier(nil, testGate())
	parts := rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom([]rune("ab\x00:")), 0, 3, -1), 0, 4)
	rapid.Check(t, func(rt *rapid.T) {
		a, b := parts.Draw(rt, "a"), parts.Draw(rt, "b")
		same := fmt.Sprintf("%q", a) == fmt.Sprintf("%q", b)
		if (v.mark(a...) == v.mark(b...)) != same {
			rt.Fatalf("%q and %q", a, b)
		}
	})
}

func TestThreat057_ConcurrentVerification(t *testing.T) {
	var slow slowHash
	var configured []*Client
	for i := range 20 {
		configured = append(configured, &Client{ID: fmt.Sprint(i), Secrets: []Secret{slow.secret(fmt.Sprint("secret", i))}})
	}
	v := newVerifier(configured, testGate())
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 200 {
				c := configured[(g+i)%len(configured)]
				right, err := v.verify(t.Context(), c, c.ID, "secret"+c.ID)
				wrong, err2 := v.verify(t.Context(), c, c.ID, "secret"+configured[(g+i+1)%len(configured)].ID)
				if !right || wrong || err != nil || err2 != nil {
					t.Errorf("client %s: %v %v %v %v", c.ID, right, wrong, err, err2)
				}
			}
		})
	}
	wg.Wait()
}
