package client

import (
	"testing"
	"time"
)

// TestThreat027_AStrictAudienceIsTheIssuerAlone, as the one string it is: nothing that somebody else may have made the
// client believe, and nothing that is read in two ways.
func TestThreat027_AStrictAudienceIsTheIssuerAlone(t *testing.T) {
	for _, strict := range []bool{false, true} {
		p := newProver(t)
		p.strict = strict
		p.build()
		for name, tt := range map[string]struct {
			audience        any
			usual, strictly bool
		}{
			"the issuer":              {op, true, true},
			"the token endpoint":      {opToken, true, false},
			"the issuer in a list":    {[]string{op}, true, false},
			"the endpoint in a list":  {[]string{opToken}, true, false},
			"both":                    {[]string{op, opToken}, false, false},
			"the issuer and somebody": {[]string{op, "https://evil.example"}, false, false},
			"nobody":                  {nil, false, false},
			"nobody in a list":        {[]string{""}, false, false},
			"empty":                   {"", false, false},
			"with a slash":            {op + "/", false, false},
		} {
			want := tt.usual
			if strict {
				want = tt.strictly
			}
			for by, assertion := range map[string]string{
				"a key": p.pair.sign(t, p.claims("key", "aud", tt.audience)), "a secret": p.hmac("HS256", p.claims("hs", "aud", tt.audience)),
			} {
				if c, err := p.show(assertion); (err == nil && c != nil) != want {
					t.Errorf("strict %t, %s by %s: %v", strict, name, by, err)
				}
			}
			p.clock = p.clock.Add(20 * time.Minute) // wrong ones are counted
		}
	}
}

func TestAnAudienceOfNobodyTakesNothing(t *testing.T) {
	for _, named := range []string{"", "/token", op} {
		if (Audience{}).takes(named, false) {
			t.Errorf("%q", named)
		}
	}
}
