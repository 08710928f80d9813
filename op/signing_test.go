package op_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestMust044_KeysRotateByCommandWithoutALoss(t *testing.T) {
	provider := start(t, config(), open(t, op.Location{Driver: op.DriverMemory}))
	token, before := mint(t, provider), provider.Keys()
	for range 2 {
		if err := provider.RotateKeys(t.Context()); err != nil {
			t.Fatal(err)
		}
		count := map[keys.State]int{}
		for _, k := range provider.Keys() {
			count[k.State]++
		}
		want := map[keys.State]int{keys.StateActive: len(before), keys.StateNext: len(before)}
		if diff := cmp.Diff(want, count); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := provider.Introspect(t.Context(), token); err != nil {
		t.Error(err)
	}
}

// Both configurations of a reload know of the removal, for they share the keys.
func TestMust047_RemovedKeyIsRefusedAlthoughRemembered(t *testing.T) {
	st := open(t, op.Location{Driver: op.DriverMemory})
	provider, other := start(t, config(), st), start(t, config(), st)
	token := mint(t, provider)
	for _, p := range []*op.Provider{provider, other, provider, other} {
		if _, err := p.Introspect(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	if err := provider.RemoveKey(t.Context(), "no such key"); !errors.Is(err, op.ErrUnknownKey) {
		t.Errorf("got %v", err)
	}
	for _, k := range provider.Keys() {
		if err := provider.RemoveKey(t.Context(), k.ID); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []*op.Provider{provider, other} {
		if _, err := p.Introspect(t.Context(), token); !errors.Is(err, op.ErrInactive) {
			t.Errorf("got %v", err)
		}
		if _, err := p.Introspect(t.Context(), mint(t, other)); err != nil {
			t.Errorf("a new token: %v", err)
		}
	}
}

func TestKeysThatCannotBeStoredStay(t *testing.T) {
	st := open(t, op.Location{Path: filepath.Join(t.TempDir(), "main.db")})
	provider := start(t, config(), st)
	before := provider.Keys()
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"rotate": provider.RotateKeys(t.Context()), "remove": provider.RemoveKey(t.Context(), before[0].ID),
	} {
		if !errors.Is(err, oauth.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if diff := cmp.Diff(before, provider.Keys()); diff != "" {
		t.Error(diff)
	}
}
