package conformance

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// metadata is what oidcc-discovery-endpoint-verification looks at (OIDC Discovery section 3).
type metadata struct {
	Issuer        string   `json:"issuer"`
	JWKSURI       string   `json:"jwks_uri"`
	ResponseTypes []string `json:"response_types_supported"`
	SubjectTypes  []string `json:"subject_types_supported"`
	GrantTypes    []string `json:"grant_types_supported"`
	IDTokenAlgs   []string `json:"id_token_signing_alg_values_supported"`
	UserinfoAlgs  []string `json:"userinfo_signing_alg_values_supported"`
	ObjectAlgs    []string `json:"request_object_signing_alg_values_supported"`
	Scopes        []string `json:"scopes_supported"`
	Claims        []string `json:"claims_supported"`
	ClaimTypes    []string `json:"claim_types_supported"`
	Challenges    []string `json:"code_challenge_methods_supported"`
}

func (p *provider) metadata(t *testing.T) (read metadata, members map[string]any) {
	t.Helper()
	got := harness.Get(t, p.Client(t), p.issuer+"/.well-known/openid-configuration")
	if got.StatusCode != http.StatusOK || !strings.HasPrefix(got.Header.Get("Content-Type"), "application/json") {
		t.Fatalf("%s %s", got.Status, got.Header.Get("Content-Type"))
	}
	for _, to := range []any{&read, &members} {
		if err := json.Unmarshal([]byte(got.Text), to); err != nil {
			t.Fatal(err)
		}
	}
	return read, members
}

// wantAll wants a list to have at least these values.
func wantAll(t *testing.T, member string, list []string, values ...string) {
	t.Helper()
	for _, value := range values {
		if !slices.Contains(list, value) {
			t.Errorf("%s is %q, without %q", member, list, value)
		}
	}
}

// TestConfigProfile is oidcc-discovery-endpoint-verification.
func TestConfigProfile(t *testing.T) {
	p := open(t)
	read, members := p.metadata(t)
	if read.Issuer != p.issuer {
		t.Errorf("issuer %q", read.Issuer)
	}
	wantAll(t, "response_types_supported", read.ResponseTypes, "code", "id_token", "id_token token", "code id_token", "code token", "code id_token token")
	wantAll(t, "subject_types_supported", read.SubjectTypes, "public", "pairwise")
	wantAll(t, "grant_types_supported", read.GrantTypes, "authorization_code", "implicit", "refresh_token")
	wantAll(t, "id_token_signing_alg_values_supported", read.IDTokenAlgs, "RS256")
	wantAll(t, "scopes_supported", read.Scopes, "openid", "profile", "email", "address", "phone", "offline_access")
	wantAll(t, "claims_supported", read.Claims, "sub", "iss", "name", "email", "phone_number", "address")
	wantAll(t, "claim_types_supported", read.ClaimTypes, "normal", "aggregated", "distributed")
	wantAll(t, "code_challenge_methods_supported", read.Challenges, "S256")
	if slices.Contains(read.ObjectAlgs, "none") {
		t.Error("unsigned request objects are advertised")
	}
	for name, value := range members {
		if place, isText := value.(string); isText && !strings.HasPrefix(place, "https://") {
			t.Errorf("%s is %s", name, place)
		}
		if list, isList := value.([]any); isList && len(list) == 0 {
			t.Errorf("%s is an empty list (RFC 8414 section 3.2)", name)
		}
	}
	for _, name := range []string{"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"} {
		if members[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	checkKeys(t, p, read.JWKSURI)
}

// checkKeys wants public keys alone, each with a kid of its own, and one for RS256.
func checkKeys(t *testing.T, p *provider, address string) {
	t.Helper()
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal([]byte(harness.Get(t, p.Client(t), address).Text), &set); err != nil {
		t.Fatal(err)
	}
	seen, algs := map[any]bool{}, []string{}
	for _, key := range set.Keys {
		if key["kid"] == nil || seen[key["kid"]] || key["use"] != "sig" {
			t.Errorf("a key of kid %v, use %v", key["kid"], key["use"])
		}
		seen[key["kid"]] = true
		alg, _ := key["alg"].(string)
		algs = append(algs, alg)
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k", "oth"} {
			if key[private] != nil {
				t.Errorf("a key shows its %s", private)
			}
		}
	}
	wantAll(t, "the keys", algs, "RS256")
}
