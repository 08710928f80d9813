package guard

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// tools is the shortest block for an MCP server: it says everything that a client, a person or the provider is told.
const tools = `@API@ {
	bind 127.0.0.1
	tls internal
	openid_guard main {
		audience @API@/mcp
		name "Toolbox"
		scopes tools:call
		describe tools:call "Use your tools"
		require /mcp/admin/* tools:admin
		clients any
	}
	reverse_proxy @UPSTREAM@
}`

// agent is a public client as MCP clients are, with scopes that nobody has to name.
const agent = `client agent {
	auth none
	redirect_uris http://127.0.0.1/callback
	grant_types authorization_code refresh_token
	scopes openid offline_access tools:call tools:admin
}`

// audience is the aud of a JWT, which is not verified here.
func audience(t *testing.T, token string) []string {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Audience json.RawMessage `json:"aud"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	var one string
	if json.Unmarshal(claims.Audience, &one) == nil {
		return []string{one}
	}
	var several []string
	if err := json.Unmarshal(claims.Audience, &several); err != nil {
		t.Fatal(err)
	}
	return several
}

// agent is the public client in a browser.
func (w *world) agent(browser *http.Client) *harness.Party {
	return &harness.Party{HTTP: browser, Issuer: w.house.Issuer(), ID: "agent", RedirectURI: "http://127.0.0.1:52100/callback"}
}

// allowed signs the person in to the agent and gives the code; the pages are shown to look.
func (w *world) allowed(browser *http.Client, look func(page harness.Answer), parameters ...string) harness.Code {
	w.t.Helper()
	address, verifier := w.agent(browser).AuthorizationURL(parameters...)
	answer := harness.Get(w.t, browser, address)
	for range 6 {
		if answer.StatusCode != http.StatusOK {
			location, err := answer.Location()
			if err != nil {
				w.t.Fatalf("%s: %v\n%s", answer.Status, err, answer.Text)
			}
			if code := location.Query().Get("code"); code != "" {
				return harness.Code{Value: code, Verifier: verifier}
			}
			answer = harness.Get(w.t, browser, location.String())
			continue
		}
		look(answer)
		form := harness.FormOf(w.t, answer)
		if form.Fields.Has("password") {
			answer = harness.Submit(w.t, browser, form, "username", harness.Person, "password", harness.Password)
		} else {
			answer = harness.Submit(w.t, browser, form, "decision", "allow")
		}
	}
	w.t.Fatal("signing in does not end")
	return harness.Code{}
}

// One block is enough for a client that asks for no scope: what every request needs is what it gets, the person is
// asked in the words of the block, and the audience stays with the tokens.
func TestMust039_TheResourceStaysWithTheTokens(t *testing.T) {
	w := build(t, plan{sites: tools, provider: agent})
	browser := w.Client(t)
	var asked []string
	code := w.allowed(browser, func(page harness.Answer) {
		asked = append(asked, page.Text)
	}, "resource", w.api+"/mcp", "scope", "")
	if !strings.Contains(strings.Join(asked, ""), "Use your tools") || !strings.Contains(strings.Join(asked, ""), "Toolbox") {
		t.Errorf("the consent page has other words:\n%s", asked[len(asked)-1])
	}
	party := w.agent(browser)
	reply, err := party.Redeem(code, "resource", w.api+"/mcp")
	if err != nil || reply.RefreshToken == "" || reply.Scope != "tools:call" {
		t.Fatalf("%v, %s, scope %q", err, reply, reply.Scope)
	}
	opens := func(what, token string) {
		t.Helper()
		if got := audience(t, token); !slices.Equal(got, []string{w.api + "/mcp"}) {
			t.Errorf("%s: meant for %v", what, got)
		}
		if got := w.ask("POST", "/mcp", token); got.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", what, got.Status)
		}
	}
	opens("a new token", reply.AccessToken)
	// Some clients name the resource again when they refresh, and some do not.
	for _, parameters := range [][]string{nil, {"resource", w.api + "/mcp"}} {
		if reply, err = party.Refresh(reply.RefreshToken, parameters...); err != nil || reply.AccessToken == "" {
			t.Fatalf("refreshing: %v, %s", err, reply)
		}
		opens("a refreshed token", reply.AccessToken)
	}
	if other, err := party.Refresh(reply.RefreshToken, "resource", w.api); err != nil || other.Error != "invalid_target" {
		t.Errorf("another resource: %v, %s", err, other)
	}
	// A step up goes over the authorization endpoint again; the person allows what is new.
	more := w.allowed(browser, func(harness.Answer) {}, "resource", w.api+"/mcp", "scope", "tools:call tools:admin")
	if reply, err = party.Redeem(more, "resource", w.api+"/mcp"); err != nil || reply.Scope != "tools:call tools:admin" {
		t.Fatalf("%v, %s, scope %q", err, reply, reply.Scope)
	}
	if got := w.ask("GET", "/mcp/admin/x", reply.AccessToken); got.StatusCode != http.StatusOK {
		t.Errorf("with both scopes: %s", got.Status)
	}
}

// A client that asks again without a page gets a token for the same resource.
func TestMust039_TheResourceStaysThroughSilentSignIn(t *testing.T) {
	w := build(t, plan{sites: shop})
	browser := w.Client(t)
	w.signedIn(browser, "scope", "shop")
	app := w.house.Web(browser)
	app.ID = "app"
	for _, scope := range []string{"shop", "openid shop", ""} {
		code, err := app.Silent(browser, "scope", scope, "resource", w.api)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := app.Redeem(code)
		if err != nil || reply.AccessToken == "" {
			t.Fatalf("%v, %s", err, reply)
		}
		if got := audience(t, reply.AccessToken); !slices.Equal(got, []string{w.api}) {
			t.Errorf("%q: meant for %v", scope, got)
		}
		if got := w.ask("GET", "/x", reply.AccessToken); got.StatusCode != http.StatusOK {
			t.Errorf("%q: %s", scope, got.Status)
		}
	}
}

// What is seen only when everything is known is said in the log at the start.
func TestAResourceThatNobodyServesIsWarnedOf(t *testing.T) {
	w := build(t, plan{sites: shop, provider: `
		resource https://elsewhere.example {
			scopes orders:read
		}
		resource https://asked.example {
			scopes orders:read
		}
		resource @API@ {
			scopes ` + shopScopes + `
		}
		client gate {
			secret ` + harness.ServiceSecret + `
			grant_types client_credentials
			scopes orders:read
			introspect https://asked.example
		}`})
	log := w.Log(t)
	if !strings.Contains(log, "resource https://elsewhere.example: no guard serves it") {
		t.Error("there is no warning of the resource")
	}
	for _, served := range []string{"https://asked.example", w.api} {
		if strings.Contains(log, "resource "+served+": no guard serves it") {
			t.Errorf("there is a warning of %s", served)
		}
	}
}

// Two guards that say different things of one audience are a fault, whatever it is that they differ in.
func TestTwoGuardsUnderOneAudience(t *testing.T) {
	w := build(t, plan{sites: shop})
	for block, same := range map[string]bool{
		"scopes shop\nrequire /orders/* orders:read orders:write\nrequire /vault vault": true,
		"scopes shop orders:read orders:write vault":                                    false, // other default scopes
		"scopes shop\nrequire /x vault orders:read orders:write\ntoken opaque":          false,
		"scopes shop\nrequire /x vault orders:read orders:write\nclients app":           false,
		"scopes shop\nrequire /x vault orders:read orders:write\nname Other":            false,
		"scopes shop\nrequire /x vault":                                                 false,
	} {
		options, sites := w.config(plan{sites: shop + "\n@EXTRA@ {\nbind 127.0.0.1\nopenid_guard main {\naudience @API@\n" + block + "\n}\nrespond ok\n}"})
		err := w.Load(t, options, sites)
		if conflict := err != nil && strings.Contains(err.Error(), "declared already with another definition"); conflict == same || same && err != nil {
			t.Errorf("%s: %v", block, err)
		}
	}
}
