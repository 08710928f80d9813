package client

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestMust049_Sector(t *testing.T) {
	for _, tt := range []struct {
		name, document string
		redirects      []string
		want           string
		fault          error
	}{
		{name: "one redirect URI", redirects: []string{"https://rp.example.com/cb"}, want: "rp.example.com"},
		{name: "several on one host", redirects: []string{"https://rp.example.com/a", "https://rp.example.com/b?c=d"}, want: "rp.example.com"},
		{name: "the port is no part of a host", redirects: []string{"https://rp.example.com/a", "https://rp.example.com:8443/b"}, want: "rp.example.com"},
		{name: "a host has one spelling", redirects: []string{"https://RP.example.com/a", "https://rp.Example.COM/b"}, want: "rp.example.com"},
		{name: "an address", redirects: []string{"https://[2001:DB8::1]:8443/cb"}, want: "2001:db8::1"},
		{name: "the document's host", document: "https://sector.example.com/uris.json", redirects: []string{"https://rp.example.com/a"}, want: "sector.example.com"},
		{name: "the document joins hosts", document: "https://sector.example.com:444/", redirects: []string{"https://a.example/", "https://b.example/"}, want: "sector.example.com"},
		{name: "the document joins apps", document: "https://sector.example.com/", redirects: []string{"com.example.app:/cb", "http://127.0.0.1/cb"}, want: "sector.example.com"},
		{name: "two hosts", redirects: []string{"https://a.example/", "https://b.example/"}, fault: errNoSector},
		{name: "a host and a part of it", redirects: []string{"https://a.example/", "https://www.a.example/"}, fault: errNoSector},
		{name: "no redirect URI", fault: errNoSector},
		{name: "loopback", redirects: []string{"http://127.0.0.1/cb"}, fault: errOthersSector},
		{name: "loopback by name", redirects: []string{"http://localhost:8080/cb"}, fault: errOthersSector},
		{name: "loopback beside a host", redirects: []string{"https://rp.example.com/a", "http://[::1]/cb"}, fault: errOthersSector},
		{name: "private-use scheme", redirects: []string{"com.example.app:/cb"}, fault: errOthersSector},
		{name: "private-use scheme with a host", redirects: []string{"com.example.app://rp.example.com/cb"}, fault: errOthersSector},
		{name: "a document without a host", document: "https:///x", redirects: []string{"https://rp.example.com/a"}, fault: errNoSector},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := (&Client{SectorIdentifierURI: tt.document, RedirectURIs: tt.redirects}).Sector()
			if got != tt.want || !errors.Is(err, tt.fault) {
				t.Errorf("Sector() = %q, %v; want %q, %v", got, err, tt.want, tt.fault)
			}
		})
	}
}

// TestMust049_TheDocumentListsEveryRedirectURI: a document that says anything else lets nobody into its sector.
func TestMust049_TheDocumentListsEveryRedirectURI(t *testing.T) {
	const document = "https://sector.example.com/uris.json"
	c := &Client{SectorIdentifierURI: document, RedirectURIs: []string{"https://rp.example.com/a", "https://rp.example.org/b"}}
	for _, tt := range []struct {
		name, content, want string
	}{
		{"both", `["https://rp.example.com/a","https://rp.example.org/b"]`, ""},
		{"more than both, in another order", ` [ "https://other.example/", "https:\/\/rp.example.org\/b", "https://rp.example.com/a" ] `, ""},
		{"one is missing", `["https://rp.example.com/a"]`, "does not list every redirect_uri"},
		{"none", `[]`, "does not list every redirect_uri"},
		{"another case", `["https://rp.example.com/A","https://rp.example.org/b"]`, "does not list every redirect_uri"},
		{"a longer one", `["https://rp.example.com/a/","https://rp.example.org/b"]`, "does not list every redirect_uri"},
		{"one string", `["https://rp.example.com/a https://rp.example.org/b"]`, "does not list every redirect_uri"},
		{"a number among them", `["https://rp.example.com/a","https://rp.example.org/b",1]`, "leads to no list"},
		{"null among them", `["https://rp.example.com/a","https://rp.example.org/b",null]`, "leads to no list"},
		{"a list among them", `["https://rp.example.com/a",["https://rp.example.org/b"]]`, "leads to no list"},
		{"an object", `{"redirect_uris":["https://rp.example.com/a","https://rp.example.org/b"]}`, "leads to no list"},
		{"a string", `"https://rp.example.com/a"`, "leads to no list"},
		{"null", `null`, "leads to no list"},
		{"nothing", ``, "leads to no list"},
		{"a page", `<!doctype html>`, "leads to no list"},
		{"cut off", `["https://rp.example.com/a","https://rp.example.org/b"`, "leads to no list"},
		{"more after its end", `["https://rp.example.com/a","https://rp.example.org/b"]]`, "leads to no list"},
		{"a byte order mark", "\ufeff" + `["https://rp.example.com/a","https://rp.example.org/b"]`, "leads to no list"},
		{"not UTF-8", `["https://rp.example.com/a","https://rp.example.org/b","` + "\xff" + `"]`, "leads to no list"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := c.CheckSector(t.Context(), func(_ context.Context, uri string) ([]byte, error) {
				if uri != document {
					t.Errorf("read %s", uri)
				}
				return []byte(tt.content), nil
			})
			wantMetadataFault(t, err, tt.want)
		})
	}
}

func TestMust049_ADocumentThatCannotBeReadListsNothing(t *testing.T) {
	c := &Client{SectorIdentifierURI: "https://sector.example.com/", RedirectURIs: []string{"https://rp.example.com/a"}}
	gone := errors.New("gone")
	err := c.CheckSector(t.Context(), func(context.Context, string) ([]byte, error) {
		return []byte(`["https://rp.example.com/a"]`), gone
	})
	wantMetadataFault(t, err, "cannot be read")
	if !errors.Is(err, gone) {
		t.Errorf("the log does not learn why: %v", err)
	}
	c.SectorIdentifierURI = ""
	if err := c.CheckSector(t.Context(), nil); err != nil {
		t.Errorf("without a document: %v", err)
	}
}

func wantMetadataFault(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("error = %v", err)
		}
		return
	}
	told, ok := errors.AsType[*oauth.Error](err)
	if !ok || told.Code != "invalid_client_metadata" || told.Status != http.StatusBadRequest || !strings.Contains(told.Description, want) {
		t.Errorf("error = %v, want invalid_client_metadata, %q", err, want)
	}
}

func TestCheckSubject(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Client)
		want   string
	}{
		{"pairwise by its one host", func(*Client) {}, ""},
		{"pairwise by a document", func(c *Client) {
			c.SectorIdentifierURI, c.RedirectURIs = "https://s.example/", []string{"https://a.example/", "https://b.example/"}
		}, ""},
		{"a document for a public one", func(c *Client) { c.SectorIdentifierURI, c.SubjectType = "https://s.example/", "" }, ""},
		{"two hosts", func(c *Client) { c.RedirectURIs = append(c.RedirectURIs, "https://b.example/") }, "sector_identifier_uri: " + errNoSector.Error()},
		{"two hosts of a public one", func(c *Client) {
			c.SubjectType, c.RedirectURIs = "public", append(c.RedirectURIs, "https://b.example/")
		}, ""},
		{"a service has no people", func(c *Client) {
			c.RedirectURIs, c.GrantTypes = nil, []string{oauth.GrantClientCredentials}
		}, ""},
		{"another word", func(c *Client) { c.SubjectType = "ephemeral" }, `subject_type: "ephemeral" is not supported: public, pairwise`},
		{"http", func(c *Client) { c.SectorIdentifierURI = "http://s.example/" }, "sector_identifier_uri: is not an https URL"},
		{"no host", func(c *Client) { c.SectorIdentifierURI = "https:///x" }, "sector_identifier_uri: has no host, or one that is not plain"},
		{"a user", func(c *Client) { c.SectorIdentifierURI = "https://u:p@s.example/" }, "sector_identifier_uri: has user information"},
		{"a fragment", func(c *Client) { c.SectorIdentifierURI = "https://s.example/#" }, "sector_identifier_uri: has a fragment"},
		{"not a URL", func(c *Client) { c.SectorIdentifierURI = "https://%zz" }, "sector_identifier_uri: is not an https URL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &Client{ID: "rp", Secrets: []Secret{PlainSecret("s")}, RedirectURIs: []string{"https://a.example/"}, SubjectType: "pairwise"}
			tt.change(c)
			var got []string
			for _, fault := range c.Check() {
				got = append(got, fault.Error())
			}
			if strings.Join(got, "\n") != tt.want {
				t.Errorf("faults = %q, want %q", got, tt.want)
			}
		})
	}
}

// TestSectorGoesByTheHostAlone: nothing else of a redirect URI moves a person to another subject.
func TestSectorGoesByTheHostAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		uris := rapid.SliceOfN(rapid.StringMatching(`https://rp\.example(:[1-9][0-9]{0,3})?/[a-z]{0,9}(\?[a-z=&]{0,9})?`), 1, 5).Draw(t, "uris")
		got, err := (&Client{RedirectURIs: uris, SubjectType: SubjectPairwise}).Sector()
		if got != "rp.example" || err != nil {
			t.Fatalf("Sector of %q = %q, %v", uris, got, err)
		}
	})
}
