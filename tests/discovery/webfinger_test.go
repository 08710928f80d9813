package discovery

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const (
	wellKnown = "/.well-known/webfinger"
	relIssuer = "http://openid.net/specs/connect/1.0/issuer"
)

// find asks a host for the provider of a resource.
func find(t *testing.T, client *http.Client, host, resource string) harness.Answer {
	t.Helper()
	query := url.Values{"resource": {resource}, "rel": {relIssuer}}
	return harness.Get(t, client, "https://"+host+wellKnown+"?"+query.Encode())
}

// leads wants the answer to name the issuer.
func leads(t *testing.T, answer harness.Answer, issuer string) {
	t.Helper()
	var found struct {
		Links []struct{ Rel, Href string }
	}
	if err := json.Unmarshal([]byte(answer.Text), &found); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %v", answer.Status, answer.Text, err)
	}
	if len(found.Links) != 1 || found.Links[0].Rel != relIssuer || found.Links[0].Href != issuer {
		t.Errorf("%+v", found.Links)
	}
	if answer.Header.Get("Content-Type") != "application/jrd+json" || answer.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%v", answer.Header)
	}
}

// From what a person types to the metadata, as a relying party does it (OIDC Discovery sections 2 and 4).
func TestAPersonsIdentifierLeadsToTheProvider(t *testing.T) {
	h := harness.NewHouse(t, harness.Port(t))
	c := h.Start(t, t.TempDir())
	client := c.Client(t)
	host := strings.TrimPrefix(h.Issuer(), "https://")
	for _, resource := range []string{
		"https://diana@" + host, "acct:diana@" + host, "acct:diana@localhost", "diana@" + host, host, "acct:" + host, h.Issuer(), h.Issuer() + "/diana#me",
	} {
		t.Run(resource, func(t *testing.T) { leads(t, find(t, client, host, resource), h.Issuer()) })
	}
	metadata := harness.Get(t, client, h.Issuer()+"/.well-known/openid-configuration")
	if metadata.StatusCode != http.StatusOK || !strings.Contains(metadata.Text, `"issuer":"`+h.Issuer()+`"`) {
		t.Errorf("%s %s", metadata.Status, metadata.Text)
	}
	if got := find(t, client, host, "acct:diana@example.org"); got.StatusCode != http.StatusNotFound || got.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("another host: %s %v", got.Status, got.Header)
	}
	if got := harness.Get(t, client, h.Issuer()+wellKnown); got.StatusCode != http.StatusBadRequest {
		t.Errorf("no resource: %s", got.Status)
	}
	known, unknown := find(t, client, host, "acct:"+harness.Person+"@"+host), find(t, client, host, "acct:nobod@"+host)
	if strings.ReplaceAll(known.Text, harness.Person, "nobod") != unknown.Text {
		t.Errorf("an account shows:\n%s\n%s", known.Text, unknown.Text)
	}
	request, err := http.NewRequest(http.MethodHead, h.Issuer()+wellKnown+"?resource=acct:diana@"+host, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := harness.Do(t, client, request); got.StatusCode != http.StatusOK || got.Text != "" {
		t.Errorf("HEAD: %s %q", got.Status, got.Text)
	}
}

// People whose addresses are on another host than the issuer's are found there, and only there.
func TestAnotherHostLeadsToTheProvider(t *testing.T) {
	people := fmt.Sprintf("localhost:%d", harness.Port(t))
	h := harness.NewHouse(t, harness.Port(t))
	h.Provider = "webfinger " + people
	sites := h.Sites() + fmt.Sprintf("https://%s {\n\tbind 127.0.0.1\n\ttls internal\n\topenid_provider\n\trespond \"welcome\"\n}\n", people)
	c := harness.StartIn(t, t.TempDir(), h.Options(), sites)
	client := c.Client(t)
	harness.Reach(t, client, h.Issuer()+"/jwks")
	harness.Reach(t, client, "https://"+people+"/")

	leads(t, find(t, client, people, "https://diana@"+people), h.Issuer())
	leads(t, find(t, client, people, "acct:diana@"+people), h.Issuer())
	issuerHost := strings.TrimPrefix(h.Issuer(), "https://")
	if got := find(t, client, issuerHost, "https://diana@"+people); got.Text != "elsewhere" {
		t.Errorf("the issuer's host answers: %s %s", got.Status, got.Text)
	}
	if got := find(t, client, people, "https://diana@"+issuerHost); got.StatusCode != http.StatusNotFound {
		t.Errorf("the issuer's people: %s %s", got.Status, got.Text)
	}
	for _, path := range []string{"/jwks", "/authorize", "/.well-known/openid-configuration", "/"} {
		if got := harness.Get(t, client, "https://"+people+path); got.Text != "welcome" {
			t.Errorf("%s on the people's host: %s %s", path, got.Status, got.Text)
		}
	}
}
