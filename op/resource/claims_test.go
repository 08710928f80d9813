package resource

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestClaimsForAreThoseThatEveryResourceLists(t *testing.T) {
	s, err := NewSet(issuer, []Resource{
		{URI: orders, Claims: []string{"groups", "email", "department"}},
		{URI: files, Claims: []string{"department", "groups"}},
		{URI: mcp},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		audience []string
		want     []string
	}{
		{nil, nil},
		{[]string{orders}, []string{"groups", "email", "department"}},
		{[]string{"HTTPS://api.example.com:443/orders"}, []string{"groups", "email", "department"}},
		{[]string{files}, []string{"department", "groups"}},
		{[]string{orders, files}, []string{"groups", "department"}},
		{[]string{files, orders}, []string{"department", "groups"}},
		{[]string{mcp}, nil},
		{[]string{orders, mcp}, nil},
		{[]string{mcp, orders}, nil},
		{[]string{issuer}, nil},
		{[]string{orders, issuer}, nil},
		{[]string{"https://gone.example.com"}, nil},
		{[]string{orders, "https://gone.example.com"}, nil},
	} {
		got := s.ClaimsFor(tt.audience)
		if len(got) == 0 {
			got = nil
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%v: %s", tt.audience, diff)
		}
	}
	s.ClaimsFor([]string{orders, files})[0] = "changed"
	if got := s.ClaimsFor([]string{orders}); got[0] != "groups" || len(got) != 3 {
		t.Errorf("the set was changed from outside: %v", got)
	}
}

func TestClaimsOfAResourceAreNotOfTheProtocol(t *testing.T) {
	_, err := NewSet(issuer, []Resource{{URI: orders, Claims: []string{
		"groups", "sub", "Scope", "USERNAME", "authorization_details", "", "groups",
	}}}, nil)
	if err == nil {
		t.Fatal("no fault was found")
	}
	place := "resource " + orders + ": claims: "
	want := []string{
		place + `"sub" belongs to the protocol`,
		place + `"Scope" belongs to the protocol`,
		place + `"USERNAME" belongs to the protocol`,
		place + `"authorization_details" belongs to the protocol`,
		place + `"" belongs to the protocol`,
		place + "groups is named twice",
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// Go reads a member "ſub" into a field "sub": no spelling that folds to a name of the protocol passes.
func TestNoSpellingOfAProtocolClaimPasses(t *testing.T) {
	folds := map[rune][]rune{'s': {'S', 'ſ'}, 'k': {'K', '\u212a'}}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(append(append([]string{}, protocolClaims...), tokenMembers...)).Draw(t, "name")
		var spelled strings.Builder
		for _, r := range name {
			options := append([]rune{r, []rune(strings.ToUpper(string(r)))[0]}, folds[r]...)
			spelled.WriteRune(rapid.SampledFrom(options).Draw(t, "rune"))
		}
		if !TokenMember(spelled.String()) {
			t.Fatalf("%q passes", spelled.String())
		}
	})
	for _, name := range []string{"groups", "email", "subs", "su", "preferred_username", "department"} {
		if TokenMember(name) || ProtocolClaim(name) {
			t.Errorf("%q does not pass", name)
		}
	}
	if ProtocolClaim("username") {
		t.Error("a scope may release username at userinfo")
	}
}

func TestResourcesWithOtherClaimsAreNotEqual(t *testing.T) {
	one, same, other := Resource{URI: orders, Claims: []string{"a", "b"}}, Resource{URI: orders, Claims: []string{"b", "a"}}, Resource{URI: orders}
	if !one.Equal(same) || one.Equal(other) || other.Equal(one) {
		t.Error("claims do not count")
	}
}
