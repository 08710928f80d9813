package user

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

// polyglot has claims in several languages (OIDC Core section 5.2).
func polyglot() *User {
	return &User{Name: "hanako", Claims: map[string]any{
		"name": "Hanako Yamada", "name#ja": "山田 花子", "name#ja-Kana-JP": "ヤマダ ハナコ", "name#sv": "Hanako på svenska",
		"website": "https://h.example", "website#sv": "https://h.example/sv", "email": "hanako@example.org", "nickname#sv": "Hana",
		"gender#sv": "", "address": map[string]any{"country": "Japan"}, "address#ja": map[string]any{"country": "日本"},
	}}
}

func TestClaimsInLanguages(t *testing.T) {
	profile := Selection{Scopes: oauth.Scopes{"profile"}}
	in := func(locales ...string) Selection { return Selection{Scopes: profile.Scopes, Locales: locales} }
	named := func(names ...string) Selection { return Selection{Names: names} }
	japanese := Selection{Names: []string{"name", "address", "email"}, Locales: []string{"ja"}}
	for name, tt := range map[string]struct {
		told Selection
		want map[string]any
	}{
		"no language wanted": {profile, map[string]any{"name": "Hanako Yamada", "preferred_username": "hanako", "website": "https://h.example"}},
		"one, under the claim's own name": {in("sv-SE"), map[string]any{
			"name": "Hanako på svenska", "preferred_username": "hanako", "website": "https://h.example/sv", "nickname": "Hana",
		}},
		"one nobody has": {in("de"), map[string]any{"name": "Hanako Yamada", "preferred_username": "hanako", "website": "https://h.example"}},
		"several, each under its tag": {in("ja-Kana-JP", "SV", "de"), map[string]any{
			"name": "Hanako Yamada", "name#ja-Kana-JP": "ヤマダ ハナコ", "name#sv": "Hanako på svenska", "preferred_username": "hanako",
			"website": "https://h.example", "website#sv": "https://h.example/sv", "nickname#sv": "Hana",
		}},
		"by name with a tag":               {named("name#ja"), map[string]any{"name#ja": "山田 花子"}},
		"the case of a tag does not count": {named("name#JA-kana-jp"), map[string]any{"name#JA-kana-jp": "ヤマダ ハナコ"}},
		"a tag nobody has":                 {named("name#de", "email#ja"), map[string]any{}},
		"a tag without a value":            {named("gender#sv"), map[string]any{}},
		"an empty tag is none":             {named("email#"), map[string]any{"email": "hanako@example.org"}},
		"by name in one language":          {japanese, map[string]any{"name": "山田 花子", "address": map[string]any{"country": "日本"}, "email": "hanako@example.org"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, ClaimsFor(polyglot(), tt.told, nil)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if diff := cmp.Diff([]string{"ja", "ja-Kana-JP", "sv"}, ClaimsLocales([]*User{polyglot(), diana(), polyglot()})); diff != "" {
		t.Errorf("languages: %s", diff)
	}
}

func TestClaimsByName(t *testing.T) {
	for name, tt := range map[string]struct {
		names []string
		want  map[string]any
	}{
		"one of a scope":           {[]string{"email"}, map[string]any{"email": "diana@example.org"}},
		"false is a value":         {[]string{"email_verified"}, map[string]any{"email_verified": false}},
		"one of the operator's":    {[]string{"groups"}, map[string]any{"groups": []any{"staff", "admins"}}},
		"one nobody has":           {[]string{"shoe_size", ""}, map[string]any{}},
		"no claim of the protocol": {[]string{"sub", "aud", "acr", "auth_time", "SUB"}, map[string]any{}},
	} {
		if diff := cmp.Diff(tt.want, ClaimsFor(diana(), Selection{Names: tt.names}, groups)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestReleasedBy(t *testing.T) {
	custom := []resource.Scope{{Name: "team", Claims: []string{"groups", "email", "sub"}}, {Name: "orders:read"}}
	for scopes, want := range map[string][]string{
		"openid offline_access orders:read": nil,
		"phone":                             {"phone_number", "phone_number_verified"},
		"team":                              {"groups", "email"},
		"email team":                        {"email", "email_verified", "groups"},
	} {
		parsed, err := oauth.ParseScopes(scopes)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, ReleasedBy(parsed, custom)); diff != "" {
			t.Errorf("%s: %s", scopes, diff)
		}
	}
	if all := ReleasedBy(oauth.IdentityScopes, nil); !slices.Equal(all, StandardClaims()) {
		t.Errorf("all scopes release %v", all)
	}
}

// TestMust059_NothingIsToldThatWasNotSelected: whatever is selected and whatever the person has, what is told
// was asked for by a scope or by its name, and is theirs.
func TestMust059_NothingIsToldThatWasNotSelected(t *testing.T) {
	name := rapid.SampledFrom([]string{"name", "name#ja", "name#sv", "email", "email_verified", "groups", "secret", "sub", "acr", "nickname#sv"})
	scope := rapid.SampledFrom([]string{"openid", "profile", "email", "groups", "nonsense"})
	rapid.Check(t, func(t *rapid.T) {
		u := &User{Name: "diana", Claims: rapid.MapOf(name, rapid.Map(rapid.StringMatching(`[a-z]{0,3}`), func(s string) any { return s })).Draw(t, "claims")}
		s := Selection{
			Scopes:  rapid.SliceOfDistinct(scope, rapid.ID[string]).Draw(t, "scopes"),
			Names:   rapid.SliceOf(name).Draw(t, "names"),
			Locales: rapid.SliceOf(rapid.SampledFrom([]string{"ja", "sv", "de"})).Draw(t, "locales"),
		}
		told := ClaimsFor(u, s, groups)
		allowed := ReleasedBy(s.Scopes, groups)
		for _, asked := range s.Names {
			claim, _ := oauth.SplitClaim(asked)
			allowed = append(allowed, claim)
		}
		values := slices.Collect(maps.Values(u.Claims))
		for name, value := range told {
			claim, _ := oauth.SplitClaim(name)
			if !slices.Contains(allowed, claim) || resource.ProtocolClaim(claim) {
				t.Fatalf("%s was not selected by %+v", name, s)
			}
			if value == "" || value != "diana" && !slices.Contains(values, value) {
				t.Fatalf("%s = %v is not theirs", name, value)
			}
		}
	})
}

// Every standard claim has words of its own on the consent page.
func TestDescribeClaim(t *testing.T) {
	seen := map[string]string{}
	for _, name := range StandardClaims() {
		words := DescribeClaim(name)
		if other, twice := seen[words]; twice || words == "" {
			t.Errorf("%s is described as %q, as is %q", name, words, other)
		}
		seen[words] = name
	}
	if words := DescribeClaim("groups"); words != "" {
		t.Errorf("a claim of the operator's is described as %q", words)
	}
}

func TestThreat040_ClaimsInLanguagesHaveTheSameTypes(t *testing.T) {
	if faults := polyglot().Check(); len(faults) > 0 {
		t.Fatal(faults)
	}
	for name, want := range map[string]string{
		"name#ja":    "claims: name#ja: must be a string",
		"address#ja": "claims: address#ja: must be an object",
		"sub#ja":     "claims: sub#ja belongs to the protocol",
		"name#":      "claims: name# does not end in a language tag",
		"name#j_a":   "claims: name#j_a does not end in a language tag",
		"#ja":        "claims: has one without a name",
	} {
		u := &User{Name: "d", Claims: map[string]any{name: 1}}
		if faults := u.Check(); len(faults) != 1 || faults[0].Error() != want {
			t.Errorf("%s: %v, want %s", name, faults, want)
		}
	}
}
