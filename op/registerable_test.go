package op_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// known are all that a client might want of an algorithm, an encoding, a method or a subject type, ours and others'.
var known = slices.Concat(keys.SigningAlgs, keys.HMACAlgs, keys.EncryptionAlgs, keys.EncryptionEncs, []string{
	keys.AlgNone, "Ed25519", "ES256K", "HS1", "RS1", "RSA1_5", "RSA-OAEP", "A256KW", "dir", "ECDH-ES+A128KW", "PBES2-HS256+A128KW", "A128GCM",
	"A256CBC-HS512", "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "tls_client_auth", "public", "pairwise",
})

// TestMust007_WhatIsNotAdvertisedCannotBeRegistered, for each kind of response type: an unsigned ID token comes with a
// code, and nowhere else.
func TestMust007_WhatIsNotAdvertisedCannotBeRegistered(t *testing.T) {
	for _, responseType := range []string{"code", "code id_token", "code token", "id_token"} {
		cfg := registering()
		cfg.ResponseTypes = []string{responseType}
		cfg.Registration.Quota = 10_000
		provider := start(t, cfg, open(t, op.Location{Driver: op.DriverMemory}))
		_, metadata := send(t, provider, http.MethodGet, "https://id.example.com/.well-known/openid-configuration", "", "")
		for advertised, registered := range map[string]string{
			"subject_types_supported":                       "subject_type",
			"id_token_signing_alg_values_supported":         "id_token_signed_response_alg",
			"id_token_encryption_alg_values_supported":      "id_token_encrypted_response_alg",
			"id_token_encryption_enc_values_supported":      "id_token_encrypted_response_enc",
			"userinfo_signing_alg_values_supported":         "userinfo_signed_response_alg",
			"userinfo_encryption_alg_values_supported":      "userinfo_encrypted_response_alg",
			"userinfo_encryption_enc_values_supported":      "userinfo_encrypted_response_enc",
			"introspection_signing_alg_values_supported":    "introspection_signed_response_alg",
			"introspection_encryption_alg_values_supported": "introspection_encrypted_response_alg",
			"introspection_encryption_enc_values_supported": "introspection_encrypted_response_enc",
			"token_endpoint_auth_methods_supported":         "token_endpoint_auth_method",
			"request_object_signing_alg_values_supported":   "request_object_signing_alg",
		} {
			list, _ := metadata[advertised].([]any)
			for _, value := range known {
				request := asking(registered, value)
				request["response_types"] = []string{responseType}
				body, err := json.Marshal(request)
				if err != nil {
					t.Fatal(err)
				}
				status, made := send(t, provider, http.MethodPost, registerPath, "initial", string(body))
				taken := status == http.StatusCreated && made[registered] == value
				if told := slices.Contains(list, any(value)); taken != told {
					t.Errorf("%s, %s %q: advertised %t, registered %t: %v", responseType, registered, value, told, taken, made["error_description"])
				}
			}
		}
	}
}
