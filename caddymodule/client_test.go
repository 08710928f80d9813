package caddymodule

import (
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/client"
)

func TestClientSecretHasThreeForms(t *testing.T) {
	t.Setenv("CLIENT_SECRET", "the secret of a client")
	_, digest := client.NewSecretHash()
	for name, test := range map[string]struct {
		configured Secret
		presented  string
		verifies   bool
	}{
		"plain":                  {"the secret of a client", "the secret of a client", true},
		"plain, another":         {"the secret of a client", "another", false},
		"of the environment":     {"{env.CLIENT_SECRET}", "the secret of a client", true},
		"hash":                   {Secret(argon2idHash("the secret of a client")), "the secret of a client", true},
		"hash, another":          {Secret(argon2idHash("the secret of a client")), "another", false},
		"hash shown as secret":   {Secret(argon2idHash("x")), argon2idHash("x"), false},
		"digest":                 {Secret(client.SecretHash("the secret of a client")), "the secret of a client", true},
		"digest, another":        {Secret(digest), "the secret of a client", false},
		"digest shown as secret": {Secret(digest), digest, false},
	} {
		t.Run(name, func(t *testing.T) {
			secret, err := clientSecret(test.configured, client.PlainSecret)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := secret.Verify(test.presented); err != nil || got != test.verifies {
				t.Errorf("Verify = %v, %v; want %v", got, err, test.verifies)
			}
		})
	}
}

func TestFaultyClientSecretsAreRefused(t *testing.T) {
	for name, configured := range map[string]Secret{
		"unset":           "{env.CERTAINLY_NOT_SET}",
		"unknown hash":    "$canary$abc",
		"cut argon2id":    "$argon2id$v=19$canary",
		"cut digest":      "$sha256$canary",
		"digest of crypt": "$5$canary$abc",
		"empty":           "",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := clientSecret(configured, client.PlainSecret)
			if err == nil {
				t.Fatal("was accepted")
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("%q shows a part of the secret", err)
			}
		})
	}
}

func TestClientIsTranslated(t *testing.T) {
	p, err := parse(t, `{
		client web {
			name "Web shop"
			secret one two
			secret three
			auth client_secret_post
			application_type web
			redirect_uris https://shop.example.com/callback
			grant_types authorization_code refresh_token
			response_types code
			scopes openid profile
			scopes orders:read
			default_resource https://api.example.com
			introspect https://api.example.com https://other.example.com
			consent skip
			refresh always
			id_token_signed_response_alg ES256
			client_uri https://shop.example.com
			logo_uri https://shop.example.com/logo.png
			policy_uri https://shop.example.com/privacy
			tos_uri https://shop.example.com/terms
			contacts a@example.com b@example.com
			disabled
		}
	}`)
	if err != nil {
		t.Fatal(err)
	}
	got, faults := p.Clients[0].config()
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if faults := got.Check(); len(faults) > 0 {
		t.Error(faults)
	}
	switch {
	case got.ID != "web", got.Name != "Web shop", got.ApplicationType != "web", got.DefaultResource != "https://api.example.com",
		!got.ConsentSkip, got.Refresh != "always", got.IDToken.Alg != "ES256", !got.Disabled, !got.Configured,
		got.ClientURI != "https://shop.example.com", got.LogoURI != "https://shop.example.com/logo.png",
		got.PolicyURI != "https://shop.example.com/privacy", got.TOSURI != "https://shop.example.com/terms":
		t.Errorf("got %+v", got)
	}
	for name, length := range map[string][2]int{
		"secrets":       {len(got.Secrets), 3},
		"scopes":        {len(got.Scopes), 3},
		"introspect":    {len(got.Introspect), 2},
		"contacts":      {len(got.Contacts), 2},
		"auth":          {len(got.AuthMethods), 1},
		"redirect_uris": {len(got.RedirectURIs), 1},
	} {
		if length[0] != length[1] {
			t.Errorf("%d %s, want %d", length[0], name, length[1])
		}
	}
}

func TestClientFaultsNameTheirField(t *testing.T) {
	configured := &Client{ID: "web", Secret: []Secret{"{env.CERTAINLY_NOT_SET}", "$canary$"}, Consent: "perhaps", RedirectURIs: []string{"https://a.example/"}}
	translated, faults := configured.config()
	if len(faults) != 3 {
		t.Fatalf("faults: %v", faults)
	}
	for i, prefix := range []string{"consent: ", "secret: ", "secret: "} {
		if !strings.HasPrefix(faults[i].Error(), prefix) {
			t.Errorf("%q does not begin with %q", faults[i], prefix)
		}
	}
	// A secret that cannot be resolved is not also reported as missing.
	if more := translated.Check(); len(more) > 0 {
		t.Errorf("more faults: %v", more)
	}
}
