package mcp

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

var metadataURL = regexp.MustCompile(`resource_metadata="([^"]+)"`)

// server is what a client wants to know of an authorization server before it goes on (RFC 8414 section 2).
type server struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Challenges    []string `json:"code_challenge_methods_supported"`
	Documents     bool     `json:"client_id_metadata_document_supported"`
	IssInResponse bool     `json:"authorization_response_iss_parameter_supported"`
}

// A client that has only the guarded URL finds an issuer that has a path, whichever of the three well-known places it
// looks at first, and gets a token there that the guard takes.
func TestAnIssuerWithAPathIsFoundFromTheGuardedURL(t *testing.T) {
	// The audience is on the site, so that its metadata is too.
	const path = "/tenants/one"
	w := newWorld(t, func(h *harness.House) {
		h.Path, h.Audience = path, h.Site()+"/api"
	})
	client := w.Client(t)
	refused := harness.Get(t, client, w.house.API())
	found := metadataURL.FindStringSubmatch(refused.Header.Get("WWW-Authenticate"))
	if refused.StatusCode != http.StatusUnauthorized || found == nil || found[1] != w.house.Site()+"/.well-known/oauth-protected-resource/api" {
		t.Fatalf("%s %v", refused.Status, refused.Header)
	}
	var told struct {
		Resource string   `json:"resource"`
		Servers  []string `json:"authorization_servers"`
		Scopes   []string `json:"scopes_supported"`
	}
	if err := json.Unmarshal([]byte(harness.Get(t, client, found[1]).Text), &told); err != nil {
		t.Fatal(err)
	}
	if told.Resource != w.house.Audience || !slices.Equal(told.Servers, []string{w.house.Issuer()}) || slices.Contains(told.Scopes, "offline_access") {
		t.Fatalf("%+v", told)
	}
	root, below, ours := strings.Cut(told.Servers[0], path)
	if !ours || below != "" {
		t.Fatalf("the issuer is %s", told.Servers[0])
	}
	for _, place := range []string{
		root + "/.well-known/oauth-authorization-server" + path,
		root + "/.well-known/openid-configuration" + path,
		root + path + "/.well-known/openid-configuration",
	} {
		answer := harness.Get(t, client, place)
		var one server
		if err := json.Unmarshal([]byte(answer.Text), &one); err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", place, answer.Status, err)
		}
		if !slices.Contains(one.Challenges, "S256") {
			t.Errorf("%s: no client goes on without S256: %s", place, answer.Text)
		}
		one.Challenges = nil
		want := server{
			Issuer: w.house.Issuer(), Authorization: w.house.Issuer() + "/authorize", Token: w.house.Issuer() + "/token",
			Documents: true, IssInResponse: true,
		}
		if diff := cmp.Diff(want, one); diff != "" {
			t.Errorf("%s: %s", place, diff)
		}
	}
	id := w.docs.put("/client.json", "", onDevice)
	tokens := w.signIn(w.party(id, "http://127.0.0.1:4711/callback"), w.Client(t))
	if status := w.guarded(tokens.AccessToken); status != http.StatusOK {
		t.Errorf("the guard: %d", status)
	}
	again, err := w.party(id, onDevice).Refresh(tokens.RefreshToken)
	if err != nil || w.guarded(again.AccessToken) != http.StatusOK {
		t.Errorf("refreshed: %v, %v", again, err)
	}
}
