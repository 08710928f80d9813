package oauth

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadJSON(t *testing.T) {
	got, err := ReadJSON([]byte(" {\"a\":[1,2.50,\"x\",null,true,{}],\"A\":\"\\u00e4\"}\n"), 8)
	want := map[string]any{
		"a": []any{json.Number("1"), json.Number("2.50"), "x", nil, true, map[string]any{}},
		"A": "ä",
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestThreat039_OneReadingOnly(t *testing.T) {
	for why, tt := range map[string]struct{ text, want string }{
		"a member twice":        {`{"a":1,"a":2}`, `names "a" twice near byte 10`},
		"twice by escape":       {`{"a":1,"\u0061":2}`, `names "a" twice near byte 15`},
		"twice within":          {`{"b":[{"a":1,"a":2}]}`, `names "a" twice near byte 16`},
		"trailing bytes":        {`{"a":1}x`, "has something after its end"},
		"trailing NUL":          {"{}\x00", "has something after its end"},
		"a second value":        {`{} {}`, "has something after its end"},
		"not UTF-8":             {"{\"a\":\"\xff\"}", "is not UTF-8"},
		"too deep":              {strings.Repeat("[", 1000) + strings.Repeat("]", 1000), "is nested too deep"},
		"too deep by one":       {strings.Repeat("[", 9) + strings.Repeat("]", 9), "is nested too deep"},
		"cut off":               {`{"a":`, "is not JSON near byte"},
		"nothing":               {``, "is not JSON near byte"},
		"a trailing comma":      {`{"a":1,}`, "is not JSON near byte"},
		"a comment":             {`{/**/"a":1}`, "is not JSON near byte"},
		"a number as name":      {`{1:2}`, "is not JSON near byte"},
		"single quotes":         {`{'a':1}`, "is not JSON near byte"},
		"an object as its name": {`{{}:1}`, "is not JSON near byte"},
	} {
		if got, err := ReadJSON([]byte(tt.text), 8); err == nil || got != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, %v", why, got, err)
		}
	}
}

func TestReadObject(t *testing.T) {
	if got, err := ReadObject([]byte(`{"a":{}}`)); err != nil || len(got) != 1 {
		t.Error(got, err)
	}
	for _, text := range []string{`[]`, `"{}"`, `null`, `1`, ``, `{"a":1}{}`} {
		if got, err := ReadObject([]byte(text)); err == nil || got != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// Whatever is taken is what encoding/json reads too, and written down it is taken again.
func FuzzReadJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"b":null}]}`, `{"a":1,"a":2}`, `[[[[]]]]`, `1e400`, `"\ud800"`, "\xff", `{"a":1} `} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		value, err := ReadJSON(text, 8)
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("taken and not JSON: %q", text)
		}
		again, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadJSON(again, 8); err != nil {
			t.Fatalf("%q: %v", again, err)
		}
	})
}
