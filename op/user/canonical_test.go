package user

import (
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// TestThreat106_OneAccountInEverySpelling: what looks alike by case, width, composition or blanks around
// it is one account.
func TestThreat106_OneAccountInEverySpelling(t *testing.T) {
	for want, spellings := range map[string][]string{
		"diana":             {"diana", "Diana", "DIANA", " diana", "diana\t", "\u00a0diana\u3000", "ｄｉａｎａ", "ＤＩＡＮＡ", "𝐝𝐢𝐚𝐧𝐚", "ⓓⓘⓐⓝⓐ"},
		"zoë":               {"zoë", "zoe\u0308", "ZOË", "ZOE\u0308"},
		"strasse":           {"straße", "STRASSE", "Straße", "STRAẞE"},
		"diana@example.org": {"Diana@Example.ORG", "diana＠example.org"},
		"οδυσσευσ":          {"ΟΔΥΣΣΕΥΣ", "οδυσσευς", "οδυσσευσ"},
		"ffi":               {"ﬃ", "FFI"},
		"k":                 {"K", "\u212a"}, // KELVIN SIGN
		"å":                 {"Å", "\u212b", "A\u030a"},
	} {
		for _, spelling := range spellings {
			if got, err := Canonical(spelling); err != nil || got != want {
				t.Errorf("Canonical(%q) = %q, %v; want %q", spelling, got, err, want)
			}
		}
	}
}

// TestThreat106_OtherNamesStayOther: letters of another alphabet and other addresses are other accounts.
func TestThreat106_OtherNamesStayOther(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"diana", "diаna", "dıana", "diana1", "diana@a.example", "diana@b.example", "diana@a.example@b.example", "d.iana", "diana+x"} {
		got, err := Canonical(name)
		if err != nil {
			continue // not a name at all
		}
		if other, taken := seen[got]; taken {
			t.Errorf("%q and %q are one account", name, other)
		}
		seen[got] = name
	}
}

func TestCanonicalRefuses(t *testing.T) {
	for name, value := range map[string]string{
		"nothing":                "",
		"blanks":                 " \t\u00a0",
		"a blank inside":         "diana krall",
		"NUL":                    "diana\x00",
		"a line break":           "diana\nroot",
		"a zero width space":     "dia\u200bna",
		"a direction override":   "\u202eanaid",
		"a byte order mark":      "\ufeffdiana",
		"an emoji":               "diana😀",
		"what is not UTF-8":      "diana\xff",
		"mixed directions":       "diana\u05d0",
		"a name that is long":    strings.Repeat("a", maxNameBytes+1),
		"one that grows long":    strings.Repeat("\ufdfa", 80),
		"a combining mark alone": "\u0301 ",
	} {
		if got, err := Canonical(value); err == nil {
			t.Errorf("%s: Canonical(%q) = %q", name, value, got)
		} else if value != "" && strings.Contains(err.Error(), value) {
			t.Errorf("%s: the error quotes the name", name)
		}
	}
}

func TestCanonicalIsSafeForConcurrentUse(t *testing.T) {
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 200 {
				if got, err := Canonical("Straße"); err != nil || got != "strasse" {
					t.Errorf("Canonical = %q, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
}

// FuzzCanonical: a canonical name is its own canonical name, and so are its upper and lower case; it is
// bounded UTF-8 without blanks.
func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{"Diana", "STRAẞE", "\u13a0\uab70", "İstanbul", "ΟΔΥΣΣΕΥΣ", "\u1e9b\u0323", "\u0345α", "ﬃ", "dia\u200bna", "\u05d0\u0307", "\ufdfa", "ǅ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		canonical, err := Canonical(name)
		if err != nil {
			if canonical != "" {
				t.Fatalf("Canonical(%q) gives %q beside an error", name, canonical)
			}
			return
		}
		if again, err := Canonical(canonical); err != nil || again != canonical {
			t.Fatalf("Canonical(%q) = %q, whose own is %q, %v", name, canonical, again, err)
		}
		if canonical == "" || len(canonical) > maxNameBytes || !utf8.ValidString(canonical) || strings.ContainsAny(canonical, " \t\r\n\x00") {
			t.Fatalf("Canonical(%q) = %q", name, canonical)
		}
	})
}
