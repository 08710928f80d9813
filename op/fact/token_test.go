package fact

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// said reads members as they came, with some of them replaced; "" takes one out.
func said(t *testing.T, replaced map[string]string) Said {
	t.Helper()
	members := map[string]string{
		"iss": `"https://as.example"`, "sub": `"diana"`, "client_id": `"shop"`, "jti": `"1"`, "aud": `"https://api.example"`,
		"scope": `"read write"`, "iat": fmt.Sprint(now.Unix()), "exp": fmt.Sprint(now.Add(time.Hour).Unix()),
	}
	maps.Copy(members, replaced)
	var text []string
	for name, value := range members {
		if value != "" {
			text = append(text, fmt.Sprintf("%q:%s", name, value))
		}
	}
	read, err := oauth.ReadObject([]byte("{" + strings.Join(text, ",") + "}"))
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestTokenOfAPerson(t *testing.T) {
	got, err := said(t, map[string]string{
		"acr": `"urn:mfa"`, "amr": `["pwd","otp"]`, "auth_time": fmt.Sprint(now.Unix() - 60), "nbf": fmt.Sprint(now.Unix()),
		"preferred_username": `"di"`, "groups": `["staff"]`, "level": `7`, "active": `true`, "Sub": `"root"`, "token_type": `"x"`,
	}).Token(now)
	if err != nil {
		t.Fatal(err)
	}
	want := &grant.Token{
		Kind: grant.KindAccess, TokenType: "Bearer", Issuer: "https://as.example", ID: "1", ClientID: "shop", Subject: "diana",
		Username: "di", SignedIn: true, Scopes: oauth.Scopes{"read", "write"}, Audience: []string{"https://api.example"},
		IssuedAt: now, ExpiresAt: now.Add(time.Hour), AuthTime: now.Add(-time.Minute), ACR: "urn:mfa", AMR: []string{"pwd", "otp"},
		Claims: map[string]any{"preferred_username": "di", "groups": []any{"staff"}, "level": json.Number("7")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A client that acts for itself is nobody: none of what it says of a person counts.
func TestTokenOfAClient(t *testing.T) {
	for name, replaced := range map[string]map[string]string{
		"its own name":   {"sub": `"shop"`, "groups": `["admins"]`, "username": `"root"`, "acr": `"urn:mfa"`},
		"no sub":         {"sub": "", "groups": `["admins"]`},
		"azp for client": {"sub": `"shop"`, "client_id": "", "azp": `"shop"`},
	} {
		got, err := said(t, replaced).Token(now)
		if err != nil || got.SignedIn || got.ClientID != "shop" || got.Claims != nil || got.Username != "" || got.ACR != "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestScopesAndAudiences(t *testing.T) {
	for name, test := range map[string]struct {
		replaced map[string]string
		scopes   oauth.Scopes
		audience []string
	}{
		"strings":         {nil, oauth.Scopes{"read", "write"}, []string{"https://api.example"}},
		"arrays":          {map[string]string{"scope": `["a","b","a"]`, "aud": `["x","y"]`}, oauth.Scopes{"a", "b"}, []string{"x", "y"}},
		"none":            {map[string]string{"scope": "", "aud": ""}, nil, nil},
		"scp":             {map[string]string{"scope": "", "scp": `["a"]`}, oauth.Scopes{"a"}, []string{"https://api.example"}},
		"scp beside it":   {map[string]string{"scope": `"a"`, "scp": `["admin"]`}, oauth.Scopes{"a"}, []string{"https://api.example"}},
		"scp beside none": {map[string]string{"scope": `""`, "scp": `["admin"]`}, nil, []string{"https://api.example"}},
	} {
		got, err := said(t, test.replaced).Token(now)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(test.scopes, got.Scopes) + cmp.Diff(test.audience, got.Audience); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestThreat035_MembersOfAnotherTypeAreNone(t *testing.T) {
	long := strings.TrimSuffix(strings.Repeat(`"a",`, maxListed+1), ",")
	wrong := map[string][]string{
		"aud":       {`1`, `null`, `true`, `{}`, `""`, `[]`, `[""]`, `["a",1]`, `[["a"]]`, `[null]`, `{"0":"a"}`, "[" + long + "]"},
		"iss":       {`1`, `null`, `["https://as.example"]`, `{}`, `false`},
		"sub":       {`1`, `null`, `["diana"]`, `true`},
		"client_id": {`1`, `null`, `["shop"]`},
		"jti":       {`1`, `[]`},
		"scope":     {`1`, `null`, `{}`, `[1]`, `["a b"]`, `[""]`, `"a\"b"`, `"\u00e9"`, "[" + long + "]"},
		"acr":       {`1`, `["a"]`},
		"amr":       {`"pwd"`, `[1]`, `null`},
		"username":  {`1`},
		"cnf":       {`1`, `"a"`, `null`, `[]`},
	}
	for member, values := range wrong {
		for _, value := range values {
			if got, err := said(t, map[string]string{member: value}).Token(now); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s %.40s: %+v, %v", member, value, got, err)
			}
		}
	}
}

func TestThreat060_TimesAreWholeSecondsOrNothing(t *testing.T) {
	for _, member := range []string{"exp", "iat", "nbf", "auth_time"} {
		for _, value := range []string{
			`"1795435200"`, `1795435200.5`, `1795435200.0`, `1.7954352e9`, `-1`, `0`, `-1795435200`, `9223372036854775808`, `9223372036854775807`,
			`253402300800`, `1e400`, `null`, `true`, `[1795435200]`, `{}`,
		} {
			if got, err := said(t, map[string]string{member: value}).Token(now); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s %s: %+v, %v", member, value, got, err)
			}
		}
	}
	at := func(offset time.Duration) string { return fmt.Sprint(now.Add(offset).Unix()) }
	for name, replaced := range map[string]map[string]string{
		"expired now": {"exp": at(0)}, "long expired": {"exp": "1"},
		"not before later": {"nbf": at(time.Minute)}, "issued later": {"iat": at(time.Minute)},
	} {
		if got, err := said(t, replaced).Token(now); !errors.Is(err, grant.ErrInactive) || errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, replaced := range map[string]map[string]string{
		"a second left": {"exp": at(time.Second)}, "a clock that is ahead": {"nbf": at(10 * time.Second), "iat": at(10 * time.Second)},
	} {
		if _, err := said(t, replaced).Token(now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A token that is bound never looks like one that is not.
func TestBoundTokens(t *testing.T) {
	for cnf, want := range map[string]struct {
		tokenType string
		bound     oauth.Confirmation
	}{
		`{"jkt":"a"}`:                {"DPoP", oauth.Confirmation{JKT: "a"}},
		`{"x5t#S256":"b"}`:           {"Bearer", oauth.Confirmation{X5T: "b"}},
		`{"jkt":"a","x5t#S256":"b"}`: {"DPoP", oauth.Confirmation{JKT: "a", X5T: "b"}},
		`{"jkt":"a","kid":"c"}`:      {"DPoP", oauth.Confirmation{JKT: "a", Other: true}},
		`{}`:                         {"Bearer", oauth.Confirmation{Other: true}},
		`{"jkt":""}`:                 {"Bearer", oauth.Confirmation{Other: true}},
		`{"jkt":1}`:                  {"Bearer", oauth.Confirmation{Other: true}},
		`{"jwk":{"kty":"EC"}}`:       {"Bearer", oauth.Confirmation{Other: true}},
		`{"JKT":"a"}`:                {"Bearer", oauth.Confirmation{Other: true}},
	} {
		got, err := said(t, map[string]string{"cnf": cnf}).Token(now)
		if err != nil || got.TokenType != want.tokenType || got.Confirmation != want.bound {
			t.Errorf("%s: %+v, %v", cnf, got, err)
		}
	}
}
