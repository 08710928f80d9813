package token_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// encrypting is the standard configuration with the client web as it should be.
func encrypting(change func(*client.Client)) granttest.Config {
	cfg := granttest.Standard()
	cfg.Clients[0].IDToken.EncryptionAlg = keys.RSAOAEP256
	change(cfg.Clients[0])
	return cfg
}

// Keys of the client that cannot be read cost it neither its code nor its refresh token: both still work when
// they are back.
func TestWhatCannotBeEncryptedSpendsNothing(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public(), KeyID: "1"}}})
	if err != nil {
		t.Fatal(err)
	}
	w := granttest.New(t)
	// Loopback is an address the provider never asks of its own accord, so this place does not answer.
	away := open(t, w, encrypting(func(c *client.Client) { c.JWKSURI = "https://127.0.0.1:9/jwks" }))
	there := open(t, w, encrypting(func(c *client.Client) { c.JWKS = set }))
	decrypt := func(token string) {
		t.Helper()
		jwe, err := jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{jose.RSA_OAEP_256}, []jose.ContentEncryption{jose.A128CBC_HS256})
		if err != nil {
			t.Fatal(err)
		}
		inner, err := jwe.Decrypt(private)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Ring.Verify(t.Context(), string(inner), keys.TypeIDToken); err != nil {
			t.Error(err)
		}
	}
	refused := func(got answer) {
		t.Helper()
		if got.Status != 400 || got.JSON.Error != "invalid_request" || got.JSON.AccessToken != "" {
			t.Fatalf("%d %s", got.Status, got.Body)
		}
	}

	code := away.code(t, "web", "openid offline_access", grant.CodeRequest{RedirectURI: granttest.Redirect})
	for range 3 {
		refused(away.post(t, "web", codeForm(code)))
	}
	first := there.post(t, "web", codeForm(code))
	if first.Status != 200 {
		t.Fatalf("the code was spent: %d %s", first.Status, first.Body)
	}
	decrypt(first.JSON.IDToken)

	for range 3 {
		refused(away.post(t, "web", refreshForm(first.JSON.RefreshToken)))
	}
	second := there.post(t, "web", refreshForm(first.JSON.RefreshToken))
	if second.Status != 200 || second.JSON.RefreshToken == first.JSON.RefreshToken {
		t.Fatalf("the refresh token was spent: %d %s", second.Status, second.Body)
	}
	decrypt(second.JSON.IDToken)

	// Who asks for no ID token needs no key for one.
	plain := away.code(t, "web", "api:read", grant.CodeRequest{RedirectURI: granttest.Redirect})
	if got := away.post(t, "web", codeForm(plain)); got.Status != 200 || got.JSON.IDToken != "" {
		t.Errorf("%d %s", got.Status, got.Body)
	}
}

func TestIDTokensUnderTheClientsSecretAndUnsigned(t *testing.T) {
	const secret = granttest.Secret + ", and long enough for an HMAC with SHA-256"
	w := granttest.New(t)
	for _, alg := range []string{keys.HS256, keys.AlgNone} {
		cfg := granttest.Standard()
		cfg.Clients[0].IDToken.Alg = alg
		cfg.Clients[0].Secrets = append(cfg.Clients[0].Secrets, client.KeptSecret(secret))
		h := open(t, w, cfg)
		got := h.post(t, "web", codeForm(h.code(t, "web", "openid", grant.CodeRequest{RedirectURI: granttest.Redirect})))
		var err error
		if alg == keys.AlgNone {
			_, err = keys.ReadUnsecured(got.JSON.IDToken)
		} else {
			_, err = keys.VerifyHMAC(secret, got.JSON.IDToken, []string{alg})
		}
		if got.Status != 200 || err != nil {
			t.Errorf("%s: %d %s, %v", alg, got.Status, got.Body, err)
		}
	}
}
