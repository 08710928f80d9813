package upstream

import (
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// state is one word for what Good says.
func state(made *Token) string {
	switch good, stale := made.Good(); {
	case good && !stale:
		return "fresh"
	case good:
		return "aging"
	case stale:
		return "over"
	}
	return "neither"
}

func TestATokenIsShownForHalfOfItsLife(t *testing.T) {
	w := newWorld(t)
	made, began := w.make(t, person(), wish()), w.at
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{0, "fresh"}, {30*time.Second - 1, "fresh"}, {30 * time.Second, "aging"}, {45*time.Second - 1, "aging"}, {45 * time.Second, "over"}, {time.Hour, "over"}} {
		if w.at = began.Add(step.after); state(made) != step.want {
			t.Errorf("after %s it is %s", step.after, state(made))
		}
	}
	if state(nil) != "over" {
		t.Error("no token is good")
	}
}

// What the caller came with ends the token too. It cannot be followed by a longer one, and is used until then.
func TestATokenEndsWithWhatItWasMadeOf(t *testing.T) {
	w := newWorld(t)
	began := w.at
	for name, test := range map[string]struct {
		ends time.Duration
		life float64
		at   map[time.Duration]string
	}{
		"long after":         {time.Hour, 60, map[time.Duration]string{29 * time.Second: "fresh", 31 * time.Second: "aging"}},
		"at the same time":   {time.Minute, 60, map[time.Duration]string{29 * time.Second: "fresh", 31 * time.Second: "aging"}},
		"soon":               {40 * time.Second, 40, map[time.Duration]string{39 * time.Second: "fresh", 40 * time.Second: "over"}},
		"within a second":    {1900 * time.Millisecond, 1, map[time.Duration]string{999 * time.Millisecond: "fresh", time.Second: "over"}},
		"in its last second": {300 * time.Millisecond, 1, map[time.Duration]string{299 * time.Millisecond: "fresh", time.Second: "over"}},
	} {
		w.at = began
		of := person()
		of.ExpiresAt = began.Add(test.ends)
		made := w.make(t, of, wish())
		if _, claims := w.read(t, made); claims["exp"] != float64(began.Unix())+test.life {
			t.Errorf("%s: exp is %v after iat", name, claims["exp"].(float64)-float64(began.Unix()))
		}
		for after, want := range test.at {
			if w.at = began.Add(after); state(made) != want {
				t.Errorf("%s: after %s it is %s", name, after, state(made))
			}
		}
	}
}

// A key that is removed in an emergency takes the tokens with it that were made before, remembered or not. One that
// is replaced on schedule does not.
func TestTokensAndTheirKeys(t *testing.T) {
	w := newWorld(t)
	first := w.make(t, person(), wish())
	if err := w.Ring.RotateNow(t.Context(), policy); err != nil {
		t.Fatal(err)
	}
	if state(first) != "fresh" {
		t.Errorf("after a rotation it is %s", state(first))
	}
	w.at = w.at.Add(policy.PublishAhead)
	second := w.make(t, person(), wish())
	one, _ := w.read(t, first) // its key is published as long as anything it signed lives
	two, _ := w.read(t, second)
	if one.KeyID == two.KeyID {
		t.Error("nothing was rotated")
	}
	if err := w.Ring.Remove(t.Context(), two.KeyID); err != nil {
		t.Fatal(err)
	}
	if state(second) != "over" {
		t.Errorf("after the removal of its key it is %s", state(second))
	}
	if three, _ := w.read(t, w.make(t, person(), wish())); three.KeyID == two.KeyID {
		t.Error("the removed key signs")
	}
}

func TestTheProvidersAlgorithmIsTaken(t *testing.T) {
	w := newWorld(t)
	w.Alg = keys.RS256
	if header, _ := w.read(t, w.make(t, person(), wish())); header.Algorithm != keys.RS256 {
		t.Errorf("alg %s", header.Algorithm)
	}
}

func TestGoodCostsNoAllocation(t *testing.T) {
	made := newWorld(t).make(t, person(), wish())
	if n := testing.AllocsPerRun(100, func() { made.Good() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// What is asked for is not written to: it is shared by all requests.
func TestTheCallersTokenIsNotChanged(t *testing.T) {
	w := newWorld(t)
	of := person()
	before := len(of.Claims)
	w.make(t, of, wish("name", "groups", "username"))
	if len(of.Claims) != before || of.Claims["iss"] != nil || of.Kind != grant.KindAccess {
		t.Errorf("claims %v", of.Claims)
	}
}
