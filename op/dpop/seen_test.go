package dpop

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// TestThreat026_AMillionOthersPushNothingOut: nothing is forgotten for want of room.
func TestThreat026_AMillionOthersPushNothingOut(t *testing.T) {
	s := newSeen(maxSeen)
	first := markOf("key", "first")
	if isNew, err := s.add(first, 1_000_000); !isNew || err != nil {
		t.Fatal(isNew, err)
	}
	for n := range 1_000_000 {
		if isNew, err := s.add(markOf("key", strconv.Itoa(n)), 1_000_000+int64(n%70)); !isNew || err != nil {
			t.Fatalf("%d: %t, %v", n, isNew, err)
		}
	}
	if isNew, _ := s.add(first, 1_000_000); isNew {
		t.Error("it was forgotten")
	}
}

// What cannot be remembered is not let through, until what was remembered is too old.
func TestThreat026_NoRoomIsNoPass(t *testing.T) {
	s := newSeen(10 * seenShards)
	at := int64(1_000_000)
	refused := 0
	for n := range 100 * seenShards {
		isNew, err := s.add(markOf("key", strconv.Itoa(n)), at)
		if err != nil {
			refused++
		}
		if isNew == (err != nil) || err != nil && !errors.Is(err, oauth.ErrUnavailable) {
			t.Fatalf("%d: %t, %v", n, isNew, err)
		}
	}
	if refused != 90*seenShards {
		t.Errorf("%d were refused", refused)
	}
	later := at + int64(maxAge/time.Second) + 2*slotSeconds
	s.raise(later - int64(maxAge/time.Second))
	if isNew, err := s.add(markOf("key", "later"), later); !isNew || err != nil {
		t.Errorf("later: %t, %v", isNew, err)
	}
}

// TestThreat116_NobodyChoosesAShard: a client tries jti until it has as many as it wants whose marks begin alike, and then
// shows those. They must not take the room of everybody else whose mark begins so.
func TestThreat116_NobodyChoosesAShard(t *testing.T) {
	s := newSeen(10 * seenShards)
	for n, shown := 0, 0; shown < 100; n++ {
		m := markOf("key", strconv.Itoa(n))
		if m[0]%seenShards != 0 {
			continue
		}
		shown++
		if isNew, err := s.add(m, 1_000_000); !isNew || err != nil {
			t.Fatalf("number %d: %t, %v", shown, isNew, err)
		}
	}
}

// Whatever the clock does and in whatever order proofs come, none counts twice.
func TestSeenAgainstASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, counted := newSeen(maxSeen), map[mark]bool{}
		now := int64(1_000_000)
		for range rapid.IntRange(1, 200).Draw(t, "requests") {
			now += int64(rapid.IntRange(-20, 40).Draw(t, "passed"))
			iat := now + int64(rapid.IntRange(-70, 10).Draw(t, "age"))
			m := markOf("key", strconv.FormatInt(iat, 10)+" "+strconv.Itoa(rapid.IntRange(0, 2).Draw(t, "jti")))
			if iat < s.raise(now-int64(maxAge/time.Second)) {
				continue // too old, as Check has it
			}
			isNew, err := s.add(m, iat)
			if err != nil || isNew && counted[m] {
				t.Fatalf("%v, %t", err, isNew)
			}
			counted[m] = counted[m] || isNew
		}
	})
}

func TestMarksTellKeysAndIDsApart(t *testing.T) {
	if markOf("a", "b c") == markOf("a b", "c ") || markOf("a", "b") == markOf("b", "a") {
		t.Error("marks are mixed up")
	}
}

func BenchmarkSpend(b *testing.B) {
	w := open(b)
	proof := &Proof{Thumbprint: w.thumbprint(), issued: w.clock.now()}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if n%(maxSeen/2) == 0 {
			w.Proofs.seen = newSeen(maxSeen)
		}
		proof.id = strconv.Itoa(n)
		if err := w.Spend(b.Context(), proof); err != nil {
			b.Fatal(err)
		}
	}
}
