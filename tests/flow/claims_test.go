package flow

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// standard are the claims of OIDC Core section 5.1 with their JSON types.
var standard = map[string]string{
	"sub": "string", "name": "string", "given_name": "string", "family_name": "string", "middle_name": "string", "nickname": "string",
	"preferred_username": "string", "profile": "string", "picture": "string", "website": "string", "email": "string",
	"email_verified": "boolean", "gender": "string", "birthdate": "string", "zoneinfo": "string", "locale": "string",
	"phone_number": "string", "phone_number_verified": "boolean", "address": "object", "updated_at": "number",
}

// dianasClaims are the lines of Caddyfile.example that say what is known about diana.
func dianasClaims(t *testing.T) string {
	t.Helper()
	example, err := os.ReadFile("../../Caddyfile.example")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(example), "\t\tuser diana {\n")
	block, _, found := strings.Cut(block, "\n\t\t}\n")
	_, lines, has := strings.Cut(block, "\t\t\tclaim ")
	if !found || !has {
		t.Fatal("Caddyfile.example has no diana with claims")
	}
	return "\t\t\tclaim " + lines
}

// informed is a house in which somebody has all claims of diana in the example, and a name in two languages.
func informed(t *testing.T) *house {
	t.Helper()
	return build(t, plan{bare: true, provider: "\t\tuser example {\n\t\t\tpassword " + dianaHash + "\n\t\t\tsub exam0001\n" + dianasClaims(t) +
		"\n\t\t\tclaim name#ja ダイアナ\n\t\t\tclaim name#sv \"Diana från Umeå\"\n\t\t}"})
}

// everything takes the person of informed through an authorization.
func (h *house) everything(t *testing.T, more ...string) tokens {
	t.Helper()
	address, verifier := h.authorization("web", more...)
	answer := heard(t, harness.SignIn(t, h.Client(t), address, "example", password))
	return h.redeem(t, "web", answer.Get("code"), verifier)
}

// about asks userinfo.
func (h *house) about(t *testing.T, token string) map[string]any {
	t.Helper()
	got := harness.Get(t, h.back, h.issuer+"/userinfo", "Authorization", "Bearer "+token)
	told := map[string]any{}
	if err := json.Unmarshal([]byte(got.Text), &told); err != nil || got.StatusCode != http.StatusOK {
		t.Fatalf("userinfo: %s %s", got.Status, got.Text)
	}
	return told
}

// asking is a claims parameter that asks for these at one place.
func asking(t *testing.T, place string, names ...string) string {
	t.Helper()
	wanted := map[string]any{}
	for i, name := range names {
		wanted[name] = []any{nil, map[string]any{"essential": true}}[i%2]
	}
	text, err := json.Marshal(map[string]any{place: wanted})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func typeOf(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case map[string]any:
		return "object"
	}
	return "another type"
}

func wantAll(t *testing.T, where string, told map[string]any) {
	t.Helper()
	types := map[string]string{}
	for name, value := range told {
		types[name] = typeOf(value)
	}
	if diff := cmp.Diff(standard, types); diff != "" {
		t.Errorf("%s (-want +got):\n%s", where, diff)
	}
}

// The test user owns all 20 standard claims, with the right types, and each way to ask for them gives them.
func TestMust059_AllStandardClaims(t *testing.T) {
	t.Parallel()
	h := informed(t)
	names := slices.Sorted(maps.Keys(standard))

	t.Run("by scope", func(t *testing.T) {
		got := h.everything(t, "scope", "openid profile email address phone")
		wantAll(t, "userinfo", h.about(t, got.Access))
		if told := claims(t, got.ID); told["name"] != nil || told["email"] != nil {
			t.Errorf("the ID token has claims of scopes: %v", told)
		}
	})
	t.Run("by the claims parameter", func(t *testing.T) {
		got := h.everything(t, "scope", "openid", "claims", asking(t, "userinfo", names...))
		told := h.about(t, got.Access)
		wantAll(t, "userinfo", told)
		if told["email"] != "diana@example.org" || told["email_verified"] != false || told["address"].(map[string]any)["country"] != "Sweden" {
			t.Errorf("userinfo: %v", told)
		}
		if inToken := claims(t, got.ID); inToken["name"] != nil {
			t.Errorf("the ID token has claims of userinfo: %v", inToken)
		}
	})
	t.Run("by the claims parameter, in the ID token", func(t *testing.T) {
		got := h.everything(t, "scope", "openid offline_access", "prompt", "consent", "claims", asking(t, "id_token", append(names, "auth_time", "acr", "aud", "iss")...))
		again := h.refresh(t, "web", got.Refresh)
		for where, jws := range map[string]string{"ID token": got.ID, "refreshed ID token": again.ID} {
			told := claims(t, jws)
			if told["aud"] != "web" || told["iss"] != h.issuer || typeOf(told["auth_time"]) != "number" || told["acr"] != "pwd" {
				t.Errorf("%s: its own claims are %v", where, told)
			}
			maps.DeleteFunc(told, func(name string, _ any) bool { return standard[name] == "" })
			wantAll(t, where, told)
		}
		if diff := cmp.Diff(map[string]any{"sub": "exam0001"}, h.about(t, got.Access)); diff != "" {
			t.Errorf("userinfo: %s", diff)
		}
	})
	t.Run("nothing that was not asked for", func(t *testing.T) {
		got := h.everything(t, "scope", "openid")
		if diff := cmp.Diff(map[string]any{"sub": "exam0001"}, h.about(t, got.Access)); diff != "" {
			t.Errorf("userinfo: %s", diff)
		}
	})
	t.Run("in languages", func(t *testing.T) {
		ask := asking(t, "userinfo", "name")
		for locales, want := range map[string]map[string]any{
			"ja-JP": {"name": "ダイアナ"},
			"sv ja": {"name": "Diana Krall", "name#sv": "Diana från Umeå", "name#ja": "ダイアナ"},
			"de":    {"name": "Diana Krall"},
		} {
			want["sub"] = "exam0001"
			got := h.everything(t, "scope", "openid", "claims", ask, "claims_locales", locales)
			if diff := cmp.Diff(want, h.about(t, got.Access)); diff != "" {
				t.Errorf("claims_locales %s: %s", locales, diff)
			}
		}
		got := h.everything(t, "scope", "openid", "claims", asking(t, "id_token", "name#ja"))
		if told := claims(t, got.ID); told["name#ja"] != "ダイアナ" || told["name"] != nil {
			t.Errorf("name#ja in the ID token: %v", told)
		}
	})
}

// A client whose scopes would never release a claim does not get it by its name either.
func TestMust059_ClaimsEndAtTheScopesOfTheClient(t *testing.T) {
	h := shared(t)
	ask := asking(t, "userinfo", "name", "email", "address")
	got := h.issue(t, "modern", "scope", "openid", "claims", ask) // openid, profile and api:read are its scopes
	if diff := cmp.Diff(map[string]any{"sub": "dikr0001", "name": "Diana Krall"}, h.about(t, got.Access)); diff != "" {
		t.Error(diff)
	}
	answer, _ := h.ask(t, h.web, "modern", "scope", "openid", "claims", `{"userinfo":{"name":null,"name":null}}`)
	if answer.Get("error") != "invalid_request" {
		t.Errorf("a claim asked for twice: %v", answer)
	}
}

// What is advertised of claims and acr is what there is, and an acr that was asked for is in the ID token.
func TestClaimsInTheMetadata(t *testing.T) {
	h := shared(t)
	var told struct {
		Parameter bool     `json:"claims_parameter_supported"`
		Types     []string `json:"claim_types_supported"`
		Claims    []string `json:"claims_supported"`
		ACR       []string `json:"acr_values_supported"`
		Displays  []string `json:"display_values_supported"`
	}
	got := harness.Get(t, h.back, h.issuer+"/.well-known/openid-configuration")
	if err := json.Unmarshal([]byte(got.Text), &told); err != nil {
		t.Fatal(err)
	}
	if !told.Parameter || !slices.Contains(told.Types, "normal") || !slices.Contains(told.Displays, "page") || len(told.ACR) == 0 {
		t.Errorf("metadata: %s", got.Text)
	}
	for name := range standard {
		if !slices.Contains(told.Claims, name) {
			t.Errorf("claims_supported lacks %s", name)
		}
	}
	for _, acr := range told.ACR {
		for _, ask := range [][]string{{"acr_values", "1 " + acr}, {"claims", `{"id_token":{"acr":{"essential":true,"values":["1","` + acr + `"]}}}`}} {
			if got := claims(t, h.issue(t, "modern", append(ask, "scope", "openid")...).ID); got["acr"] != acr {
				t.Errorf("%v: acr is %v", ask, got["acr"])
			}
		}
	}
	if got := claims(t, h.issue(t, "modern", "scope", "openid", "acr_values", "1 2").ID); !slices.Contains(told.ACR, got["acr"].(string)) {
		t.Errorf("acr is %v", got["acr"])
	}
	answer, _ := h.ask(t, h.web, "modern", "scope", "openid", "claims", `{"id_token":{"acr":{"essential":true,"value":"1"}}}`)
	if answer.Get("error") != "unmet_authentication_requirements" {
		t.Errorf("an acr that nobody has: %v", answer)
	}
}
