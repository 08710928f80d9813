package guard

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMust072_HeaderValues(t *testing.T) {
	for _, test := range []struct {
		value any
		want  string
	}{
		{"diana", "diana"},
		{"", ""},
		{nil, ""},
		{`with "quotes", commas; and = signs %41`, `with "quotes", commas; and = signs %41`},
		{"{env.HOME}", "{env.HOME}"},
		{"café", "UTF-8''caf%C3%A9"},
		{"a\r\nX-Admin: 1", "UTF-8''a%0D%0AX-Admin%3A%201"},
		{"a\x00b\x7f", "UTF-8''a%00b%7F"},
		{" padded ", "UTF-8''%20padded%20"},
		{"UTF-8''caf%C3%A9", "UTF-8''UTF-8%27%27caf%25C3%25A9"},
		{"utf-8''x", "UTF-8''utf-8%27%27x"},
		{true, "true"},
		{float64(42), "42"},
		{1.5, "1.5"},
		{json.Number("12345678901234567890"), "12345678901234567890"},
		{[]any{}, "[]"},
		{[]string{"a", "b,c"}, `["a","b,c"]`},
		{[]any{"<é>", 1.0, nil}, `["<\u00e9>",1,null]`},
		{[]any{"\U0001F600\x7f\u2028"}, `["\ud83d\ude00\u007f\u2028"]`},
		{map[string]any{"b": 1.0, "a": "x"}, `{"a":"x","b":1}`},
	} {
		got, err := headerValue(test.value)
		if err != nil || got != test.want {
			t.Errorf("%#v: %q, %v; want %q", test.value, got, err, test.want)
		}
	}
}

// Every string can be read back, so no two are written alike, and what is written is a legal field
// value without blanks at its ends.
func TestMust072_StringsCanBeReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`([uU][tT][fF]-8'')?[ -~]{0,9}`)).Draw(t, "s")
		written, err := headerValue(s)
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimSpace(written) != written {
			t.Fatalf("%q has blanks at an end", written)
		}
		for i := range len(written) {
			if written[i] < 0x20 || written[i] > 0x7e {
				t.Fatalf("%q has byte %#x", written, written[i])
			}
		}
		read := written
		if encoded, ok := strings.CutPrefix(written, extPrefix); ok {
			if read, err = url.PathUnescape(encoded); err != nil {
				t.Fatal(err)
			}
		}
		if read != s {
			t.Fatalf("%q was written as %q and read as %q", s, written, read)
		}
	})
}

func TestMust072_JSONCanBeReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.String()).Draw(t, "list")
		written, err := text(list)
		if err != nil || !plainValue(written) {
			t.Fatalf("%q, %v", written, err)
		}
		var read []string
		if err := json.Unmarshal([]byte(written), &read); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(append([]string{}, list...), append([]string{}, read...)); diff != "" {
			t.Fatal(diff)
		}
	})
}
