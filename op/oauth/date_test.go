package oauth_test

import (
	"encoding/json"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestNumericDate(t *testing.T) {
	for text, want := range map[json.Number]int64{"0": 0, "1300819380": 1300819380, "1300819380.9": 1300819380, "1.3e9": 1300000000, "17179869184": 1 << 34} {
		if got, ok := oauth.NumericDate(text); !ok || got.Unix() != want {
			t.Errorf("%s: %v, %t", text, got, ok)
		}
	}
	for _, value := range []any{nil, "1300819380", true, 1300819380.0, json.Number("-1"), json.Number("17179869185"), json.Number("1e400"), json.Number("x"), []any{json.Number("1")}} {
		if got, ok := oauth.NumericDate(value); ok || !got.IsZero() {
			t.Errorf("%v is read as %v", value, got)
		}
	}
}
