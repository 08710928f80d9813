package oauth_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// The example of OIDC Core section 5.5, and what may stand beside it.
func TestParseClaims(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want oauth.ClaimsRequest
	}{
		"nothing":          {"", oauth.ClaimsRequest{}},
		"an empty request": {" {} ", oauth.ClaimsRequest{}},
		"the example of section 5.5": {
			`{
			   "userinfo": {
			     "given_name": {"essential": true},
			     "nickname": null,
			     "email": {"essential": true},
			     "email_verified": {"essential": true},
			     "picture": null,
			     "http://example.info/claims/groups": null
			   },
			   "id_token": {
			     "auth_time": {"essential": true},
			     "acr": {"values": ["urn:mace:incommon:iap:silver"] }
			   }
			 }`,
			oauth.ClaimsRequest{
				Userinfo: oauth.ClaimRequests{
					"given_name": {Essential: true}, "nickname": {}, "email": {Essential: true},
					"email_verified": {Essential: true}, "picture": {}, "http://example.info/claims/groups": {},
				},
				IDToken: oauth.ClaimRequests{"auth_time": {Essential: true}, "acr": {Values: []string{"urn:mace:incommon:iap:silver"}}},
			},
		},
		"the sub of section 5.5.1": {
			`{"id_token":{"sub":{"value":"248289761001"}}}`,
			oauth.ClaimsRequest{IDToken: oauth.ClaimRequests{"sub": {Values: []string{"248289761001"}}}},
		},
		"language tags": {
			`{"userinfo":{"family_name#ja-Kana-JP":null}}`,
			oauth.ClaimsRequest{Userinfo: oauth.ClaimRequests{"family_name#ja-Kana-JP": {}}},
		},
		"members nobody defines": {
			`{"transaction":{"amount":1},"userinfo":{"name":{"purpose":"greeting","essential":false}},"id_token":{}}`,
			oauth.ClaimsRequest{Userinfo: oauth.ClaimRequests{"name": {}}, IDToken: oauth.ClaimRequests{}},
		},
		"values of other claims": {
			`{"userinfo":{"email_verified":{"value":true},"address":{"values":[{"country":"SE"}]}}}`,
			oauth.ClaimsRequest{Userinfo: oauth.ClaimRequests{"email_verified": {}, "address": {}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := oauth.ParseClaims(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseClaimsRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":                      `{`,
		"something behind it":          `{} {}`,
		"a list":                       `[]`,
		"null":                         `null`,
		"a userinfo that is a list":    `{"userinfo":["email"]}`,
		"an id_token that is null":     `{"id_token":null}`,
		"a claim that is a text":       `{"userinfo":{"email":"essential"}}`,
		"a claim that is true":         `{"userinfo":{"email":true}}`,
		"an essential that is a text":  `{"userinfo":{"email":{"essential":"true"}}}`,
		"an essential that is null":    `{"userinfo":{"email":{"essential":null}}}`,
		"values that are no list":      `{"id_token":{"acr":{"values":"pwd"}}}`,
		"no values":                    `{"id_token":{"acr":{"values":[]}}}`,
		"a value and values":           `{"id_token":{"acr":{"value":"a","values":["b"]}}}`,
		"a sub that is a number":       `{"id_token":{"sub":{"value":1}}}`,
		"a sub that is null":           `{"userinfo":{"sub":{"value":null}}}`,
		"a sub that is empty":          `{"userinfo":{"sub":{"value":""}}}`,
		"an acr among them of a type":  `{"id_token":{"acr":{"values":["pwd",false]}}}`,
		"userinfo twice":               `{"userinfo":{"email":null},"userinfo":{}}`,
		"a claim twice":                `{"userinfo":{"email":null,"email":null}}`,
		"a claim twice, once escaped":  `{"userinfo":{"email":null,"\u0065mail":{"essential":true}}}`,
		"essential twice":              `{"userinfo":{"email":{"essential":true,"essential":false}}}`,
		"a name twice where none asks": `{"other":{"x":1,"x":2}}`,
		"bytes that are no UTF-8":      "{\"userinfo\":{\"\xff\":null}}",
		"nests too deep":               `{"userinfo":{"x":{"value":[[[[[[[[1]]]]]]]]}}}`,
		"too large":                    `{"userinfo":{"` + strings.Repeat("x", 8<<10) + `":null}}`,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := oauth.ParseClaims(text)
			refused, ok := errors.AsType[*oauth.Error](err)
			if !ok || refused.Code != "invalid_request" || strings.ContainsAny(refused.Description, "\"\\{") {
				t.Errorf("%v, %v", got, err)
			}
			if diff := cmp.Diff(oauth.ClaimsRequest{}, got); diff != "" {
				t.Errorf("something was read all the same: %s", diff)
			}
		})
	}
}

// TestThreat124_AnEnormousClaimsParameter: whatever its form, it is refused before anybody notices.
func TestThreat124_AnEnormousClaimsParameter(t *testing.T) {
	names := make([]string, 0, 1000)
	for i := range 1000 {
		names = append(names, strconv.Quote("c"+strconv.Itoa(i))+":null")
	}
	many := `{"userinfo":{` + strings.Join(names, ",") + `}}`
	for name, text := range map[string]string{
		"a megabyte of a name": `{"userinfo":{"` + strings.Repeat("x", 1<<20) + `":null}}`,
		"a megabyte of depth":  strings.Repeat(`{"userinfo":`, 1<<17),
		"depth that fits":      strings.Repeat(`[`, 8000),
		"a thousand claims":    many,
		"blanks":               strings.Repeat(" ", 1<<20) + "{}",
	} {
		began := time.Now()
		for range 10 {
			if _, err := oauth.ParseClaims(text); err == nil {
				t.Errorf("%s: is read", name)
			}
		}
		// The demand is five milliseconds each; a busy machine is given room.
		if took := time.Since(began); took > 500*time.Millisecond {
			t.Errorf("%s: ten of them took %v", name, took)
		}
	}
}

// What can be written down as a request is read as what was meant.
func TestParseClaimsReadsWhatWasMeant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"sub", "acr", "email", "name#de", "http://example.info/claims/groups", "", "ü", `"`})
		one := rapid.Custom(func(t *rapid.T) any {
			if rapid.Bool().Draw(t, "null") {
				return nil
			}
			wanted := map[string]any{"extension": rapid.String().Draw(t, "extension")}
			if rapid.Bool().Draw(t, "has essential") {
				wanted["essential"] = rapid.Bool().Draw(t, "essential")
			}
			if rapid.Bool().Draw(t, "has values") {
				wanted["values"] = rapid.SliceOfN(rapid.StringMatching(`[a-z:0-9]{1,8}`), 1, 4).Draw(t, "values")
			}
			return wanted
		})
		asked := rapid.MapOfN(name, one, 0, 6).Draw(t, "asked")
		text, err := json.Marshal(map[string]any{"id_token": asked})
		if err != nil {
			t.Fatal(err)
		}
		got, err := oauth.ParseClaims(string(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if names := slices.Sorted(maps.Keys(asked)); !slices.Equal(names, got.IDToken.Names()) || got.Userinfo != nil {
			t.Fatalf("%s was read as %v", text, got)
		}
		for name, wanted := range asked {
			members, _ := wanted.(map[string]any)
			essential, _ := members["essential"].(bool)
			values, _ := members["values"].([]string)
			if name != "sub" && name != "acr" {
				values = nil
			}
			if diff := cmp.Diff(oauth.ClaimRequest{Essential: essential, Values: values}, got.IDToken[name]); diff != "" {
				t.Fatalf("%s of %s: %s", name, text, diff)
			}
		}
	})
}

// FuzzParseClaims: whatever comes, it is read as any other reader of JSON reads it, or refused.
func FuzzParseClaims(f *testing.F) {
	f.Add(`{"userinfo":{"email":{"essential":true},"name#ja":null},"id_token":{"sub":{"value":"1"},"acr":{"values":["a"]}}}`)
	f.Add(`{"userinfo":{"a":null,"\u0061":null}}`)
	f.Add("{\"id_token\":{\"\\ud800\":null}}")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := oauth.ParseClaims(text)
		if err != nil {
			if told := oauth.AsError(err); told.Code != "invalid_request" || told.Ours() {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		var other struct {
			Userinfo map[string]any `json:"userinfo"`
			IDToken  map[string]any `json:"id_token"`
		}
		if text != "" {
			if err := json.Unmarshal([]byte(text), &other); err != nil && !strings.Contains(strings.ToLower(text), "userinfo") && !strings.Contains(strings.ToLower(text), "id_token") {
				t.Fatalf("%q is read here and by no other: %v", text, err)
			}
		}
		for name := range got.Userinfo {
			if _, also := other.Userinfo[name]; !also {
				t.Fatalf("%q: %q is read here only", text, name)
			}
		}
		for name, one := range got.IDToken {
			if slices.Contains(one.Values, "") || len(one.Values) > 0 && name != "sub" && name != "acr" {
				t.Fatalf("%q: %q has values %q", text, name, one.Values)
			}
		}
	})
}

func TestSplitClaim(t *testing.T) {
	for name, want := range map[string][2]string{
		"name": {"name", ""}, "name#ja-Kana-JP": {"name", "ja-Kana-JP"}, "name#": {"name", ""}, "#de": {"", "de"}, "a#b#c": {"a", "b#c"},
	} {
		claim, tag := oauth.SplitClaim(name)
		if claim != want[0] || tag != want[1] {
			t.Errorf("%s: %q, %q", name, claim, tag)
		}
	}
}
