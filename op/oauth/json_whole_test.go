package oauth_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestReadJSONWhole(t *testing.T) {
	got, err := oauth.ReadJSON([]byte(` {"a":[1,{"b":1.50,"c":null}],"d":"x\u00fc","e":[],"f":{},"g":12345678901234567890} `), 3)
	want := map[string]any{
		"a": []any{json.Number("1"), map[string]any{"b": json.Number("1.50"), "c": nil}},
		"d": "xü", "e": []any{}, "f": map[string]any{}, "g": json.Number("12345678901234567890"),
	}
	if diff := cmp.Diff(any(want), got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	for name, text := range map[string]string{
		"nothing": "", "blanks": "  ", "two values": "1 2", "an open object": `{"a":1`, "an open list": `[1`, "no name": `{1:2}`,
		"a nested name twice": `{"x":{"a":1,"a":1}}`, "a name twice in a list": `[{"a":1,"a":1}]`, "no comma": `[1 2]`, "no colon": `{"a" 1}`,
		"a comma too many": `[1,]`, "four deep": `[[[[1]]]]`, "no UTF-8": "\"\xff\"", "a bare word": "nul", "a mark before": "\ufeff{}",
	} {
		if got, err := oauth.ReadJSON([]byte(text), 3); err == nil {
			t.Errorf("%s: read as %v", name, got)
		}
	}
	_, err = oauth.ReadJSON([]byte(`{"`+strings.Repeat("x", 5000)+`":1,"`+strings.Repeat("x", 5000)+`":1}`), 3)
	if err == nil || len(err.Error()) > 200 {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}
