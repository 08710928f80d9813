package flow

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// ringAlgs are all that a provider can have keys for.
const ringAlgs = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA"

const macSecret = "a secret long enough for an HMAC with any of the SHA-2 functions, 64 bytes or more"

// algorithmsPlan has one client for each algorithm, and one whose tokens are encrypted.
func algorithmsPlan(set string) (p plan, clients map[string]string) {
	var lines strings.Builder
	fmt.Fprintf(&lines, "keys %s\n", ringAlgs)
	clients = map[string]string{}
	add := func(alg, more string) {
		id := "c-" + strings.ToLower(alg)
		clients[id] = alg
		fmt.Fprintf(&lines, `client %s {
			secret {env.MAC_SECRET}
			redirect_uris %s
			scopes openid email
			consent skip
			id_token_signed_response_alg %s
			userinfo_signed_response_alg %s
			%s
		}
		`, id, callback, alg, alg, more)
	}
	for alg := range strings.FieldsSeq(ringAlgs + " HS256 HS384 HS512 none") {
		add(alg, "")
	}
	fmt.Fprintf(&lines, `client c-jwe {
		secret {env.MAC_SECRET}
		redirect_uris %s
		scopes openid email
		consent skip
		jwks %s
		id_token_encrypted_response_alg RSA-OAEP-256
		userinfo_encrypted_response_alg RSA-OAEP-256
		userinfo_encrypted_response_enc A256GCM
	}
	`, callback, "`"+set+"`")
	return plan{provider: lines.String(), bare: true, env: []string{"MAC_SECRET=" + macSecret}}, clients
}

// A person signs in at a client of every algorithm there is, and libraries read what it is told.
func TestClientsOfEveryAlgorithm(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public(), KeyID: "mine", Use: "enc"}}})
	if err != nil {
		t.Fatal(err)
	}
	p, clients := algorithmsPlan(string(set))
	h := build(t, p)
	h.secrets = map[string]string{"c-jwe": macSecret}
	for id := range clients {
		h.secrets[id] = macSecret
	}
	var published jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(harness.Get(t, h.back, h.issuer+"/jwks").Text), &published); err != nil || len(published.Keys) != 10 {
		t.Fatalf("%d keys, %v", len(published.Keys), err)
	}
	// open reads a JWS by the library that most of Go uses.
	open := func(alg, token string) []byte {
		t.Helper()
		if alg == "none" {
			payload, ok := strings.CutSuffix(token, ".")
			_, payload, two := strings.Cut(payload, ".")
			if !ok || !two || !strings.HasPrefix(token, "eyJhbGciOiJub25lIn0.") {
				t.Fatalf("not unsecured: %s", token)
			}
			read, err := base64.RawURLEncoding.DecodeString(payload)
			if err != nil {
				t.Fatal(err)
			}
			return read
		}
		jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
		if err != nil {
			t.Fatalf("%s: %v", alg, err)
		}
		var key any = &published
		if strings.HasPrefix(alg, "HS") {
			key = []byte(macSecret)
		}
		payload, err := jws.Verify(key)
		if err != nil {
			t.Fatalf("%s: %v", alg, err)
		}
		return payload
	}
	decrypt := func(token string, enc jose.ContentEncryption) string {
		t.Helper()
		jwe, err := jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{jose.RSA_OAEP_256}, []jose.ContentEncryption{enc})
		if err != nil {
			t.Fatal(err)
		}
		inner, err := jwe.Decrypt(private)
		if err != nil || jwe.Header.KeyID != "mine" {
			t.Fatalf("%v, kid %q", err, jwe.Header.KeyID)
		}
		return string(inner)
	}
	check := func(client string, idToken, userinfo []byte) {
		t.Helper()
		var id, info struct {
			Issuer  string `json:"iss"`
			Subject string `json:"sub"`
			Aud     string `json:"aud"`
			Email   string `json:"email"`
			AtHash  string `json:"at_hash"`
		}
		if err := json.Unmarshal(idToken, &id); err != nil || id.Issuer != h.issuer || id.Subject != "dikr0001" || id.Aud != client ||
			(id.AtHash == "") != (clients[client] == "none") {
			t.Errorf("%s: ID token %s, %v", client, idToken, err)
		}
		if err := json.Unmarshal(userinfo, &info); err != nil || info.Issuer != h.issuer || info.Subject != "dikr0001" || info.Aud != client ||
			info.Email != "diana@example.org" {
			t.Errorf("%s: userinfo %s, %v", client, userinfo, err)
		}
	}
	told := func(client string) (tokens, string) {
		t.Helper()
		code, verifier := h.code(t, client, "scope", "openid email")
		got := h.redeem(t, client, code, verifier)
		answer := harness.Get(t, h.back, h.issuer+"/userinfo", "Authorization", "Bearer "+got.Access)
		if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "application/jwt" {
			t.Fatalf("%s: userinfo %s %v", client, answer.Status, answer.Header)
		}
		return got, answer.Text
	}
	for client, alg := range clients {
		got, userinfo := told(client)
		check(client, open(alg, got.ID), open(alg, userinfo))
	}
	got, userinfo := told("c-jwe")
	check("c-jwe", open("RS256", decrypt(got.ID, jose.A128CBC_HS256)), []byte(decrypt(userinfo, jose.A256GCM)))

	l := h.library(t, "c-ps512", oidc.ScopeOpenID)
	l.config.ClientSecret = macSecret
	l.verifier = l.provider.Verifier(&oidc.Config{ClientID: "c-ps512", SupportedSigningAlgs: []string{"PS512"}})
	l.signIn(t, h.web, oauth2.SetAuthURLParam("max_age", "3600"))

	// An ID token under the secret is as good a hint as any, one without a signature is none.
	for client, want := range map[string]string{"c-hs256": "", "c-none": "login_required"} {
		got, _ := told(client)
		answer, _ := h.ask(t, h.web, client, "scope", "openid", "prompt", "none", "id_token_hint", got.ID)
		if answer.Get("error") != want {
			t.Errorf("hint of %s: %v", client, answer)
		}
	}
}
