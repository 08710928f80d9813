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
		DefaultResource: "https://api.example.com", Refresh: RefreshAlways, Disabled: true, LogoURI: "https://dyn.example.com/logo",
		PolicyURI: "https://dyn.example.com/policy", TOSURI: "https://dyn.example.com/tos", ClientURI: "https://dyn.example.com",
		SubjectType: "public", IDToken: Protection{Alg: "ES256"}, Contacts: []string{"ops@example.com"},
	}
}

func storeWith(t *testing.T, clients ...*Client) store.Store {
	t.Helper()
	s := memory.New(time.Now)
	t.Cleanup(func() { _ = s.Close() })
	for _, c := range clients {
		record, err := c.Record()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(t.Context(), store.Creating(record)); err != nil {
			t.Fatal(err)
		}
	}
	return s
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
		"other types": `{"redirect_uris":"https://a.example"}`,
		"no digest":   `{"token_endpoint_auth_method":"client_secret_post","secret_digests":["plain"]}`,
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
	body := `{"token_endpoint_auth_method":"none","Configured":true,"configured":true,"consent_skip":true,"ConsentSkip":true,
		"consent":"skip","introspect":["https://api.example.com"],"Introspect":["https://api.example.com"],"ID":"web","id":"web"}`
	s := storeWith(t)
	if err := s.Commit(t.Context(), store.Creating(store.Record{Kind: store.Clients, Key: "x", Body: []byte(body)})); err != nil {
		t.Fatal(err)
	}
	c, err := NewRegistry(s, nil).Get(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	want := &Client{ID: "x", Name: "x", AuthMethods: []string{"none"}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("client (-want +got):\n%s", diff)
	}
}

// TestThreat052_NoPlainSecretIsStored: the row holds the digest, and what has none cannot be stored.
func TestThreat052_NoPlainSecretIsStored(t *testing.T) {
	record, err := registered().Record()
	if err != nil {
		t.Fatal(err)
	}
	if got := string(record.Body); record.Key != "dyn-1" || record.ClientID != "dyn-1" || strings.Contains(got, "registered-secret") || !strings.Contains(got, "$sha256$") {
		t.Fatalf("row = %s", got)
	}
	slow := registered()
	slow.Secrets = []Secret{HashedSecret("$2a$", func([]byte, []byte) (bool, error) { return false, nil })}
	if _, err := slow.Record(); err == nil {
		t.Error("a hash of the operator was stored")
	}
	unstated := registered()
	unstated.AuthMethods = nil
	if _, err := unstated.Record(); err == nil {
		t.Error("a client without a stated method was stored")
	}
}
