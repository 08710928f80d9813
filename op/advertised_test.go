package op_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// values are all that a client might want of an algorithm, an encoding or a method, ours and others'.
var values = slices.Concat(keys.SigningAlgs, keys.HMACAlgs, keys.EncryptionAlgs, keys.EncryptionEncs, []string{
	keys.AlgNone, "Ed25519", "ES256K", "HS1", "RS1", "RSA1_5", "RSA-OAEP", "A256KW", "dir", "ECDH-ES+A128KW", "PBES2-HS256+A128KW", "A128GCM",
	"A256CBC-HS512", "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "tls_client_auth", "public", "pairwise",
})

// TestMust007_WhatIsAdvertisedIsWhatCanBeRegistered, value by value: a client that goes by the metadata is never refused, and
// none gets by registering what nobody says is there.
func TestMust007_WhatIsAdvertisedIsWhatCanBeRegistered(t *testing.T) {
	// An unsigned ID token comes with a code alone.
	for _, responseType := range []string{"code", "code id_token", "code token", "id_token"} {
		t.Run(responseType, func(t *testing.T) { registerAllAdvertised(t, responseType) })
	}
}

func registerAllAdvertised(t *testing.T, responseType string) {
	t.Helper()
	cfg := registering()
	cfg.ResponseTypes = []string{responseType}
	cfg.Signing.Algs = []string{"RS256", "ES256", "EdDSA"}
	cfg.Registration.Quota, cfg.Registration.Max = 10_000, 10_000
	provider := start(t, cfg, open(t, op.Location{Driver: op.DriverMemory}))
	_, metadata := send(t, provider, http.MethodGet, "https://id.example.com/.well-known/openid-configuration", "", "")
	for _, tt := range []struct {
		advertised, member string
		beside             map[string]any
	}{
		{"id_token_signing_alg_values_supported", "id_token_signed_response_alg", nil},
		{"id_token_encryption_alg_values_supported", "id_token_encrypted_response_alg", nil},
		{"id_token_encryption_enc_values_supported", "id_token_encrypted_response_enc", map[string]any{"id_token_encrypted_response_alg": "RSA-OAEP-256"}},
		{"userinfo_signing_alg_values_supported", "userinfo_signed_response_alg", nil},
		{"userinfo_encryption_alg_values_supported", "userinfo_encrypted_response_alg", nil},
		{"userinfo_encryption_enc_values_supported", "userinfo_encrypted_response_enc", map[string]any{"userinfo_encrypted_response_alg": "RSA-OAEP-256"}},
		{"request_object_signing_alg_values_supported", "request_object_signing_alg", nil},
		{"token_endpoint_auth_methods_supported", "token_endpoint_auth_method", nil},
		{"subject_types_supported", "subject_type", nil},
	} {
		sent := map[string]any{
			"redirect_uris": []string{"https://app.example/cb"}, "response_types": []string{responseType}, "jwks_uri": "https://app.example/jwks",
		}
		maps.Copy(sent, tt.beside)
		taken := []string{}
		for _, value := range values {
			sent[tt.member] = value
			body, err := json.Marshal(sent)
			if err != nil {
				t.Fatal(err)
			}
			status, answer := send(t, provider, http.MethodPost, registerPath, "initial", string(body))
			if status == http.StatusCreated && answer[tt.member] == value {
				taken = append(taken, value)
			}
		}
		told := []string{}
		for _, value := range metadata[tt.advertised].([]any) {
			told = append(told, value.(string))
		}
		slices.Sort(taken)
		slices.Sort(told)
		if diff := cmp.Diff(told, taken); diff != "" {
			t.Errorf("%s and %s, -advertised +registered:\n%s", tt.advertised, tt.member, diff)
		}
	}
}
