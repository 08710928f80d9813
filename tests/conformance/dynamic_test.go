package conformance

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// registered is what a registration is answered with.
type registered struct {
	status  int
	members map[string]any
}

func (r registered) text(name string) string { text, _ := r.members[name].(string); return text }

// register asks for a registration of a client with this metadata beside its redirect URI.
func (p *provider) register(t *testing.T, metadata map[string]any) registered {
	t.Helper()
	sent := map[string]any{"redirect_uris": []string{callback}, "response_types": []string{"code"}, "client_name": "A relying party"}
	maps.Copy(sent, metadata)
	body, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPost, p.issuer+"/register", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	got := harness.Do(t, p.Client(t), request)
	answer := registered{status: got.StatusCode}
	if err := json.Unmarshal([]byte(got.Text), &answer.members); err != nil || !strings.HasPrefix(got.Header.Get("Content-Type"), "application/json") {
		t.Fatalf("%s %s", got.Status, got.Text)
	}
	return answer
}

// accepted registers and wants each member back as it was sent.
func (p *provider) accepted(t *testing.T, metadata map[string]any) registered {
	t.Helper()
	answer := p.register(t, metadata)
	if answer.status != http.StatusCreated || answer.text("client_id") == "" || answer.text("client_secret") == "" {
		t.Fatalf("%v: %d %v", metadata, answer.status, answer.members)
	}
	for name, value := range metadata {
		if text, isText := value.(string); isText && answer.text(name) != text {
			t.Errorf("%s came back as %v", name, answer.members[name])
		}
	}
	return answer
}

func refusedAs(t *testing.T, answer registered, code string) {
	t.Helper()
	if answer.status != http.StatusBadRequest || answer.text("error") != code {
		t.Errorf("%d %v, want %s", answer.status, answer.members, code)
	}
}

// as is a run of the client that has registered.
func (p *provider) as(t *testing.T, answer registered) *run {
	t.Helper()
	r := p.run(t, "code", "")
	r.id, r.secret = answer.text("client_id"), answer.text("client_secret")
	return r
}

// TestDynamicProfile is the modules of the Dynamic plan. That both sides change their keys in the middle of it is
// elsewhere.
func TestDynamicProfile(t *testing.T) {
	s := newSite(t)
	p := open(t, "registration open", harness.Outbound(t, s.Server))
	for name, module := range keyed(p, s) {
		t.Run(name, module)
	}
	for name, module := range map[string]func(t *testing.T){
		"oidcc-server": func(t *testing.T) { server(t, p.as(t, p.accepted(t, nil))) },
		"oidcc-idtoken-rs256": func(t *testing.T) {
			r := p.as(t, p.accepted(t, map[string]any{"id_token_signed_response_alg": "RS256"}))
			g := r.finish(t, r.signIn(t))
			if alg := headerOf(t, g.rawIDToken)["alg"]; alg != "RS256" {
				t.Errorf("alg %v", alg)
			}
		},
		"oidcc-ensure-redirect-uri-in-authorization-request": func(t *testing.T) {
			wantPage(t, p.as(t, p.accepted(t, nil)), "redirect_uri", "")
		},
		"oidcc-redirect-uri-query-OK": func(t *testing.T) {
			there := callback + "?foo=bar"
			r := p.as(t, p.accepted(t, map[string]any{"redirect_uris": []string{there}}))
			got := harness.SignIn(t, r.web, r.address("redirect_uri", there), person, password)
			location, err := got.Location()
			if err != nil || location.Query().Get("foo") != "bar" || location.Query().Get("code") == "" {
				t.Errorf("answered at %v, %v", location, err)
			}
		},
		"oidcc-redirect-uri-query-mismatch": func(t *testing.T) {
			r := p.as(t, p.accepted(t, map[string]any{"redirect_uris": []string{callback + "?foo=bar"}}))
			wantPage(t, r, "redirect_uri", callback+"?bar=foo")
		},
		"oidcc-redirect-uri-query-added": func(t *testing.T) {
			wantPage(t, p.as(t, p.accepted(t, nil)), "redirect_uri", callback+"?foo=bar")
		},
		"oidcc-redirect-uri-regfrag": func(t *testing.T) {
			refusedAs(t, p.register(t, map[string]any{"redirect_uris": []string{callback + "#fragment"}}), "invalid_redirect_uri")
		},
		"oidcc-registration-logo-uri":   func(t *testing.T) { shownAs(t, p, "logo_uri") },
		"oidcc-registration-policy-uri": func(t *testing.T) { shownAs(t, p, "policy_uri") },
		"oidcc-registration-tos-uri":    func(t *testing.T) { shownAs(t, p, "tos_uri") },
		"oidcc-registration-sector-bad": func(t *testing.T) {
			document := s.publish(t, "/others", []string{"https://other.example/"})
			refusedAs(t, p.register(t, map[string]any{"subject_type": "pairwise", "sector_identifier_uri": document}), "invalid_client_metadata")
		},
		"oidcc-refresh-token": func(t *testing.T) {
			refreshToken(t, p.as(t, p.accepted(t, map[string]any{"grant_types": []string{"authorization_code", "refresh_token"}})))
		},
		"oidcc-discovery-endpoint-verification": func(t *testing.T) {
			if _, members := p.metadata(t); members["registration_endpoint"] != p.issuer+"/register" {
				t.Errorf("registration_endpoint is %v", members["registration_endpoint"])
			}
		},
	} {
		t.Run(name, module)
	}
}

// TestThirdPartyInitiatedLoginProfile is the two modules of its plan.
func TestThirdPartyInitiatedLoginProfile(t *testing.T) {
	p := open(t, "registration open")
	t.Run("oidcc-3rd_party-init-login", func(t *testing.T) {
		answer := p.accepted(t, map[string]any{"initiate_login_uri": "https://rp.example/login"})
		got := harness.Get(t, p.Client(t), answer.text("registration_client_uri"), "Authorization", "Bearer "+answer.text("registration_access_token"))
		if got.StatusCode != http.StatusOK || !strings.Contains(got.Text, `"initiate_login_uri":"https://rp.example/login"`) {
			t.Errorf("read back: %s %s", got.Status, got.Text)
		}
	})
	t.Run("oidcc-3rd_party-init-login-nohttps", func(t *testing.T) {
		refusedAs(t, p.register(t, map[string]any{"initiate_login_uri": "http://rp.example/login"}), "invalid_client_metadata")
	})
}

// wantPage wants our own error page, and no redirect.
func wantPage(t *testing.T, r *run, changes ...string) {
	t.Helper()
	if got := r.open(t, changes...); got.StatusCode != http.StatusBadRequest || got.Header.Get("Location") != "" {
		t.Errorf("%v: %s, Location %q", changes, got.Status, got.Header.Get("Location"))
	}
}

// shownAs wants a URL of the client's back in the answer, and on the consent page.
func shownAs(t *testing.T, p *provider, member string) {
	t.Helper()
	there := "https://rp.example/" + member
	r := p.as(t, p.accepted(t, map[string]any{member: there}))
	page := harness.Submit(t, r.web, harness.FormOf(t, r.open(t)), "username", person, "password", password)
	for page.StatusCode == http.StatusSeeOther {
		next, err := url.Parse(page.Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		page = harness.Get(t, r.web, next.String())
	}
	if !strings.Contains(page.Text, there) {
		t.Errorf("the consent page does not show %s", there)
	}
}
