package user

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

func diana() *User {
	return &User{
		Name: "Diana", Account: "diana", Sub: "sub-of-diana", PasswordHash: "$argon2id$krall",
		Claims: map[string]any{
			"name": "Diana Krall", "family_name": "Krall", "given_name": "Diana", "middle_name": "J", "nickname": "Di",
			"preferred_username": "dk", "profile": "https://d.example/", "picture": "https://d.example/p.jpg", "website": "https://d.example",
			"gender": "female", "birthdate": "1964-11-16", "zoneinfo": "America/Vancouver", "locale": "en-CA", "updated_at": json.Number("1700000000"),
			"email": "diana@example.org", "email_verified": false, "phone_number": "+46 90 7865000", "phone_number_verified": true,
			"address": map[string]any{"street_address": "Umeå Universitet", "locality": "Umeå", "postal_code": "SE-90187", "country": "Sweden"},
			"groups":  []any{"staff", "admins"},
		},
	}
}

var groups = []resource.Scope{{Name: "groups", Claims: []string{"groups", "nickname"}}, {Name: "orders:read"}}

// TestThreat061_ClaimsGoByScope: each scope releases its own claims, with the types of the specification, and no other.
func TestThreat061_ClaimsGoByScope(t *testing.T) {
	for _, tt := range []struct {
		scopes oauth.Scopes
		want   string
	}{
		{nil, `{}`},
		{oauth.Scopes{"openid", "offline_access", "orders:read", "unknown"}, `{}`},
		{oauth.Scopes{"email"}, `{"email":"diana@example.org","email_verified":false}`},
		{oauth.Scopes{"phone"}, `{"phone_number":"+46 90 7865000","phone_number_verified":true}`},
		{oauth.Scopes{"address"}, `{"address":{"country":"Sweden","locality":"Umeå","postal_code":"SE-90187","street_address":"Umeå Universitet"}}`},
		{oauth.Scopes{"profile"}, `{"birthdate":"1964-11-16","family_name":"Krall","gender":"female","given_name":"Diana","locale":"en-CA","middle_name":"J","name":"Diana Krall","nickname":"Di","picture":"https://d.example/p.jpg","preferred_username":"dk","profile":"https://d.example/","updated_at":1700000000,"website":"https://d.example","zoneinfo":"America/Vancouver"}`},
		{oauth.Scopes{"groups"}, `{"groups":["staff","admins"],"nickname":"Di"}`},
	} {
		got, err := json.Marshal(ClaimsFor(diana(), Selection{Scopes: tt.scopes}, groups))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, string(got)); diff != "" {
			t.Errorf("scopes %q (-want +got):\n%s", tt.scopes, diff)
		}
	}
}

func TestClaimsWithoutAValueAreLeftOut(t *testing.T) {
	u := &User{Name: "Diana", Claims: map[string]any{"name": "", "email": "", "address": map[string]any{}}}
	got := ClaimsFor(u, Selection{Scopes: oauth.IdentityScopes}, nil)
	if diff := cmp.Diff(map[string]any{"preferred_username": "Diana"}, got); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestNoScopeReleasesAProtocolClaim(t *testing.T) {
	u := &User{Name: "Diana", Claims: map[string]any{"sub": "root", "aud": "x", "groups": "a"}}
	custom := []resource.Scope{{Name: "x", Claims: []string{"sub", "aud", "groups", "preferred_username"}}}
	got := ClaimsFor(u, Selection{Scopes: oauth.Scopes{"x"}}, custom)
	if diff := cmp.Diff(map[string]any{"groups": "a", "preferred_username": "Diana"}, got); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestReleasedClaimsAreACopy(t *testing.T) {
	u := diana()
	got := ClaimsFor(u, Selection{Scopes: oauth.IdentityScopes}, nil)
	got["name"] = "Mallory"
	got["address"].(map[string]any)["country"] = "Nowhere"
	if diff := cmp.Diff(diana(), u); diff != "" {
		t.Errorf("the user has changed:\n%s", diff)
	}
}

func TestStandardClaimsAreThoseOfTheSpecification(t *testing.T) {
	names := StandardClaims()
	if len(names) != 19 || names[0] != "name" || !slices.Contains(names, "phone_number_verified") {
		t.Fatalf("%d claims: %v; OIDC Core section 5.1 has 20 with sub", len(names), names)
	}
	names[0] = "evil"
	if StandardClaims()[0] != "name" {
		t.Fatal("the table can be changed from outside")
	}
}

// TestThreat040_ClaimTypesAreFixed: "true" is not true, and a number is not a name.
func TestThreat040_ClaimTypesAreFixed(t *testing.T) {
	if faults := diana().Check(); len(faults) > 0 {
		t.Fatalf("diana: %v", faults)
	}
	for _, tt := range []struct {
		claim string
		value any
		want  string
	}{
		{"email_verified", "true", "must be true or false"},
		{"phone_number_verified", json.Number("1"), "must be true or false"},
		{"updated_at", "yesterday", "must be a number"},
		{"name", true, "must be a string"},
		{"email", []any{"a@example.org"}, "must be a string"},
		{"birthdate", json.Number("1964"), "must be a string"},
		{"address", "Umeå", "must be an object"},
		{"address", map[string]any{"country": true}, "country must be a string"},
		{"address", map[string]any{"planet": "Earth"}, "has a member that OpenID Connect does not define"},
		{"name", nil, "has no value"},
		{"groups", nil, "has no value"},
		{"sub", "root", "belongs to the protocol"},
		{"client_id", "web", "belongs to the protocol"},
	} {
		u := &User{Name: "diana", Claims: map[string]any{tt.claim: tt.value}}
		faults := u.Check()
		if len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), "claims: "+tt.claim) || !strings.HasSuffix(faults[0].Error(), tt.want) {
			t.Errorf("%s = %v: %v, want %q", tt.claim, tt.value, faults, tt.want)
		}
	}
	for _, value := range []any{1, int64(1), 1.5, json.Number("1")} {
		if faults := (&User{Name: "d", Claims: map[string]any{"updated_at": value}}).Check(); len(faults) > 0 {
			t.Errorf("updated_at %T: %v", value, faults)
		}
	}
}

func TestCheckListsEveryFault(t *testing.T) {
	u := &User{Name: "no body", Sub: "a b", PasswordHash: "pass word", Claims: map[string]any{"": 1, "aud": "x", "name": 1}}
	var got []string
	for _, fault := range u.Check() {
		got = append(got, fault.Error())
	}
	want := []string{
		"name: is empty or has a character that names cannot have",
		"sub: is longer than 255 bytes or has a character outside visible ASCII",
		"password: has a blank, so it is no hash",
		"claims: has one without a name",
		"claims: aud belongs to the protocol",
		"claims: name: must be a string",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if faults := (&User{Name: "diana", Sub: strings.Repeat("s", 256)}).Check(); len(faults) != 1 {
		t.Errorf("a long sub: %v", faults)
	}
}
