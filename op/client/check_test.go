package client

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestCheckAcceptsTheUsualClients(t *testing.T) {
	secret := []Secret{PlainSecret("s")}
	for name, c := range map[string]Client{
		"web": {
			ID: "web", Name: "Web shop", Secrets: secret, RedirectURIs: []string{"https://shop.example.com/callback"},
			GrantTypes: []string{"authorization_code", "refresh_token"}, Scopes: oauth.Scopes{"openid", "offline_access", "orders:read"},
			ConsentSkip: true, DefaultResource: "https://api.example.com", LogoURI: "https://shop.example.com/logo.png",
		},
		"service": {ID: "billing", Secrets: secret, GrantTypes: []string{"client_credentials"}, Scopes: oauth.Scopes{"orders:read"}, Introspect: []string{"https://api.example.com"}},
		"native":  {ID: "cli", AuthMethods: []string{"none"}, RedirectURIs: []string{"http://127.0.0.1/callback"}, Scopes: oauth.Scopes{"openid"}},
		"app":     {ID: "app", AuthMethods: []string{"none"}, ApplicationType: "native", RedirectURIs: []string{"com.example.app:/cb", "https://app.example.com/cb"}},
		"browser": {ID: "spa", AuthMethods: []string{"none"}, RedirectURIs: []string{"https://spa.example.com/"}, ConsentSkip: true},
		"both":    {ID: "both", Secrets: append(secret, PlainSecret("t")), AuthMethods: []string{"client_secret_post", "client_secret_basic"}, RedirectURIs: []string{"https://a.example/"}, GrantTypes: []string{"authorization_code", "client_credentials"}, IDToken: Protection{Alg: "ES256"}, SubjectType: "public", Refresh: "always", ResponseTypes: []string{"code"}},
	} {
		if faults := c.Check(); len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

// checks holds the faults of a good client that was changed against those wanted.
func checks(t *testing.T, change func(*Client), want ...string) {
	t.Helper()
	c := &Client{ID: "web", Secrets: []Secret{PlainSecret("s")}, RedirectURIs: []string{"https://shop.example.com/cb"}}
	change(c)
	var got []string
	for _, fault := range c.Check() {
		// What is supported is told too; see TestAFaultTellsWhatThereIs.
		told, _, _ := strings.Cut(fault.Error(), "is not supported: ")
		if told != fault.Error() {
			told += "is not supported"
		}
		got = append(got, told)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestAFaultTellsWhatThereIs(t *testing.T) {
	f := &faults{}
	f.oneOf("refresh", "sometimes", "", "always", "never")
	if got := f.list[0].Error(); got != `refresh: "sometimes" is not supported: always, never` {
		t.Error(got)
	}
}

// A response type that is stated and does not work has one fault, and not others that follow from it.
func TestAFaultyResponseTypeHasOneFault(t *testing.T) {
	checks(t, func(c *Client) {
		c.ResponseTypes, c.GrantTypes, c.Scopes = []string{"code id_token"}, []string{"authorization_code"}, oauth.Scopes{"openid", "profile"}
	}, `response_types: "code id_token" needs grant_types implicit`)
	checks(t, func(c *Client) { c.GrantTypes, c.Scopes = []string{"client_credentials"}, oauth.Scopes{"openid"} },
		"scopes: openid is about a person, and with these grant_types nobody signs in")
}

func TestCheckListsEveryFault(t *testing.T) {
	public := func(c *Client) { c.AuthMethods, c.Secrets = []string{"none"}, nil }
	for _, tt := range []struct {
		name   string
		change func(*Client)
		want   []string
	}{
		{"empty id", func(c *Client) { c.ID = "" }, []string{"id: is empty or longer than 1024 bytes"}},
		{"long id", func(c *Client) { c.ID = strings.Repeat("a", 1025) }, []string{"id: is empty or longer than 1024 bytes"}},
		{"id with a control character", func(c *Client) { c.ID = "a\n" }, []string{"id: has a character outside printable ASCII"}},
		{"id with an umlaut", func(c *Client) { c.ID = "ä" }, []string{"id: has a character outside printable ASCII"}},
		{"name", func(c *Client) { c.Name = "a\x1b[1m" }, []string{"name: has control or direction characters or is longer than 200 bytes"}},
		{"words", func(c *Client) {
			c.ApplicationType, c.Refresh, c.SubjectType, c.IDToken.Alg = "Native", "sometimes", "Pairwise", "rs256"
		}, []string{
			`application_type: "Native" is not supported`, `refresh: "sometimes" is not supported`,
			`subject_type: "Pairwise" is not supported`, `id_token_signed_response_alg: "rs256" is not supported`,
		}},
		{"lists", func(c *Client) {
			c.AuthMethods = []string{"client_secret_basic", "client_secret_basic", "client_certificate"}
			c.GrantTypes = []string{"authorization_code", "password", "implicit"}
			c.ResponseTypes = []string{"token"}
		}, []string{
			`auth: "client_secret_basic" is named twice`, `auth: "client_certificate" is not supported`,
			`grant_types: "password" is not supported`, `response_types: "token" is not supported`,
		}},
		{"forgotten secret", func(c *Client) { c.Secrets = nil }, []string{"secret: is missing; a client that cannot keep one says auth none"}},
		{"empty secret", func(c *Client) { c.Secrets = []Secret{PlainSecret("")} }, []string{"secret: is empty"}},
		{"public with a secret", func(c *Client) { c.AuthMethods = []string{"none"} }, []string{"secret: a client with auth none has none"}},
		{"none beside another method", func(c *Client) { public(c); c.AuthMethods = append(c.AuthMethods, "client_secret_post") }, []string{"auth: none excludes every other method"}},
		{"no redirect", func(c *Client) { c.RedirectURIs = nil }, []string{"redirect_uris: is missing; nobody can sign in without one"}},
		{"redirect twice", func(c *Client) { c.RedirectURIs = append(c.RedirectURIs, c.RedirectURIs[0]) }, []string{`redirect_uris: "https://shop.example.com/cb" is named twice`}},
		{"consent skip for anybody's redirect", func(c *Client) { public(c); c.RedirectURIs, c.ConsentSkip = []string{"http://127.0.0.1/"}, true }, []string{"consent: skip never holds for a public client on the person's own device"}},
		{"public service", func(c *Client) { public(c); c.GrantTypes = []string{"client_credentials"} }, []string{"grant_types: client_credentials is for clients with a secret"}},
		{"refresh without codes", func(c *Client) { c.GrantTypes = []string{"client_credentials", "refresh_token"} }, []string{"grant_types: refresh_token needs authorization_code or device_code"}},
		{"refresh never", func(c *Client) {
			c.GrantTypes, c.Refresh = []string{"authorization_code", "refresh_token"}, "never"
		}, []string{"refresh: never contradicts grant_types refresh_token"}},
		{"scopes", func(c *Client) { c.Scopes = oauth.Scopes{"a b", "x", "x"} }, []string{`scopes: "a b" is not a scope`, "scopes: x is named twice"}},
		{"scopes about nobody", func(c *Client) { c.GrantTypes, c.Scopes = []string{"client_credentials"}, oauth.Scopes{"openid", "x"} }, []string{"scopes: openid is about a person, and with these grant_types nobody signs in"}},
		{"resources", func(c *Client) { c.DefaultResource, c.Introspect = "api", []string{"https://a#b"} }, []string{"default_resource: resource is not an absolute URI, such as https://api.example.com", "introspect: resource has a fragment"}},
		{"public introspection", func(c *Client) { public(c); c.Introspect = []string{"https://a.example"} }, []string{"introspect: is for clients with a secret"}},
		{"pages", func(c *Client) {
			c.LogoURI, c.PolicyURI, c.TOSURI, c.ClientURI = "javascript:alert(1)", "http://a.example", "https://u:p@a.example", "//a.example"
		}, []string{"logo_uri: is not an https URL", "policy_uri: is not an https URL", "tos_uri: has user information", "client_uri: is not an https URL"}},
		{"everything at once", func(c *Client) { c.ID, c.Secrets, c.RedirectURIs, c.Refresh = "", nil, nil, "x" }, []string{
			"id: is empty or longer than 1024 bytes", `refresh: "x" is not supported`,
			"secret: is missing; a client that cannot keep one says auth none", "redirect_uris: is missing; nobody can sign in without one",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checks(t, tt.change, tt.want...)
		})
	}
}

// TestThreat051_MetadataIsBounded: whoever registers chooses how much is stored and compared.
func TestThreat051_MetadataIsBounded(t *testing.T) {
	many := func(n int, text string) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = text + strconv.Itoa(i)
		}
		return list
	}
	for _, tt := range []struct {
		name   string
		change func(*Client)
		want   []string
	}{
		{"most redirect_uris", func(c *Client) { c.RedirectURIs = many(50, "https://a.example/") }, nil},
		{"redirect_uris", func(c *Client) { c.RedirectURIs = many(51, "https://a.example/") }, []string{"redirect_uris: has more than 50 entries"}},
		{"request_uris", func(c *Client) { c.RequestURIs = many(51, "https://a.example/") }, []string{"request_uris: has more than 50 entries"}},
		{"lists of words", func(c *Client) {
			c.GrantTypes, c.ResponseTypes, c.AuthMethods, c.Contacts, c.DefaultACRValues = many(21, "g"), many(21, "r"), many(21, "a"), many(21, "c"), many(21, "d")
		}, []string{
			"auth: has more than 20 entries", "grant_types: has more than 20 entries", "response_types: has more than 20 entries",
			"contacts: has more than 20 entries", "default_acr_values: has more than 20 entries",
		}},
		{"scopes", func(c *Client) { c.Scopes = many(101, "s") }, []string{"scopes: has more than 100 entries"}},
		{"introspect", func(c *Client) { c.Introspect = many(51, "https://a.example/") }, []string{"introspect: has more than 50 entries"}},
		{"long redirect", func(c *Client) { c.RedirectURIs = []string{"https://a.example/" + strings.Repeat("x", 2031)} }, []string{"redirect_uris: has one that is longer than 2048 bytes"}},
		{"longest redirect", func(c *Client) { c.RedirectURIs = []string{"https://a.example/" + strings.Repeat("x", 2030)} }, nil},
		{"all together", func(c *Client) { c.RedirectURIs = many(20, "https://a.example/"+strings.Repeat("x", 2000)) }, []string{"metadata: is larger than 32768 bytes"}},
		{"keys", func(c *Client) { c.JWKS = json.RawMessage(strings.Repeat("{", 32<<10)) }, []string{"metadata: is larger than 32768 bytes"}},
		{"not UTF-8", func(c *Client) { c.Name = strings.Repeat("\xff", 32<<10) }, []string{"metadata: is larger than 32768 bytes"}},
	} {
		t.Run(tt.name, func(t *testing.T) { checks(t, tt.change, tt.want...) })
	}
}

// TestThreat005_NoWildcards: there is no pattern mode; what looks like one does not load.
func TestThreat005_NoWildcards(t *testing.T) {
	for _, uri := range []string{"https://*.example.com/cb", "https://shop.example.com/*", "*", "https://shop.example.com/cb*"} {
		c := Client{ID: "web", Secrets: []Secret{PlainSecret("s")}, RedirectURIs: []string{uri}}
		if len(c.Check()) == 0 {
			t.Errorf("%q is accepted", uri)
		}
	}
}
