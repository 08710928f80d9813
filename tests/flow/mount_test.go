package flow

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// wholeSiteGuard is a guard of the provider's own site, with an audience of its own.
const wholeSiteGuard = `
	openid_guard main {
		audience @SITE@/all
		scopes api:read
	}
	respond "guarded"`

// The provider answers on its own paths whatever else its site does with every path.
func TestTheProviderSharesItsSiteWithAnything(t *testing.T) {
	t.Parallel()
	files := t.TempDir()
	if err := os.WriteFile(filepath.Join(files, "index.html"), []byte("the app"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := build(t, plan{bare: true})
	for _, site := range []struct {
		name, lines, text string
		status            int
	}{
		{"a catch-all handle", "\thandle {\n\t\trespond \"site\"\n\t}", "site", 200},
		{"several handles", "\thandle /login* {\n\t\trespond \"not the login\"\n\t}\n\thandle {\n\t\trespond \"site\"\n\t}", "site", 200},
		{"try_files", "\troot * " + files + "\n\ttry_files {path} /index.html\n\tfile_server", "the app", 200},
		{"a rewrite of everything", "\trewrite * /index.html\n\troot * " + files + "\n\tfile_server", "the app", 200},
		{"a redirect of everything", "\tredir https://elsewhere.example{uri}", "", 302},
		{"basic_auth", "\tbasic_auth {\n\t\tdiana " + dianaHash + "\n\t}\n\trespond \"site\"", "", 401},
		{"a whole-site guard", wholeSiteGuard, "", 401},
		{"a guard in a handle", "\thandle /* {" + wholeSiteGuard + "\n\t}", "", 401},
		{"a proxy for everything", "\tencode\n\theader X-Site yes\n\treverse_proxy @UPSTREAM@", "upstream", 200},
		{"error pages", "\thandle_errors {\n\t\trespond \"dressed\"\n\t}\n\terror 418", "dressed", 418},
		{"a route of everything", "\troute {\n\t\tredir /old /new\n\t\trespond \"site\"\n\t}", "site", 200},
	} {
		t.Run(site.name, func(t *testing.T) {
			h.reload(t, plan{bare: true, idSite: site.lines})
			h.web = h.Client(t)
			h.everyPath(t)
			got := harness.Get(t, h.back, h.issuer+"/anything/else")
			if got.StatusCode != site.status || site.text != "" && got.Text != site.text {
				t.Errorf("the rest of the site: %s %q", got.Status, got.Text)
			}
		})
	}
}

// everyPath wants an answer of the provider on each of its paths, and a whole sign-in.
func (h *house) everyPath(t *testing.T) {
	t.Helper()
	for path, status := range map[string]int{
		"/.well-known/openid-configuration": 200, "/.well-known/oauth-authorization-server": 200, "/jwks": 200,
		"/authorize": 400, "/consent": 405, "/login": 200, "/token": 405, "/userinfo": 401, "/introspect": 405, "/revoke": 405,
		"/assets/nothing.css": 404,
	} {
		if got := harness.Get(t, h.back, h.issuer+path); got.StatusCode != status {
			t.Errorf("%s: %s %q", path, got.Status, got.Text)
		}
	}
	login := harness.Get(t, h.back, h.issuer+"/login").Text
	at := strings.Index(login, "assets/gatehouse.css")
	if at < 0 {
		t.Fatal("the login page has no style sheet")
	}
	sheet, _, _ := strings.Cut(login[at:], `"`)
	if got := harness.Get(t, h.back, h.issuer+"/"+sheet); got.StatusCode != http.StatusOK || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/css") {
		t.Errorf("%s: %s %v", sheet, got.Status, got.Header)
	}
	got := h.issue(t, "web", "scope", "openid email")
	info := harness.Get(t, h.back, h.issuer+"/userinfo", "Authorization", "Bearer "+got.Access)
	if info.StatusCode != http.StatusOK || !strings.Contains(info.Text, "diana@example.org") {
		t.Errorf("userinfo: %s %s", info.Status, info.Text)
	}
	if told, text := h.introspect(t, "web", got.Access); told["active"] != true {
		t.Error(text)
	}
	if answer := h.post(t, "web", "/revoke", "token", got.Access); answer.StatusCode != http.StatusOK {
		t.Errorf("revocation: %s", answer.Status)
	}
}

// A guard works wherever a directive may stand, and one audience may be guarded in several places.
func TestAGuardMayStandAnywhere(t *testing.T) {
	t.Parallel()
	const nested = `
(guarding) {
	openid_guard main {
		audience @EXTRA@
		scopes extra:read
		header X-User-Id sub
	}
}
&(named) {
	route {
		import guarding
		reverse_proxy @UPSTREAM@
	}
}
@EXTRA@ {
	handle_path /handled/* {
		import guarding
		reverse_proxy @UPSTREAM@
	}
	handle /in/* {
		handle /in/deeper/* {
			import guarding
			reverse_proxy @UPSTREAM@
		}
	}
	route /routed/* {
		import guarding
		reverse_proxy @UPSTREAM@
	}
	handle /one/* {
		invoke named
	}
	handle /two/* {
		invoke named
	}
	handle /said {
		import guarding
		respond "{http.auth.user.id}|{http.auth.user.email}|{http.auth.client.id}|{http.auth.client.scope}|{http.auth.user.nothing}|"
	}
	respond "open to all"
	handle_errors {
		header Content-Type text/plain
		header X-Who "{http.auth.user.id}"
		respond "dressed {err.status_code} {err.message}"
	}
}
`
	h := build(t, plan{
		bare: true, sites: nested,
		provider: "\t\tclient app {\n\t\t\tsecret {env.WEB_SECRET}\n\t\t\tredirect_uris " + callback +
			"\n\t\t\tscopes openid email extra:read\n\t\t}\n\t\tclient bot {\n\t\t\tsecret {env.WORKER_SECRET}\n\t\t\tgrant_types client_credentials\n\t\t\tscopes extra:read\n\t\t}",
	})
	house := h.withSecrets(map[string]string{"app": secrets["web"], "bot": secrets["worker"]})
	address, verifier := h.authorization("app", "scope", "openid email extra:read")
	code := heard(t, harness.SignIn(t, h.web, address, user, password)).Get("code")
	person := house.token(t, "app", "grant_type", "authorization_code", "code", code, "redirect_uri", callback, "code_verifier", verifier)
	service := house.token(t, "bot", "grant_type", "client_credentials", "scope", "extra:read")
	if person.Status != http.StatusOK || service.Status != http.StatusOK {
		t.Fatalf("%s %s", person.Text, service.Text)
	}
	ask := func(path, token string) harness.Answer {
		return harness.Get(t, h.back, h.extra+path, "Authorization", "Bearer "+token)
	}
	for _, path := range []string{"/handled/x", "/in/deeper/x", "/routed/x", "/one/x", "/two/x", "/said"} {
		h.up.untouched(t, path, func() {
			got := ask(path, "nonsense")
			if got.StatusCode != http.StatusUnauthorized || got.Text != "dressed 401 invalid_token" || got.Header.Get("X-Who") != "" ||
				!strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Bearer ") || got.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s refused: %s %q %v", path, got.Status, got.Text, got.Header)
			}
		})
		before := h.up.hits()
		got := ask(path, person.Access)
		switch {
		case got.StatusCode != http.StatusOK:
			t.Errorf("%s: %s %s", path, got.Status, got.Text)
		case path == "/said":
			if got.Text != "dikr0001|diana@example.org|app|openid email extra:read||" {
				t.Errorf("placeholders: %q", got.Text)
			}
			if got := ask(path, service.Access); got.Text != "||bot|extra:read||" {
				t.Errorf("placeholders of a service: %q", got.Text)
			}
		case h.up.hits() != before+1 || h.up.last(t).Header.Get("X-User-Id") != "dikr0001":
			t.Errorf("%s: %q, %d hits, %v", path, got.Text, h.up.hits()-before, h.up.last(t).Header)
		}
	}
	if got := ask("/elsewhere", ""); got.Text != "open to all" {
		t.Errorf("beside the guards: %s %q", got.Status, got.Text)
	}
}

// withSecrets is the house for clients of other names.
func (h *house) withSecrets(more map[string]string) *house {
	other := *h
	other.secrets = more
	return &other
}

// Two providers in one Caddy know nothing of each other.
func TestTwoProvidersAreTwo(t *testing.T) {
	t.Parallel()
	const second = `
	openid_provider second {
		issuer @EXTRA@
		storage memory
		client web {
			secret {env.WEB_SECRET}
			redirect_uris ` + callback + `
			scopes openid api:read
			introspect @API@
			consent skip
		}
		client worker {
			secret {env.WORKER_SECRET}
			grant_types client_credentials
			scopes api:read
		}
		resource @API@ {
			scopes api:read
		}
		user diana {
			password @DIANA@
		}
	}
`
	h := build(t, plan{global: second, sites: "\n@EXTRA@ {\n\topenid_provider second\n}\n"})
	other := *h
	other.issuer = h.extra
	other.web = h.Client(t)
	mine, theirs := h.service(t, "worker", "scope", "api:read"), other.service(t, "worker", "scope", "api:read")
	h.passes(t, mine.Access)
	h.refuses(t, theirs.Access) // issued for this very audience, by another issuer
	if _, text := h.introspect(t, "gate", theirs.Access); text != inactive {
		t.Errorf("the other's token: %s", text)
	}
	if told, text := other.introspect(t, "web", theirs.Access); told["active"] != true {
		t.Errorf("the other's token, asked there: %s", text)
	}
	if _, text := other.introspect(t, "web", mine.Access); text != inactive {
		t.Errorf("ours, asked there: %s", text)
	}

	// Signing in to one is signing in to one, though both are on one host and share its cookies.
	jar := h.web
	other.web = jar
	h.code(t, "web", "scope", "openid")
	address, _ := other.authorization("web", "scope", "openid", "prompt", "none")
	if answer := heard(t, harness.Get(t, jar, address)); answer.Get("error") != "login_required" || answer.Get("iss") != other.issuer {
		t.Errorf("signed in to the other: %v", answer)
	}
	code, verifier := other.code(t, "web", "scope", "openid")
	stolen := h.token(t, "web", "grant_type", "authorization_code", "code", code, "redirect_uri", callback, "code_verifier", verifier)
	if stolen.Error != "invalid_grant" {
		t.Errorf("the other's code: %s", stolen.Text)
	}
	first, then := claims(t, h.issue(t, "web", "scope", "openid").ID), claims(t, other.redeem(t, "web", code, verifier).ID)
	if first["sub"] != "dikr0001" || then["sub"] == "dikr0001" || then["iss"] != other.issuer {
		t.Errorf("%v and %v", first, then)
	}
}
