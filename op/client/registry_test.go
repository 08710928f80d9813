package client

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

// deaf is a store that does not answer; it counts who asked.
type deaf struct {
	store.Store
	asked int
}

func (d *deaf) Get(context.Context, store.Kind, string) (store.Record, error) {
	d.asked++
	return store.Record{}, store.Unavailable("get", context.DeadlineExceeded)
}

func registered() *Client {
	return &Client{
		ID: "dyn-1", Name: "Registered", ApplicationType: ApplicationWeb, AuthMethods: []string{oauth.AuthClientSecretPost},
		Secrets: []Secret{PlainSecret("registered-secret")}, RedirectURIs: []string{"https://dyn.example.com/cb"},
		GrantTypes: []string{"authorization_code"}, ResponseTypes: []string{"code"}, Scopes: oauth.Scopes{"openid"},
		Disabled: true, LogoURI: "https://dyn.example.com/logo",
		PolicyURI: "https://dyn.example.com/policy", TOSURI: "https://dyn.example.com/tos", ClientURI: "https://dyn.example.com",
		SubjectType: "public", IDToken: Protection{Alg: "ES256"}, Contacts: []string{"ops@example.com"},
	}
}

// registration is what a client like c has registered.
func registration(c *Client) *Registration {
	made := &Registration{
		ID: c.ID, Disabled: c.Disabled, IssuedAt: time.Unix(1_900_000_000, 0).UTC(),
		Metadata: Metadata{
			ClientName: c.Name, ApplicationType: c.ApplicationType, TokenEndpointAuthMethod: c.AuthMethods[0],
			RedirectURIs: c.RedirectURIs, GrantTypes: c.GrantTypes, ResponseTypes: c.ResponseTypes, Scope: c.Scopes.String(),
			LogoURI: c.LogoURI, PolicyURI: c.PolicyURI, TOSURI: c.TOSURI, ClientURI: c.ClientURI, SubjectType: c.SubjectType,
			IDTokenAlg: c.IDToken.Alg, Contacts: c.Contacts,
		},
	}
	for _, secret := range c.Secrets {
		made.secret = digestPrefix + secret.digest
	}
	return made
}

func storeWith(t *testing.T, clients ...*Client) store.Store {
	t.Helper()
	s := memory.New(time.Now)
	t.Cleanup(func() { _ = s.Close() })
	add(t, s, clients...)
	return s
}

func add(t *testing.T, s store.Store, clients ...*Client) {
	t.Helper()
	for _, c := range clients {
		if err := s.Commit(t.Context(), store.Creating(registration(c).record())); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRegistryFindsBothKinds(t *testing.T) {
	r := NewRegistry(storeWith(t, registered()), []*Client{{ID: "web"}, {ID: "cli", Name: "Terminal"}})

	web, err := r.Get(t.Context(), "web")
	if err != nil || !web.Configured || web.Name != "web" {
		t.Fatalf("web = %+v, %v", web, err)
	}
	dyn, err := r.Get(t.Context(), "dyn-1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(registered(), dyn, cmpopts.IgnoreUnexported(Secret{})); diff != "" {
		t.Errorf("stored and read again (-want +got):\n%s", diff)
	}
	mustVerify(t, dyn.Secrets[0], "registered-secret", true)
	for _, id := range []string{"unknown", "", "WEB", "web ", "a\x00", string(make([]byte, 70_000))} {
		if _, err := r.Get(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("Get(%.20q): %v, want ErrNotFound", id, err)
		}
	}
	var ids []string
	for _, c := range r.Configured() {
		ids = append(ids, c.ID)
	}
	if diff := cmp.Diff([]string{"cli", "web"}, ids); diff != "" {
		t.Error(diff)
	}
}

func TestConfigurationWinsOverTheStore(t *testing.T) {
	r := NewRegistry(storeWith(t, registered()), []*Client{{ID: "dyn-1", Name: "Configured"}})
	c, err := r.Get(t.Context(), "dyn-1")
	if err != nil || c.Name != "Configured" || c.Disabled {
		t.Fatalf("client = %+v, %v", c, err)
	}
}

func TestTheRegistryKeepsItsOwnCopy(t *testing.T) {
	given := &Client{ID: "web"}
	r := NewRegistry(storeWith(t), []*Client{given})
	given.Disabled = true
	c, err := r.Get(t.Context(), "web")
	if err != nil || c.Disabled || given.Configured {
		t.Fatal("the configuration and the registry share a client")
	}
}

func TestAStoreThatDoesNotAnswerIsUnavailable(t *testing.T) {
	d := &deaf{}
	r := NewRegistry(d, []*Client{{ID: "web"}})
	if _, err := r.Get(t.Context(), "dyn-1"); !errors.Is(err, oauth.ErrUnavailable) || errors.Is(err, ErrNotFound) {
		t.Fatalf("error = %v, want unavailable", err)
	}
	if _, err := r.Get(t.Context(), "web"); err != nil {
		t.Fatalf("a configured client needs no store: %v", err)
	}
}

func TestABrokenRowIsAnError(t *testing.T) {
	for name, body := range map[string]string{
		"other types": `{"metadata":{"redirect_uris":"https://a.example"}}`,
		"no digest":   `{"metadata":{"token_endpoint_auth_method":"client_secret_post"},"secret_digest":"plain"}`,
		"not sealed":  `{"metadata":{"token_endpoint_auth_method":"client_secret_jwt"},"sealed_secret":"plain"}`,
		"no scope":    `{"metadata":{"scope":"a\"b"}}`,
		"no metadata": `{"metadata":"none"}`,
	} {
		s := storeWith(t)
		if err := s.Commit(t.Context(), store.Creating(store.Record{Kind: store.Clients, Key: "x", Body: []byte(body)})); err != nil {
			t.Fatal(err)
		}
		if c, err := NewRegistry(s, nil).Get(t.Context(), "x"); err == nil || errors.Is(err, ErrNotFound) {
			t.Errorf("%s: client = %+v, %v", name, c, err)
		}
	}
}

// TestThreat049_AStoredRowCannotClaimWhatOnlyAnOperatorGives: names of internal fields, in any spelling, do nothing.
func TestThreat049_AStoredRowCannotClaimWhatOnlyAnOperatorGives(t *testing.T) {
	internal := `"Configured":true,"configured":true,"consent_skip":true,"ConsentSkip":true,
		"consent":"skip","introspect":["https://api.example.com"],"Introspect":["https://api.example.com"],"ID":"web","id":"web"`
	body := `{"metadata":{"token_endpoint_auth_method":"none",` + internal + `},` + internal + `}`
	s := storeWith(t)
	if err := s.Commit(t.Context(), store.Creating(store.Record{Kind: store.Clients, Key: "x", Body: []byte(body)})); err != nil {
		t.Fatal(err)
	}
	c, err := NewRegistry(s, nil).Get(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	want := &Client{ID: "x", Name: "x", AuthMethods: []string{"none"}, Scopes: oauth.IdentityScopes}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("client (-want +got):\n%s", diff)
	}
}

// TestThreat052_NoPlainSecretIsStored: the row holds the digest.
func TestThreat052_NoPlainSecretIsStored(t *testing.T) {
	record := registration(registered()).record()
	if got := string(record.Body); record.Key != "dyn-1" || record.ClientID != "dyn-1" || strings.Contains(got, "registered-secret") || !strings.Contains(got, "$sha256$") {
		t.Fatalf("row = %s", got)
	}
}
