package user_test

import (
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/user"
)

func TestDisplayName(t *testing.T) {
	for want, u := range map[string]*user.User{
		"Diana Krall": {Name: "diana", Claims: map[string]any{"name": "Diana Krall"}},
		"diana":       {Name: "diana"},
		"babs":        {Name: "babs", Claims: map[string]any{"name": ""}},
		"upper":       {Name: "upper", Claims: map[string]any{"name": 7}},
	} {
		if got := u.DisplayName(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
