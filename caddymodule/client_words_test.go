package caddymodule

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-5b16f944/gatehouse/caddymodule/setting"
	"github.com/seed-5b16f944/gatehouse/op/client"
)

const someKeys = `{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}`

// readClient reads the one client of a Caddyfile, down to what the provider is given.
func readClient(t *testing.T, block string) (*client.Client, []error) {
	t.Helper()
	p, err := parse(t, "{\nclient web {\n"+block+"\n}\n}")
	if err != nil {
		t.Fatal(err)
	}
	return p.Clients[0].config()
}

func TestClientMetadataIsTranslated(t *testing.T) {
	got, faults := readClient(t, `
		auth client_secret_jwt private_key_jwt
		secret 0123456789abcdef0123456789abcdef
		token_endpoint_auth_signing_alg RS256
		jwks_uri https://shop.example.com/jwks
		redirect_uris https://shop.example.com/callback
		post_logout_redirect_uris https://shop.example.com/bye https://www.example.com/
		frontchannel_logout_uri https://shop.example.com/out
		frontchannel_logout_session_required
		backchannel_logout_uri https://shop.example.com/backchannel?x=1
		backchannel_logout_session_required
		subject_type pairwise
		sector_identifier_uri https://shop.example.com/sector.json
		id_token_signed_response_alg ES256
		id_token_encrypted_response_alg ECDH-ES
		id_token_encrypted_response_enc A256GCM
		userinfo_signed_response_alg HS256
		userinfo_encrypted_response_alg RSA-OAEP-256
		userinfo_encrypted_response_enc A128CBC-HS256
		introspection_signed_response_alg PS256
		introspection_encrypted_response_alg ECDH-ES+A256KW
		introspection_encrypted_response_enc A256GCM
		request_object_signing_alg none
		request_uris https://shop.example.com/a https://shop.example.com/b#digest
		default_max_age 90m
		require_auth_time
		default_acr_values pwd urn:mace:incommon:iap:silver
		initiate_login_uri https://shop.example.com/login
		name "Web shop"
		name#ja "ウェブショップ"
		name#de-CH Lädeli
		logo_uri#ja https://shop.example.com/ja.png
		policy_uri#de https://shop.example.com/datenschutz
		tos_uri#de https://shop.example.com/agb
		client_uri#de https://shop.example.com/de`)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if faults := got.Check(); len(faults) > 0 {
		t.Error(faults)
	}
	age := 90 * time.Minute
	want := &client.Client{
		ID: "web", Name: "Web shop", Configured: true, AuthMethods: []string{"client_secret_jwt", "private_key_jwt"}, AuthSigningAlg: "RS256",
		JWKSURI: "https://shop.example.com/jwks", RedirectURIs: []string{"https://shop.example.com/callback"},
		PostLogoutRedirectURIs: []string{"https://shop.example.com/bye", "https://www.example.com/"},
		FrontchannelLogoutURI:  "https://shop.example.com/out", FrontchannelLogoutSessionRequired: true,
		BackchannelLogoutURI: "https://shop.example.com/backchannel?x=1", BackchannelLogoutSessionRequired: true,
		SubjectType: "pairwise", SectorIdentifierURI: "https://shop.example.com/sector.json",
		IDToken:          client.Protection{Alg: "ES256", EncryptionAlg: "ECDH-ES", EncryptionEnc: "A256GCM"},
		Userinfo:         client.Protection{Alg: "HS256", EncryptionAlg: "RSA-OAEP-256", EncryptionEnc: "A128CBC-HS256"},
		Introspection:    client.Protection{Alg: "PS256", EncryptionAlg: "ECDH-ES+A256KW", EncryptionEnc: "A256GCM"},
		RequestObjectAlg: "none", RequestURIs: []string{"https://shop.example.com/a", "https://shop.example.com/b#digest"},
		DefaultMaxAge: &age, RequireAuthTime: true, DefaultACRValues: []string{"pwd", "urn:mace:incommon:iap:silver"},
		InitiateLoginURI: "https://shop.example.com/login",
		Localized: map[string]string{
			"client_name#ja": "ウェブショップ", "client_name#de-CH": "Lädeli", "logo_uri#ja": "https://shop.example.com/ja.png",
			"policy_uri#de": "https://shop.example.com/datenschutz", "tos_uri#de": "https://shop.example.com/agb", "client_uri#de": "https://shop.example.com/de",
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(client.Client{}, "Secrets")); diff != "" {
		t.Errorf("client (-want +got):\n%s", diff)
	}
	if plain, kept := got.Secrets[0].Plain(); !kept || plain != "0123456789abcdef0123456789abcdef" {
		t.Errorf("the key of its HMACs is not kept: %q", plain)
	}
}

// A secret that is only ever compared is kept as its digest.
func TestSecretsAreKeptOnlyWhereTheyAreKeys(t *testing.T) {
	for block, want := range map[string]bool{
		"":                       false,
		"auth client_secret_jwt": true,
		"auth client_secret_basic client_secret_jwt": true,
		"id_token_signed_response_alg HS256":         true,
		"userinfo_signed_response_alg HS512":         true,
		"userinfo_signed_response_alg RS256":         false,
	} {
		got, faults := readClient(t, "secret s\n"+block)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		if _, kept := got.Secrets[0].Plain(); kept != want {
			t.Errorf("%q: kept %v", block, kept)
		}
	}
	got, faults := (&Client{ID: "web", Auth: []string{"client_secret_jwt"}, Secret: []Secret{"{env.CERTAINLY_NOT_SET}"}, RedirectURIs: []string{"https://a.example/"}}).config()
	if more := got.Check(); len(faults) != 1 || len(more) > 0 {
		t.Errorf("a secret that cannot be read is told %v, and then %v", faults, more)
	}
}

func TestMaxAgeOfNothing(t *testing.T) {
	got, _ := readClient(t, "default_max_age 0")
	if got.DefaultMaxAge == nil || *got.DefaultMaxAge != 0 {
		t.Errorf("default_max_age is %v: every request asks for a new sign-in", got.DefaultMaxAge)
	}
	if got, _ = readClient(t, "name x"); got.DefaultMaxAge != nil {
		t.Errorf("default_max_age is %v though nobody wrote one", *got.DefaultMaxAge)
	}
}

func TestClientKeysByValueAndFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "web.json")
	if err := os.WriteFile(path, []byte(someKeys), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KEYS_OF_WEB", path)
	for _, written := range []string{"`" + someKeys + "`", "`\n" + someKeys + "`", path, "{env.KEYS_OF_WEB}"} {
		got, faults := readClient(t, "jwks "+written)
		if len(faults) > 0 || strings.TrimSpace(string(got.JWKS)) != someKeys {
			t.Errorf("%s: %s, %v", written, got.JWKS, faults)
		}
	}
	if got, faults := readClient(t, "jwks {file."+path+"}"); len(faults) > 0 || string(got.JWKS) != someKeys {
		t.Errorf("what is in the file, by placeholder: %s, %v", got.JWKS, faults)
	}
	large := filepath.Join(t.TempDir(), "large.json")
	if err := os.WriteFile(large, make([]byte, setting.MaxKeyFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		c    Client
		want string
	}{
		"no file":   {Client{JWKSFile: path + ".no"}, "no such file"},
		"empty":     {Client{JWKSFile: os.DevNull}, "is empty"},
		"large":     {Client{JWKSFile: large}, "larger than 64 KiB"},
		"directory": {Client{JWKSFile: t.TempDir()}, "directory"},
		"no path":   {Client{JWKSFile: "{env.CERTAINLY_NOT_SET}"}, "CERTAINLY_NOT_SET"},
		"both":      {Client{JWKSFile: path, JWKS: json.RawMessage(someKeys)}, "excludes jwks_file"},
	} {
		_, faults := test.c.config()
		if len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), "jwks: ") || !strings.Contains(faults[0].Error(), test.want) {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

// TestAPrivateKeyByMistakeIsNotTold: what a placeholder stands for is no name of a file to be shown.
func TestAPrivateKeyByMistakeIsNotTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "web.pem")
	if err := os.WriteFile(path, []byte("-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	written := "{file." + path + "}"
	want := "jwks: " + written + " is neither a JWK Set nor the name of a file that holds one"
	if _, faults := readClient(t, "jwks "+written); len(faults) != 1 || faults[0].Error() != want {
		t.Errorf("%v, want %s", faults, want)
	}
}

// Keys that cannot be read are one fault, and not also some that are missing or do not fit.
func TestKeysThatCannotBeReadAreOneFault(t *testing.T) {
	c := Client{
		ID: "web", Auth: []string{"private_key_jwt"}, JWKSFile: filepath.Join(t.TempDir(), "none.json"),
		RedirectURIs: []string{"https://web.example.com/cb"}, IDTokenEncryptedResponseAlg: "ECDH-ES",
	}
	translated, faults := c.config()
	if faults = append(faults, translated.Check()...); len(faults) != 1 {
		t.Errorf("%v", faults)
	}
}

func TestFaultyClientWordsAreRefused(t *testing.T) {
	for block, want := range map[string]string{
		"jwks {}}":                              "is not JSON",
		"jwks":                                  "wrong argument count",
		"jwks a b":                              "wrong argument count",
		"default_max_age soon":                  "default_max_age: 'soon' is not a length of time",
		"default_max_age -1s":                   "default_max_age: '-1s' is not a length of time",
		"default_max_age":                       "wrong argument count",
		"subject_type secret":                   "unknown value 'secret' of subject_type: public or pairwise",
		"require_auth_time yes":                 "wrong argument count",
		"request_uris":                          "request_uris has no value; a {$NAME} that is not set leaves none",
		"secret":                                "secret has no value; a {$NAME} that is not set leaves none",
		"name#ja":                               "wrong argument count",
		"name#ja a b":                           "wrong argument count",
		"name#ja a\nname#ja b":                  "'name#ja' stands twice",
		"secret#ja x":                           "unknown word 'secret#ja'",
		"nosuch#ja x":                           "unknown word 'nosuch#ja'",
		"#ja":                                   "",
		"client_name#ja x":                      "unknown word 'client_name#ja'",
		"backchannel_logout_uri":                "backchannel_logout_uri has no value",
		"backchannel_logout_uri a b":            "wrong argument count",
		"backchannel_logout_session_required x": "wrong argument count",
		"software_statement e30":                "unknown word 'software_statement' in client web; the words are: ",
		"redirct_uri https://a":                 "unknown word 'redirct_uri' in client web; here it is 'redirect_uris'",
	} {
		_, err := parse(t, "{\nclient web {\n"+block+"\n}\n}")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %s", block, err, want)
		}
	}
}
