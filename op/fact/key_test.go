package fact

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The keys of what is remembered are as different as what they stand for, wherever one part ends and the other begins.
func TestThreat056_DistinctPairsHaveDistinctKeys(t *testing.T) {
	text := rapid.OneOf(rapid.StringMatching(`[a-z.:/\x00]{0,8}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		a, b := [2]string{text.Draw(t, "authority"), text.Draw(t, "token")}, [2]string{text.Draw(t, "other authority"), text.Draw(t, "other token")}
		if same := KeyOf(a[0], a[1]) == KeyOf(b[0], b[1]); same != (a == b) {
			t.Fatalf("%q and %q: the same key: %t", a, b, same)
		}
		// The same bytes, cut elsewhere: what a concatenation would take for one.
		whole := a[0] + a[1]
		at := rapid.IntRange(0, len(whole)).Draw(t, "cut")
		if same := KeyOf(a[0], a[1]) == KeyOf(whole[:at], whole[at:]); same != (at == len(a[0])) {
			t.Fatalf("%q cut at %d and at %d: the same key: %t", whole, len(a[0]), at, same)
		}
	})
}

func TestThreat055_TheAuthorityIsPartOfTheKey(t *testing.T) {
	if KeyOf("https://a.example", "t") == KeyOf("https://b.example", "t") {
		t.Error("two authorities share what is remembered of a token")
	}
}

// What fits the buffer and what does not are digested alike, and the former costs no allocation.
func TestKeyOfAnyLength(t *testing.T) {
	seen := map[Key]int{}
	for length := 1400; length < 1600; length++ {
		key := KeyOf("https://a.example", strings.Repeat("x", length))
		if other, twice := seen[key]; twice {
			t.Errorf("%d and %d bytes have one key", other, length)
		}
		seen[key] = length
	}
	token := strings.Repeat("x", 900)
	if n := testing.AllocsPerRun(100, func() { KeyOf("https://a.example", token) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkKeyOf(b *testing.B) {
	token := strings.Repeat("x", 600)
	b.ReportAllocs()
	for b.Loop() {
		KeyOf("https://login.partner.example", token)
	}
}
