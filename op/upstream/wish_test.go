package upstream

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestFaultsOfAWish(t *testing.T) {
	good := Wish{Audience: audience, Life: DefaultLife, Claims: []string{"email", "username", "account", "https://claims.example/roles"}}
	if faults := good.Check(); len(faults) > 0 {
		t.Errorf("%v", faults)
	}
	for name, test := range map[string]struct {
		change func(*Wish)
		want   string
	}{
		"no audience":       {func(w *Wish) { w.Audience = "" }, "audience: "},
		"relative audience": {func(w *Wish) { w.Audience = "orders" }, "audience: "},
		"no life":           {func(w *Wish) { w.Life = 0 }, "lifetime: "},
		"too short":         {func(w *Wish) { w.Life = 10*time.Second - 1 }, "lifetime: "},
		"too long":          {func(w *Wish) { w.Life = 10*time.Minute + 1 }, "lifetime: "},
		"empty claim":       {func(w *Wish) { w.Claims = []string{""} }, "claims: a name is empty"},
		"protocol's claim":  {func(w *Wish) { w.Claims = []string{"aud"} }, "claims: aud belongs to the protocol"},
		"in other letters":  {func(w *Wish) { w.Claims = []string{"Aud"} }, "claims: Aud belongs to the protocol"},
		"who issued a sub":  {func(w *Wish) { w.Claims = []string{"Sub_id"} }, "claims: Sub_id belongs to the protocol"},
		"twice":             {func(w *Wish) { w.Claims = []string{"email", "email"} }, "claims: email is named twice"},
	} {
		bad := good
		test.change(&bad)
		if err := errors.Join(bad.Check()...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}
