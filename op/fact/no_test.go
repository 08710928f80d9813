package fact

import (
	"errors"
	"fmt"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestThreat062_ADoubtIsNoNo(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"nothing":       {nil, false},
		"a no":          {grant.ErrInactive, true},
		"with a reason": {errExpired, true},
		"an outage":     {oauth.ErrUnavailable, false},
		"both":          {fmt.Errorf("%w: %w", grant.ErrInactive, oauth.ErrUnavailable), false},
		"both, joined":  {errors.Join(oauth.ErrUnavailable, grant.ErrInactive), false},
		"anything else": {errors.New("disk"), false},
	} {
		if got := SaysNo(test.err); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
