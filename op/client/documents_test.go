package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

const goodDocument = `{"client_id":"` + aDocument + `","client_name":"An app","redirect_uris":["http://127.0.0.1/cb","https://app.example.com/cb"],
	"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],"response_types":["code"]}`

// library is where documents lie.
type library struct {
	mu    sync.Mutex
	files map[string]fetch.Document
	err   error
	asked []string
	wait  chan struct{}
}

func (l *library) Get(_ context.Context, address string) (fetch.Document, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, address)
	if l.wait != nil {
		<-l.wait
	}
	if l.err != nil {
		return fetch.Document{}, l.err
	}
	found, ok := l.files[address]
	if !ok {
		return fetch.Document{}, fmt.Errorf("%w: 404", fetch.ErrStatus)
	}
	return found, nil
}

func (l *library) put(id, body string, fresh time.Duration) {
	l.files[id] = fetch.Document{Body: []byte(body), ContentType: "application/json", FreshFor: fresh}
}

// bureau is an office whose clients may be described by documents, at app.example.com and below docs.example.
type bureau struct {
	*office
	library *library
	// strangers is set while strangers keep whoever reads for them busy.
	strangers error
	docs      *Documents
}

// reader is what documents are read with that nobody has allowed anything.
type reader struct{ *bureau }

func (r reader) Get(ctx context.Context, address string) (fetch.Document, error) {
	if r.strangers != nil {
		return fetch.Document{}, r.strangers
	}
	return r.library.Get(ctx, address)
}

func newBureau(t testing.TB) *bureau {
	t.Helper()
	b := &bureau{office: newOffice(t), library: &library{files: map[string]fetch.Document{}}}
	b.docs = NewDocuments(DocumentsDeps{
		Fetch: reader{b}, FetchAllowed: b.library, Allow: []string{"app.example.com", "*.docs.example"}, Now: b.Now, Throttle: throttle.New(b.Now, 100),
		Offer: Offer{ResponseTypes: []string{"code"}, SigningAlgs: []string{"RS256", "ES256"}, Scopes: oauth.Scopes{"openid", "offline_access", "tools"}},
	})
	b.Describe(b.docs)
	b.library.put(aDocument, goodDocument, 0)
	return b
}

func (b *bureau) ask(t testing.TB, id string) (*Client, error) {
	t.Helper()
	return b.Asking(t.Context(), id, "192.0.2.1")
}

func TestADocumentDescribesAClient(t *testing.T) {
	b := newBureau(t)
	c, err := b.ask(t, aDocument)
	if err != nil {
		t.Fatal(err)
	}
	if c.ID != aDocument || c.Name != "An app" || !c.Public() || !c.Native() || c.Configured || c.ConsentSkip || c.Disabled || len(c.Secrets) > 0 {
		t.Errorf("%+v", c)
	}
	if !c.MatchRedirectURI("http://127.0.0.1:4711/cb") || !c.MatchRedirectURI("https://app.example.com/cb") || c.MatchRedirectURI("https://app.example.com/cb2") {
		t.Error("its redirect URIs are others")
	}
	if !c.AllowsGrantType(oauth.GrantRefreshToken) || c.AllowsGrantType(oauth.GrantClientCredentials) {
		t.Errorf("grant types: %v", c.GrantTypes)
	}
	if diff := cmp.Diff(oauth.Scopes{"openid", "offline_access", "tools"}, c.Scopes); diff != "" {
		t.Error(diff)
	}
	if told := c.Introduce(nil, "http://127.0.0.1:1/cb"); told.ClientHost != "app.example.com" || told.RedirectHost != "127.0.0.1" || !told.Unchecked {
		t.Errorf("%+v", told)
	}
}

// TestThreat047_WhatADocumentMustBe: one that is not exactly its URL's, of another type, malformed, with a secret, or
// with what no stranger may register, describes nobody.
func TestThreat047_WhatADocumentMustBe(t *testing.T) {
	with := func(members string) string { return strings.Replace(goodDocument, `{`, `{`+members+`,`, 1) }
	for name, body := range map[string]string{
		"no client_id":            strings.Replace(goodDocument, "client_id", "id", 1),
		"another client_id":       strings.Replace(goodDocument, aDocument, aDocument+"/", 1),
		"client_id in capitals":   strings.Replace(goodDocument, aDocument, strings.ToUpper(aDocument), 1),
		"client_id twice":         with(`"client_id":"` + aDocument + `"`),
		"Client_ID":               with(`"Client_ID":"https://evil.example/c"`),
		"client_id as a list":     strings.Replace(goodDocument, `"`+aDocument+`"`, `["`+aDocument+`"]`, 1),
		"client_secret":           with(`"client_secret":"s"`),
		"Client_Secret":           with(`"Client_Secret":"s"`),
		"client_secret_expires":   with(`"client_secret_expires_at":0`),
		"client_secret_basic":     strings.Replace(goodDocument, `"none"`, `"client_secret_basic"`, 1),
		"client_secret_post":      strings.Replace(goodDocument, `"none"`, `"client_secret_post"`, 1),
		"client_secret_jwt":       strings.Replace(goodDocument, `"none"`, `"client_secret_jwt"`, 1),
		"private_key_jwt, no key": strings.Replace(goodDocument, `"none"`, `"private_key_jwt"`, 1),
		"tls_client_auth":         strings.Replace(goodDocument, `"none"`, `"tls_client_auth","tls_client_auth_san_dns":"a.example"`, 1),
		"bound to a certificate":  with(`"tls_client_certificate_bound_access_tokens":true`),
		"an HMAC":                 with(`"id_token_signed_response_alg":"HS256"`),
		"no key for it":           with(`"id_token_signed_response_alg":"PS512"`),
		"http":                    strings.Replace(goodDocument, "https://app.example.com/cb", "http://app.example.com/cb", 1),
		"no redirect URI":         strings.Replace(goodDocument, `["http://127.0.0.1/cb","https://app.example.com/cb"]`, `[]`, 1),
		"a logo by script":        with(`"logo_uri":"javascript:alert(1)"`),
		"keys elsewhere":          with(`"jwks_uri":"https://internal.example/jwks"`),
		"told elsewhere":          with(`"backchannel_logout_uri":"https://internal.example/bc"`),
		"scopes of others":        with(`"scope":"vault"`),
		"a list":                  "[" + goodDocument + "]",
		"two":                     goodDocument + goodDocument,
		"null":                    "null",
		"nothing":                 "",
		"deep":                    with(`"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000)),
		"large":                   with(`"client_name#de":"` + strings.Repeat("a", maxMetadata) + `"`),
	} {
		b := newBureau(t)
		b.library.put(aDocument, body, 0)
		if c, err := b.ask(t, aDocument); err == nil {
			t.Errorf("%s: %+v", name, c)
		} else if refused, is := errors.AsType[*oauth.Error](err); !is || refused.Status != http.StatusBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	for media, good := range map[string]bool{
		"application/json; charset=utf-8": true, "application/client+json": true, "APPLICATION/JSON": true,
		"": false, "text/html": false, "text/json": false, "application/javascript": false, "application/jsonp": false, "image/svg+json": false,
	} {
		b := newBureau(t)
		b.library.files[aDocument] = fetch.Document{Body: []byte(goodDocument), ContentType: media}
		if _, err := b.ask(t, aDocument); (err == nil) != good {
			t.Errorf("%q: %v", media, err)
		}
	}
}

// What would have the provider call somebody on a stranger's word is left out, and an absent method is none.
func TestADocumentCannotSendUsAround(t *testing.T) {
	b := newBureau(t)
	body := strings.Replace(goodDocument, `"token_endpoint_auth_method":"none",`, `"request_uris":["https://internal.example/r"],
		"sector_identifier_uri":"https://internal.example/s","introspect":["x"],"consent":"skip","name":null,`, 1)
	b.library.put(aDocument, body, 0)
	c, err := b.ask(t, aDocument)
	if err != nil || !c.Public() || len(c.RequestURIs) > 0 || c.SectorIdentifierURI != "" || c.ConsentSkip || len(c.Introspect) > 0 {
		t.Errorf("%+v, %v", c, err)
	}
	b.library.put("https://a.docs.example/c", strings.NewReplacer(aDocument, "https://a.docs.example/c", `"client_name":"An app",`, "").Replace(goodDocument), 0)
	if c, err := b.ask(t, "https://a.docs.example/c"); err != nil || c.Name != "a.docs.example" {
		t.Errorf("without a name: %+v, %v", c, err)
	}
}

// TestThreat047_TheListIsAskedBeforeAnybodyElse: no URL off the list, and nothing that is no such URL, is fetched.
func TestThreat047_TheListIsAskedBeforeAnybodyElse(t *testing.T) {
	b := newBureau(t)
	for _, id := range []string{"https://evil.example/c", "https://docs.example/c", "https://app.example.com:8443/client.json", "https://app.example.com/client.json?", "https://app.example.com/../c", "http://app.example.com/c", "web2", "gcl_x", ""} {
		if _, err := b.ask(t, id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
	off := newBureau(t)
	off.Describe(nil)
	if _, err := off.ask(t, aDocument); !errors.Is(err, ErrNotFound) || len(off.library.asked)+len(b.library.asked) > 0 {
		t.Errorf("%v, asked for %v %v", err, off.library.asked, b.library.asked)
	}
	if c, err := b.ask(t, "web"); err != nil || !c.Configured {
		t.Errorf("a configured client: %v", err)
	}
}

// A configured client of the same id wins, and is not asked for elsewhere.
func TestAConfiguredClientMayHaveAURLForItsID(t *testing.T) {
	b := newBureau(t)
	registry := NewRegistry(b.Store, []*Client{{ID: aDocument, Name: "Ours"}})
	registry.Admit(b.Registrations)
	registry.Describe(b.docs)
	if c, err := registry.Asking(t.Context(), aDocument, ""); err != nil || c.Name != "Ours" || len(b.library.asked) > 0 {
		t.Errorf("%+v, %v", c, err)
	}
}
