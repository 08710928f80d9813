package guard

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const wellKnown = "/.well-known/oauth-protected-resource"

// resourceMetadata is what a resource tells of itself (RFC 9728).
type resourceMetadata struct {
	Resource             string   `json:"resource"`
	AuthorizationServers []string `json:"authorization_servers"`
	ScopesSupported      []string `json:"scopes_supported"`
	BearerMethods        []string `json:"bearer_methods_supported"`
	ResourceName         string   `json:"resource_name"`
}

// told is the metadata at a URL; none is a nil.
func (w *world) told(address string) *resourceMetadata {
	w.t.Helper()
	answer := harness.Get(w.t, w.http, address)
	if answer.StatusCode != http.StatusOK {
		return nil
	}
	read := new(resourceMetadata)
	if err := json.Unmarshal([]byte(answer.Text), read); err != nil {
		return nil // of something else that answers there
	}
	return read
}

var pointer = regexp.MustCompile(`resource_metadata="([^"]+)"`)

// A client that knows nothing but a URL finds its way: from the challenge to the resource's metadata, and from there
// to the authorization server's.
func TestFromAURLToATokenThatOpensIt(t *testing.T) {
	w := build(t, plan{sites: shop})
	refused := w.ask("GET", "/orders", "")
	found := pointer.FindStringSubmatch(refused.Header.Get("WWW-Authenticate"))
	if refused.StatusCode != http.StatusUnauthorized || found == nil {
		t.Fatalf("%s %v", refused.Status, refused.Header)
	}
	got := w.told(found[1])
	want := &resourceMetadata{
		Resource: w.api, AuthorizationServers: []string{w.house.Issuer()}, BearerMethods: []string{"header"},
		ScopesSupported: []string{"shop", "orders:read", "orders:write", "vault"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	var server struct {
		Issuer string   `json:"issuer"`
		Scopes []string `json:"scopes_supported"`
	}
	discovered := harness.Get(t, w.http, got.AuthorizationServers[0]+"/.well-known/oauth-authorization-server")
	if err := json.Unmarshal([]byte(discovered.Text), &server); err != nil || server.Issuer != got.AuthorizationServers[0] {
		t.Fatalf("%v, %s", err, discovered.Text)
	}
	scopes := map[string]bool{}
	for _, scope := range server.Scopes {
		scopes[scope] = true
	}
	for _, scope := range got.ScopesSupported {
		if !scopes[scope] {
			t.Errorf("the provider does not tell of the guard's scope %s", scope)
		}
	}
	reply, err := w.party("app").ForItself("scope", "shop orders:read", "resource", got.Resource)
	if err != nil {
		t.Fatal(err)
	}
	if opened := w.ask("GET", "/orders", reply.AccessToken); opened.StatusCode != http.StatusOK {
		t.Errorf("the token opens nothing: %s", opened.Status)
	}
}

// One host with several guards, some of them where a request for their metadata does not come by.
func TestMetadataBesideSeveralGuards(t *testing.T) {
	guarded := func(path, audience, scope string) string {
		return fmt.Sprintf("handle %s {\nopenid_guard main {\naudience %s\nscopes %s\n}\nrespond ok\n}\n", path, audience, scope)
	}
	site := func(more string) string {
		return "@API@ {\nbind 127.0.0.1\ntls internal\n" + more +
			guarded("/a/*", "@API@/a", "shop") + guarded("/b/*", "@API@/b/", "vault") + "handle {\nrespond elsewhere\n}\n}\n"
	}
	w := build(t, plan{sites: site("openid_provider main\n")})
	for path, want := range map[string]string{
		wellKnown + "/a": w.api + "/a", wellKnown + "/b/": w.api + "/b/",
		wellKnown + "/b": "", wellKnown: "", wellKnown + "/a/": "", "/a" + wellKnown: "", wellKnown + "/%61": "",
	} {
		got := ""
		if told := w.told(w.api + path); told != nil {
			got = told.Resource
		}
		if got != want {
			t.Errorf("%s tells of %q, want %q", path, got, want)
		}
	}
	if told := w.told(w.house.Issuer() + wellKnown + "/a"); told != nil {
		t.Errorf("the issuer's host tells of %s", told.Resource)
	}
	// Without the line openid_provider nobody answers: nested guards do not see the request.
	w = build(t, plan{sites: site("")})
	if told := w.told(w.api + wellKnown + "/a"); told != nil {
		t.Errorf("told by nobody: %v", told)
	}
}

// One guard is told of at the root too, and the guard answers by itself; a resource that is guarded elsewhere is told
// of where its host's site has the provider's directive.
func TestMetadataOfALoneGuardAndOfADeclaredResource(t *testing.T) {
	w := build(t, plan{
		provider: "resource https://127.0.0.1:1/else {\nname \"Elsewhere\"\nscopes shop\n}",
		sites: `@API@ {
			bind 127.0.0.1
			tls internal
			openid_guard main {
				audience @API@/mcp
				scopes vault
			}
			reverse_proxy @UPSTREAM@
		}`,
	})
	for _, path := range []string{wellKnown, wellKnown + "/mcp"} {
		if told := w.told(w.api + path); told == nil || told.Resource != w.api+"/mcp" {
			t.Errorf("%s tells of %v", path, told)
		}
	}
	request, err := http.NewRequest(http.MethodGet, w.house.Issuer()+wellKnown+"/else", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "127.0.0.1:1"
	if got := harness.Do(t, w.http, request); got.StatusCode == http.StatusOK && got.Text != "" {
		t.Errorf("the issuer's site answers for another host: %s", got.Text)
	}
	before := w.up.hits()
	for _, method := range []string{"POST", "PUT", "DELETE"} {
		if got := w.ask(method, wellKnown, ""); got.StatusCode != http.StatusMethodNotAllowed || w.up.hits() != before {
			t.Errorf("%s: %s", method, got.Status)
		}
	}
	if got := w.ask("GET", wellKnown+"/other", ""); got.StatusCode != http.StatusUnauthorized || w.up.hits() != before {
		t.Errorf("a path beside it: %s", got.Status)
	}
}

// Nothing in the document or the challenge is taken from the request.
func TestThreat073_MetadataIsNotMadeOfTheRequest(t *testing.T) {
	w := build(t, plan{sites: shop})
	plain := w.ask("GET", wellKnown, "")
	for _, header := range [][]string{
		{"X-Forwarded-Host", "evil.example"}, {"Forwarded", "host=evil.example;proto=http"}, {"X-Forwarded-Proto", "http"}, {"X-Original-Host", "evil.example"},
	} {
		if got := w.ask("GET", wellKnown, "", header...); got.Text != plain.Text {
			t.Errorf("%v: %s", header, got.Text)
		}
		if got := w.ask("GET", "/x", "", header...); got.Header.Get("WWW-Authenticate") != w.ask("GET", "/x", "").Header.Get("WWW-Authenticate") {
			t.Errorf("%v: %v", header, got.Header)
		}
	}
	if got := w.ask("GET", wellKnown, "", "Origin", "https://app.example"); got.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("a page cannot read it: %v", got.Header)
	}
	preflight := w.ask("OPTIONS", wellKnown, "", "Origin", "https://app.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "mcp-protocol-version")
	if preflight.StatusCode != http.StatusNoContent || preflight.Header.Get("Access-Control-Allow-Headers") == "" {
		t.Errorf("a preflight: %s %v", preflight.Status, preflight.Header)
	}
}
