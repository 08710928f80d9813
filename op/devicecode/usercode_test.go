package devicecode

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestThreat113_UserCodesAreMany: 20 letters, none a vowel or a digit, in eight places, all of them likely.
func TestThreat113_UserCodesAreMany(t *testing.T) {
	seen := map[byte]int{}
	codes := map[string]bool{}
	const n = 5_000
	for range n {
		code := newUserCode()
		if len(code) != 9 || code[4] != '-' {
			t.Fatalf("%q", code)
		}
		codes[code] = true
		for _, c := range []byte(strings.Replace(code, "-", "", 1)) {
			seen[c]++
		}
	}
	if len(letters) != 20 || len(seen) != 20 || strings.ContainsAny(letters, "AEIOUY0123456789") {
		t.Errorf("%d letters, %d seen", len(letters), len(seen))
	}
	if len(codes) < n-2 {
		t.Errorf("%d codes are %d different ones", n, len(codes))
	}
	for c, times := range seen { // 2,000 expected, with a deviation of 44
		if times < 1_700 || times > 2_300 {
			t.Errorf("%c came %d times", c, times)
		}
	}
}

// TestThreat113_EverySpellingIsOneCode: whoever changes case, dashes or blanks tries the same code again.
func TestThreat113_EverySpellingIsOneCode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := newUserCode()
		var typed strings.Builder
		for _, c := range strings.Replace(code, "-", "", 1) {
			typed.WriteString(rapid.SampledFrom([]string{"", "", "-", " ", "\t", "\u2013", "\u00a0"}).Draw(t, "between"))
			if rapid.Bool().Draw(t, "lower") {
				c += 'a' - 'A'
			}
			typed.WriteRune(c)
		}
		if got, ok := ParseUserCode(typed.String()); !ok || got != code {
			t.Fatalf("%q: %q, %t", typed.String(), got, ok)
		}
	})
}

func TestWhatNoCodeCanBe(t *testing.T) {
	for _, typed := range []string{
		"", "WDJB-MJH", "WDJB-MJHTX", "WDJB-MJHA", "WDJB-MJH1", "WDJB_MJHT", "WDJB.MJHT", "WDJBMJH\u017f", "\u212aDJBMJHT",
		"wdjb-mjht\x00", strings.Repeat("-", 60) + "WDJBMJHT", "\xffDJBMJHT",
	} {
		if code, ok := ParseUserCode(typed); ok || code != "" {
			t.Errorf("%q is %q", typed, code)
		}
	}
}

func TestParsingNeverInventsACode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code, ok := ParseUserCode(rapid.String().Draw(t, "typed"))
		if !ok {
			return
		}
		if again, ok := ParseUserCode(code); !ok || again != code || len(code) != 9 {
			t.Fatalf("%q, then %q", code, again)
		}
	})
}
