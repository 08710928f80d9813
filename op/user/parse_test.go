package user

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	users, faults := parse([]byte(`
{"users": [
	{"name": "Diana", "password": "$argon2id$v=19$m=47104,t=1,p=1$c2FsdA$aGFzaA", "sub": "dikr0001",
	 "claims": {"email_verified": true, "updated_at": 1700000000, "address": {"country": "Sweden"}, "groups": ["a", "b"]}},
	{"name": "babs", "disabled": true}
]}
`))
	if faults != nil {
		t.Fatal(faults)
	}
	want := []*User{
		{
			Name: "Diana", PasswordHash: "$argon2id$v=19$m=47104,t=1,p=1$c2FsdA$aGFzaA", Sub: "dikr0001",
			Claims: map[string]any{
				"email_verified": true, "updated_at": json.Number("1700000000"),
				"address": map[string]any{"country": "Sweden"}, "groups": []any{"a", "b"},
			},
		},
		{Name: "babs", Disabled: true},
	}
	if diff := cmp.Diff(want, users); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	if users, faults := parse([]byte(`{"users":[]}`)); len(users) != 0 || faults != nil {
		t.Errorf("an empty list: %v, %v", users, faults)
	}
}

// TestThreat039_TheFileHasOneReading: what another reader could read in another way is refused.
func TestThreat039_TheFileHasOneReading(t *testing.T) {
	for _, tt := range []struct {
		name, content string
		want          []string
	}{
		{"nothing", ``, []string{"is not JSON near byte 0"}},
		{"not JSON", `users: diana`, []string{"is not JSON near byte 0"}},
		{"cut off", `{"users":[{"name":"diana"}`, []string{"is not JSON near byte 26"}},
		{"trailing bytes", onlyDiana + `x`, []string{"has something after its end"}},
		{"a second value", onlyDiana + onlyBabs, []string{"has something after its end"}},
		{"a byte order mark", "\ufeff" + onlyDiana, []string{"is not JSON near byte 0"}},
		{"not UTF-8", strings.Replace(onlyDiana, "Diana", "Dian\xff", 1), []string{"is not UTF-8"}},
		{"a member twice", `{"users":[{"name":"diana","disabled":true,"disabled":false}]}`, []string{`names "disabled" twice near byte 52`}},
		{"a claim twice", `{"users":[{"name":"diana","claims":{"a":1,"a":2}}]}`, []string{`names "a" twice near byte 45`}},
		{"users twice", `{"users":[],"users":[]}`, []string{`names "users" twice near byte 19`}},
		{"too deep", `{"users":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`, []string{"is nested too deep"}},
		{"a map of names", `{"diana":{"password":"x"}}`, []string{"users: is missing", `"diana": is not known here`}},
		{"a list", `[{"name":"diana"}]`, []string{"is not an object with the member users"}},
		{"null", `null`, []string{"is not an object with the member users"}},
		{"users is an object", `{"users":{"diana":{}}}`, []string{"users: must be a list"}},
		{"users is null", `{"users":null}`, []string{"users: must be a list"}},
		{"another case", `{"Users":[]}`, []string{"users: is missing", `"Users": is not known here`}},
		{"an entry that is no object", `{"users":["diana"]}`, []string{"entry 1: is not an object"}},
		{
			"unknown members and other types",
			`{"users":[{"name":"diana","Disabled":true,"password":null,"sub":1,"disabled":"yes","claims":[],"email":"x"},{"name":1},{"name":""}]}`,
			[]string{
				"user diana: password: must be a string", "user diana: sub: must be a string", "user diana: disabled: must be true or false",
				"user diana: claims: must be an object", `user diana: "Disabled": is not known here`, `user diana: "email": is not known here`,
				"entry 2: name: must be a string", "entry 2: name: is missing", "entry 3: name: is missing",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, faults := parse([]byte(tt.content))
			var got []string
			for _, fault := range faults {
				got = append(got, fault.Error())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// TestThreat117_FaultsOfTheFileHoldNoHash: a broken file is reported without a piece of it.
func TestThreat117_FaultsOfTheFileHoldNoHash(t *testing.T) {
	const canary = "$argon2id$canary"
	for _, content := range []string{
		`{"users":[{"name":"d","password":"` + canary, `{"users":[{"name":"d","password":"` + canary + `","x":1}]}`,
		`{"users":[{"name":"d","password":["` + canary + `"]}]}`, `{"users":[{"name":"d","password":` + canary + `}]}`,
		`{"users":[{"name":"d","sub":"` + canary + `\x"}]}`,
	} {
		for _, fault := range mustFault(t, content) {
			if strings.Contains(fault.Error(), "canary") {
				t.Errorf("%v", fault)
			}
		}
	}
}

func mustFault(t *testing.T, content string) []error {
	t.Helper()
	_, faults := parse([]byte(content))
	if len(faults) == 0 {
		t.Fatalf("no fault in %s", content)
	}
	return faults
}

// FuzzParse: no input panics; what is accepted without a fault is JSON to everybody else too.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{onlyDiana, onlyBabs, `{"users":[{"name":"d","claims":{"a":[{"b":null}]}}]}`, `{"users":[{}]}`, `{"a":1,"a":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		users, faults := parse(content)
		if len(faults) > 0 {
			return
		}
		if !json.Valid(content) {
			t.Fatalf("%q is accepted and not JSON", content)
		}
		for _, u := range users {
			if u.Name == "" {
				t.Fatalf("%q has a user without a name", content)
			}
		}
	})
}
