package user

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

const (
	aJWT     = "eyJhbGciOiJFUzI1NiJ9.eyJiaXJ0aGRhdGUiOiIxOTY0LTExLTE2In0.c2ln"
	withJWT  = `{"JWT":"` + aJWT + `"}`
	endpoint = `{"endpoint":"https://bank.example.com/claims","access_token":"canary-ksj3n283dke"}`
	open     = `{"endpoint":"https://open.example.com/claims?of=diana"}`
)

// jane has claims of three others, in the words of OIDC Core section 5.6.2.
const jane = `{"users":[{"name":"jane","claims":{
	"name":"Jane Doe","email":"jane@example.org",
	"_claim_names":{"birthdate":"civil","address":"civil","payment_info":"bank","credit_score":"bank","phone_number":"open"},
	"_claim_sources":{"civil":` + withJWT + `,"bank":` + endpoint + `,"open":` + open + `}
}}]}`

func TestClaimsElsewhereArePrunedToWhatIsAsked(t *testing.T) {
	f := newUsersFile(t, jane)
	u, err := f.directory.Lookup(t.Context(), "jane")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ names, want string }{
		{"", `null`},
		{"name email zoneinfo", `null`},
		{"birthdate", `{"_claim_names":{"birthdate":"civil"},"_claim_sources":{"civil":` + withJWT + `}}`},
		{"birthdate name address birthdate", `{"_claim_names":{"address":"civil","birthdate":"civil"},"_claim_sources":{"civil":` + withJWT + `}}`},
		{"credit_score phone_number", `{"_claim_names":{"credit_score":"bank","phone_number":"open"},"_claim_sources":{"bank":` + endpoint + `,"open":` + open + `}}`},
		{"_claim_names _claim_sources civil bank", `null`},
	} {
		t.Run(tt.names, func(t *testing.T) {
			got, err := json.Marshal(ClaimsElsewhere(u, Selection{Names: strings.Fields(tt.names)}, nil))
			if err != nil {
				t.Fatal(err)
			}
			var want, is any
			if json.Unmarshal([]byte(tt.want), &want) != nil || json.Unmarshal(got, &is) != nil {
				t.Fatal("not JSON")
			}
			if diff := cmp.Diff(want, is); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if got := ClaimsElsewhere(u, Selection{Scopes: oauth.Scopes{"profile"}}, nil); got["_claim_names"] == nil {
		t.Error("what one answer was pruned to is missing in the next")
	}
}

// TestThreat061_NoSourceIsReleasedByName: not even to a scope, or a resource, that is made for it.
func TestThreat061_NoSourceIsReleasedByName(t *testing.T) {
	f := newUsersFile(t, jane)
	u, err := f.directory.Lookup(t.Context(), "jane")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"name": "Jane Doe", "email": "jane@example.org"}, u.Claims); diff != "" {
		t.Errorf("the claims of the person (-want +got):\n%s", diff)
	}
	greedy := []resource.Scope{{Name: "all", Claims: []string{"_claim_names", "_claim_sources", "birthdate"}}}
	got := ClaimsFor(u, Selection{Scopes: oauth.Scopes{"all", "email"}}, greedy)
	if diff := cmp.Diff(map[string]any{"email": "jane@example.org"}, got); diff != "" {
		t.Errorf("released (-want +got):\n%s", diff)
	}
	if _, err := resource.NewSet("https://id.example", nil, greedy); err == nil {
		t.Error("a scope may release all sources")
	}
}

// TestThreat117_SourcesAreNotPrinted: neither in a fault nor where somebody prints a user.
func TestThreat117_SourcesAreNotPrinted(t *testing.T) {
	f := newUsersFile(t, jane)
	u, err := f.directory.Lookup(t.Context(), "jane")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprintf("%v", u.Elsewhere), fmt.Sprintf("%+v", u.Elsewhere["bank"]), fmt.Sprintf("%#v", u.Elsewhere)} {
		if strings.Contains(text, "canary") || strings.Contains(text, aJWT) {
			t.Errorf("printed as %s", text)
		}
	}
	for _, source := range []string{
		`{"endpoint":"http://canary.example","access_token":"canary"}`, `{"endpoint":"https://u:canary@x.example"}`, `{"JWT":"canary"}`,
		`{"JWT":["canary"]}`, `{"endpoint":"https://x.example","access_token":"a canary"}`, `"canary"`, `{"access_token":"canary"}`,
		`{"endpoint":"https://x.example","access_token":"canary","scope":"canary"}`, `{"JWT":"` + aJWT + `","access_token":"canary"}`,
	} {
		for _, fault := range faultsOf(t, `{"birthdate":"a"}`, `{"a":`+source+`}`) {
			if strings.Contains(fault, "canary") {
				t.Errorf("%s: %s", source, fault)
			}
		}
	}
}

func faultsOf(t *testing.T, names, sources string) []string {
	t.Helper()
	users, faults := parse([]byte(`{"users":[{"name":"jane","claims":{"email":"jane@example.org","_claim_names":` + names + `,"_claim_sources":` + sources + `}}]}`))
	if len(faults) > 0 {
		t.Fatalf("%s %s: %v", names, sources, faults)
	}
	var found []string
	for _, fault := range users[0].Check() {
		found = append(found, fault.Error())
	}
	return found
}

func TestCheckSources(t *testing.T) {
	either := "claims: _claim_sources: a: must have either JWT, or endpoint and perhaps access_token"
	object := []string{"claims: _claim_names: must be an object that is not empty", "claims: _claim_sources: must be an object that is not empty"}
	for _, tt := range []struct {
		name, names, sources string
		want                 []string
	}{
		{"aggregated", `{"birthdate":"a"}`, `{"a":` + withJWT + `}`, nil},
		{"encrypted", `{"birthdate":"a"}`, `{"a":{"JWT":"a2V5.a2V5.aXY.dGV4dA.dGFn"}}`, nil},
		{"encrypted under an agreed key", `{"birthdate":"a"}`, `{"a":{"JWT":"a2V5..aXY.dGV4dA.dGFn"}}`, nil},
		{"distributed", `{"birthdate":"a","credit_score":"a"}`, `{"a":` + endpoint + `}`, nil},
		{"distributed to everybody", `{"birthdate":"a"}`, `{"a":` + open + `}`, nil},
		{"empty", `{}`, `{}`, object},
		{"other types", `["birthdate"]`, `"a"`, object},
		{"null", `null`, `null`, object},
		{"a reference to nothing", `{"birthdate":"b","gender":"a"}`, `{"a":` + withJWT + `}`, []string{"claims: _claim_names: birthdate names no member of _claim_sources"}},
		{"a reference that is no string", `{"birthdate":["a"],"gender":"a"}`, `{"a":` + withJWT + `}`, []string{"claims: _claim_names: birthdate names no member of _claim_sources"}},
		{"a source of nothing", `{"birthdate":"a"}`, `{"a":` + withJWT + `,"b":` + open + `}`, []string{"claims: _claim_sources: b: no claim comes from it"}},
		{"a claim of the protocol", `{"sub":"a"}`, `{"a":` + withJWT + `}`, []string{`claims: _claim_names: "sub" belongs to the protocol`}},
		{"one in a language", `{"sub#en":"a"}`, `{"a":` + withJWT + `}`, []string{`claims: _claim_names: "sub#en" belongs to the protocol`}},
		{"itself", `{"_claim_names":"a"}`, `{"a":` + withJWT + `}`, []string{`claims: _claim_names: "_claim_names" belongs to the protocol`}},
		{"a claim without a name", `{"":"a"}`, `{"a":` + withJWT + `}`, []string{`claims: _claim_names: "" belongs to the protocol`}},
		{"a claim with two values", `{"email":"a"}`, `{"a":` + withJWT + `}`, []string{"claims: _claim_names: email has a value here as well"}},
		{"the name of the account", `{"preferred_username":"a"}`, `{"a":` + withJWT + `}`, []string{"claims: _claim_names: preferred_username is the name of the account when nothing else is configured"}},
		{"a source that is no object", `{"gender":"a"}`, `{"a":"` + aJWT + `"}`, []string{either}},
		{"neither", `{"gender":"a"}`, `{"a":{}}`, []string{either}},
		{"both", `{"gender":"a"}`, `{"a":{"JWT":"` + aJWT + `","endpoint":"https://x.example"}}`, []string{either}},
		{"a member nobody knows", `{"gender":"a"}`, `{"a":{"endpoint":"https://x.example","token":"x"}}`, []string{either}},
		{"another case", `{"gender":"a"}`, `{"a":{"jwt":"` + aJWT + `"}}`, []string{either}},
		{"an empty token", `{"gender":"a"}`, `{"a":{"endpoint":"https://x.example","access_token":""}}`, []string{either}},
		{"an unsigned JWT", `{"gender":"a"}`, `{"a":{"JWT":"e30.e30."}}`, []string{"claims: _claim_sources: a: JWT: is not a signed or encrypted JWT"}},
		{"two parts", `{"gender":"a"}`, `{"a":{"JWT":"e30.e30"}}`, []string{"claims: _claim_sources: a: JWT: is not a signed or encrypted JWT"}},
		{"base64 of another kind", `{"gender":"a"}`, `{"a":{"JWT":"e30=.e30.e30"}}`, []string{"claims: _claim_sources: a: JWT: is not a signed or encrypted JWT"}},
		{"in the clear", `{"gender":"a"}`, `{"a":{"endpoint":"http://x.example"}}`, []string{"claims: _claim_sources: a: endpoint: is not an https URL"}},
		{"two headers", `{"gender":"a"}`, `{"a":{"endpoint":"https://x.example","access_token":"a\r\nb"}}`, []string{"claims: _claim_sources: a: access_token: has a character outside visible ASCII"}},
		{"too much", `{"gender":"a"}`, `{"a":{"JWT":"e30.` + strings.Repeat("e30A", 2048) + `.e30"}}`, []string{"claims: _claim_sources: are larger than 8192 bytes in all"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, faultsOf(t, tt.names, tt.sources)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// A broken file never takes the users out, and one of the two members alone is a fault.
func TestOneMemberAloneIsAFault(t *testing.T) {
	for _, claims := range []string{`{"_claim_names":{"gender":"a"}}`, `{"_claim_sources":{"a":` + withJWT + `}}`} {
		f := newUsersFile(t, onlyDiana)
		f.want("diana", true)
		f.write(`{"users":[{"name":"jane","claims":` + claims + `}]}`)
		f.advance(lookEvery)
		f.want("diana", true)
		if len(f.reported) != 1 || !strings.Contains(f.reported[0], "must be an object that is not empty") {
			t.Errorf("%s: reported %v", claims, f.reported)
		}
	}
}
