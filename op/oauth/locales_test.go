package oauth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestParseLocales(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                    nil,
		"fr-CA fr en":                         {"fr-CA", "fr", "en"}, // the example of OIDC Core section 3.1.2.1
		"  de   ja-Kana-JP ":                  {"de", "ja-Kana-JP"},
		"de DE de":                            {"de"},
		"zh-Hant-TW x-klingon i-navajo":       {"zh-Hant-TW", "x-klingon", "i-navajo"},
		"de_DE 1a a-b_ -de de- ü \x00 de\tfr": nil,
		"toolongtag de-toolongtag":            nil,
		"de," + strings.Repeat("en-", 12) + "en fr": {"fr"},
		"a b c d e f g h i j k l":                   {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"},
	} {
		if diff := cmp.Diff(want, oauth.ParseLocales(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// TestThreat125_PathologicalLocales: however many and however odd, ten at most count, and soon.
func TestThreat125_PathologicalLocales(t *testing.T) {
	began := time.Now()
	for _, unit := range []string{"-", "a-", "de ", " ", "\x00", "x-", "ü", "aaaaaaaaa-"} {
		text := strings.Repeat(unit, 64<<10/len(unit))
		if got := oauth.ParseLocales(text); len(got) > 10 {
			t.Errorf("%q gives %d languages", unit, len(got))
		}
		if tag, found := oauth.LookupLocale(text, []string{"de", "a"}); found && unit != "a-" {
			t.Errorf("%q finds %q", unit, tag)
		}
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestLookupLocale(t *testing.T) {
	available := []string{"ja", "ja-Kana-JP", "zh-Hant", "sv", "en-x-plain"}
	for wanted, want := range map[string]string{
		"ja": "ja", "JA-kana-jp": "ja-Kana-JP", "ja-Hani-JP": "ja", "zh-Hant-CN-x-private1": "zh-Hant", "zh": "", "zh-Hans": "",
		"en": "", "en-X-Plain": "en-x-plain", "en-x-plain-too": "en-x-plain", "en-x-other": "", "": "", "-": "", "s": "", "sv-SE": "sv",
	} {
		got, found := oauth.LookupLocale(wanted, available)
		if got != want || found != (want != "") {
			t.Errorf("%q: %q, %v", wanted, got, found)
		}
	}
}

// What is looked up is never another language, and a language that is there is always found.
func TestLookupLocaleFindsNoOtherLanguage(t *testing.T) {
	tag := rapid.StringMatching(`[a-c]{2}(-[A-B]{4})?(-[x])?(-[A-B]{2})?`)
	rapid.Check(t, func(t *rapid.T) {
		available, wanted := rapid.SliceOfN(tag, 0, 5).Draw(t, "available"), tag.Draw(t, "wanted")
		found, ok := oauth.LookupLocale(wanted, available)
		if ok && !strings.HasPrefix(strings.ToLower(wanted)+"-", strings.ToLower(found)+"-") {
			t.Fatalf("%q gives %q", wanted, found)
		}
		for _, there := range available {
			if there == wanted && !strings.EqualFold(found, wanted) {
				t.Fatalf("%q is there and %q was found", wanted, found)
			}
		}
		for _, one := range oauth.ParseLocales(strings.Join(available, " ")) {
			if !oauth.ValidLocale(one) {
				t.Fatalf("%q counts", one)
			}
		}
	})
}
