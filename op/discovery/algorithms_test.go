package discovery

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnsignedIDTokensAreOfferedWhereTheyAreServed(t *testing.T) {
	for why, tt := range map[string]struct {
		types []string
		none  bool
	}{
		"code":                   {[]string{"code"}, true},
		"code among others":      {[]string{"id_token", "code"}, true},
		"a code and a token":     {[]string{"code token"}, true},
		"hybrid with ID token":   {[]string{"code id_token", "code id_token token"}, false},
		"implicit":               {[]string{"id_token", "id_token token"}, false},
		"nothing at all, or so":  {[]string{"none"}, false},
		"no response type known": {nil, false},
	} {
		want := []string{"RS256", "HS256", "HS384", "HS512"}
		if tt.none {
			want = append(want, "none")
		}
		if diff := cmp.Diff(want, idTokenAlgs([]string{"RS256"}, tt.types)); diff != "" {
			t.Errorf("%s: %s", why, diff)
		}
	}
}
