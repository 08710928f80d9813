package granttest

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// The resources, redirect URI and secret of Standard.
const (
	API      = "https://api.example"
	Vault    = "https://vault.example" // its tokens are opaque
	Redirect = "https://web.example/callback"
	Secret   = "correct horse battery staple"
)

// Config is who exists in a View.
type Config struct {
	Clients   []*client.Client
	Users     []*user.User
	Resources []resource.Resource
	// EndOffline is grant.Deps.EndOffline.
	EndOffline bool
}

// Standard has the confidential clients web and other, the public client cli, the services worker (which
// may also introspect for API) and spare, and the users alice and bob. API takes JWTs, Vault opaque tokens.
func Standard() Config {
	scopes := oauth.Scopes{"openid", "profile", "email", "offline_access", "api:read", "api:write", "vault:open"}
	relying := func(id string) *client.Client {
		return &client.Client{
			ID: id, Secrets: []client.Secret{client.PlainSecret(Secret)}, RedirectURIs: []string{Redirect}, Scopes: scopes,
			GrantTypes: []string{oauth.GrantAuthorizationCode, oauth.GrantRefreshToken}, IDToken: client.Protection{Alg: keys.ES256},
		}
	}
	cli := relying("cli")
	cli.Secrets, cli.AuthMethods = nil, []string{oauth.AuthNone}
	service := func(id string, introspect ...string) *client.Client {
		return &client.Client{
			ID: id, Secrets: []client.Secret{client.PlainSecret(Secret)}, Introspect: introspect,
			GrantTypes: []string{oauth.GrantClientCredentials}, Scopes: oauth.Scopes{"api:read", "vault:open"},
		}
	}
	return Config{
		Clients: []*client.Client{relying("web"), relying("other"), cli, service("worker", API), service("spare")},
		Users: []*user.User{
			{Name: "alice", PasswordHash: "$plain$alice", Claims: map[string]any{
				"name": "Alice Example", "email": "alice@example.com", "email_verified": true, "groups": []any{"staff"},
			}},
			{Name: "bob", PasswordHash: "$plain$bob"},
		},
		Resources: []resource.Resource{
			{URI: API, Scopes: oauth.Scopes{"api:read", "api:write"}, DefaultScopes: oauth.Scopes{"api:read"}, Token: resource.TokenJWT},
			{URI: Vault, Scopes: oauth.Scopes{"vault:open"}, Token: resource.TokenOpaque},
		},
	}
}

// Without is the configuration without one client or user.
func (c Config) Without(id string) Config {
	kept := Config{Resources: c.Resources, EndOffline: c.EndOffline}
	for _, one := range c.Clients {
		if one.ID != id {
			kept.Clients = append(kept.Clients, one)
		}
	}
	for _, one := range c.Users {
		if one.Name != id {
			kept.Users = append(kept.Users, one)
		}
	}
	return kept
}

// hasher takes a password for its own hash.
type hasher struct{}

func (hasher) Compare(hash, password []byte) (bool, error) { return bytes.Equal(hash, password), nil }
func (hasher) FakeHash() []byte                            { return []byte("$plain$nobody") }

// SignIn signs a person in, in a browser of their own.
func (v *View) SignIn(t testing.TB, account string) *session.Session {
	t.Helper()
	u, err := v.Users.Lookup(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, Issuer+"/login", nil)
	s, err := v.Sessions.SignIn(t.Context(), httptest.NewRecorder(), r, u.Account, u.Stamp(), "pwd", []string{"pwd"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Granting is a grant of the scopes by a signed-in person, with refresh tokens if offline_access is
// among them.
func (v *View) Granting(t testing.TB, s *session.Session, clientID string, scopes string, resources ...string) grant.Grant {
	t.Helper()
	u, err := v.Users.Lookup(t.Context(), s.Account)
	if err != nil {
		t.Fatal(err)
	}
	named, err := oauth.ParseScopes(scopes)
	if err != nil {
		t.Fatal(err)
	}
	if len(resources) == 0 {
		resources = []string{API}
	}
	offline := named.Has(oauth.ScopeOfflineAccess)
	return grant.Grant{
		ClientID: clientID, Account: u.Account, Subject: "sub-of-" + u.Account, UserStamp: u.Stamp(), SessionID: s.ID,
		CutOffs: s.CutOffs,
		SID:     "sid-at-" + clientID, Scopes: named, Resources: resources, Offline: offline, Refresh: offline,
		AuthTime: s.AuthTime, ACR: s.ACR, AMR: s.AMR,
	}
}

// Remember hangs the grant from a consent that is stored.
func (v *View) Remember(t testing.TB, g grant.Grant) grant.Grant {
	t.Helper()
	previous, err := v.Consents.Get(t.Context(), g.Account, g.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	asked := consent.Request{
		Account: g.Account, ClientID: g.ClientID, Scopes: g.Scopes, Resources: g.Resources, RedirectURI: Redirect,
	}
	given, change := v.Consents.Remember(previous, asked)
	v.commit(t, change)
	g.ConsentKey, g.ConsentID = consent.Key(g.Account, g.ClientID), given.ID
	return g
}

// Authorize stores the grant and its code.
func (v *View) Authorize(t testing.TB, g grant.Grant, req grant.CodeRequest) (code string) {
	t.Helper()
	if req.RedirectURI == "" {
		req.RedirectURI = Redirect
	}
	made, err := v.Grants.Authorize(g, nil, nil, grant.Yield{Code: &req}) // a code says nothing of either
	if err != nil {
		t.Fatal(err)
	}
	v.commit(t, made.Changes...)
	return made.Code
}

// AuthorizeWith stores the grant and what the authorization endpoint issues for it.
func (v *View) AuthorizeWith(t testing.TB, g grant.Grant, want grant.Yield) *grant.Authorized {
	t.Helper()
	u, err := v.Users.Lookup(t.Context(), g.Account)
	if err != nil {
		t.Fatal(err)
	}
	made, err := v.Grants.Authorize(g, v.Client(t, g.ClientID), u, want)
	if err != nil {
		t.Fatal(err)
	}
	v.commit(t, made.Changes...)
	return made
}

// Redeem spends a code and returns what was issued.
func (v *View) Redeem(t testing.TB, clientID, code string, resources ...string) *grant.Issued {
	t.Helper()
	read, err := v.Grants.Code(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	issued, err := v.Grants.Redeem(t.Context(), v.Client(t, clientID), read, grant.Narrowing{Resources: resources})
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

// Issue signs alice in and gives the client tokens for the scopes.
func (v *View) Issue(t testing.TB, clientID, scopes string, resources ...string) *grant.Issued {
	t.Helper()
	g := v.Granting(t, v.SignIn(t, "alice"), clientID, scopes, resources...)
	return v.Redeem(t, clientID, v.Authorize(t, g, grant.CodeRequest{}))
}

func (v *View) commit(t testing.TB, changes ...store.Change) {
	t.Helper()
	if err := v.Store.Commit(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
}
