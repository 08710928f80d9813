package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func languagesOf(header string) []string {
	r := get("/")
	r.Header = http.Header{"Accept-Language": {header}}
	return Languages(r)
}

// RFC 9110 section 12.5.4.
func TestLanguagesInTheOrderOfPreference(t *testing.T) {
	for header, want := range map[string][]string{
		"":                               nil,
		"ja":                             {"ja"},
		"de-CH, de;q=0.9, en;q=0.8":      {"de-CH", "de", "en"},
		"en;q=0.5,ja;q=0.9 , de ; q=1":   {"de", "ja", "en"},
		"da, en-gb;q=0.8, en;q=0.7":      {"da", "en-gb", "en"},
		"en;q=0, ja":                     {"ja"},
		"*, ja;q=0.5":                    {"ja"},
		"ja;q=2, de;q=-1, fr;q=x, it":    {"it"},
		"ja;q=NaN, de;q=Inf, fr;level=1": nil,
		"ja;, de":                        {"de"},
		",,;;,=":                         nil,
		"de_DE, <script>":                nil,
	} {
		if got := languagesOf(header); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

// TestThreat125_LanguagesAreBounded: no header is worth a long look, and none is remembered.
func TestThreat125_LanguagesAreBounded(t *testing.T) {
	for name, header := range map[string]string{
		"many":       strings.Repeat("aa,", 1<<15) + "ja",
		"one tag":    strings.Repeat("a-", 1<<15),
		"one weight": "ja;q=" + strings.Repeat("0", 1<<16),
		"separators": strings.Repeat(",", 1<<16),
	} {
		if got := languagesOf(header); len(got) > maxLanguages {
			t.Errorf("%s: %d languages", name, len(got))
		}
		if work := testing.AllocsPerRun(10, func() { languagesOf(header) }); work > 100 {
			t.Errorf("%s: %.0f allocations", name, work)
		}
	}
	long := "ja, " + strings.Repeat("x", maxLanguageHeader)
	if got := languagesOf(long); !slices.Equal(got, []string{"ja"}) {
		t.Errorf("what stands within the limit counts: %v", got)
	}
}

func FuzzLanguages(f *testing.F) {
	f.Add("de-CH, de;q=0.9, en;q=0.8")
	f.Add(";q=,,*;q=0")
	f.Fuzz(func(t *testing.T, header string) {
		got := languagesOf(header)
		if len(got) > maxLanguages {
			t.Fatalf("%d languages", len(got))
		}
		for _, tag := range got {
			if tag == "" || len(tag) > 35 || strings.ContainsAny(tag, " ,;*\r\n<") {
				t.Fatalf("%q gives %q", header, tag)
			}
		}
	})
}
