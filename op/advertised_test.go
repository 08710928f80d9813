package op_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// clientJWKS has a key for every algorithm that encrypts: those of RFC 7515 appendices A.2 and A.3.
const clientJWKS = `{"keys":[{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"},{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}`

// TestMust007_WhatIsAdvertisedCanBeRegistered: every value of the metadata is one that a client may register.
func TestMust007_WhatIsAdvertisedCanBeRegistered(t *testing.T) {
	cfg := registering()
	cfg.ResponseTypes, cfg.Registration.Quota = oauth.ResponseTypes, 1000
	provider := start(t, cfg, open(t, op.Location{Driver: op.DriverMemory}))
	_, metadata := send(t, provider, http.MethodGet, "https://id.example.com/.well-known/openid-configuration", "", "")
	for advertised, registered := range map[string]string{
		"subject_types_supported":                          "subject_type",
		"response_types_supported":                         "response_types",
		"id_token_signing_alg_values_supported":            "id_token_signed_response_alg",
		"id_token_encryption_alg_values_supported":         "id_token_encrypted_response_alg",
		"id_token_encryption_enc_values_supported":         "id_token_encrypted_response_enc",
		"userinfo_signing_alg_values_supported":            "userinfo_signed_response_alg",
		"userinfo_encryption_alg_values_supported":         "userinfo_encrypted_response_alg",
		"userinfo_encryption_enc_values_supported":         "userinfo_encrypted_response_enc",
		"introspection_signing_alg_values_supported":       "introspection_signed_response_alg",
		"introspection_encryption_alg_values_supported":    "introspection_encrypted_response_alg",
		"introspection_encryption_enc_values_supported":    "introspection_encrypted_response_enc",
		"token_endpoint_auth_methods_supported":            "token_endpoint_auth_method",
		"token_endpoint_auth_signing_alg_values_supported": "token_endpoint_auth_signing_alg",
		"request_object_signing_alg_values_supported":      "request_object_signing_alg",
	} {
		values, _ := metadata[advertised].([]any)
		if len(values) == 0 {
			t.Errorf("%s is empty", advertised)
		}
		for _, one := range values {
			value, _ := one.(string)
			request := asking(registered, value)
			body, err := json.Marshal(request)
			if err != nil {
				t.Fatal(err)
			}
			status, made := send(t, provider, http.MethodPost, registerPath, "initial", string(body))
			told, _ := json.Marshal(made[registered])
			want, _ := json.Marshal(request[registered])
			if status != http.StatusCreated || string(told) != string(want) {
				t.Errorf("%s %q: %d, registered as %s: %v", registered, value, status, told, made["error_description"])
			}
		}
	}
}

// asking is a registration with one value, and what has to go with it.
func asking(member, value string) map[string]any {
	request := map[string]any{
		"redirect_uris": []string{"https://rp.example.com/cb"}, "jwks": json.RawMessage(clientJWKS), member: value,
	}
	beside := map[string]any{}
	switch member {
	case "response_types":
		beside[member] = []string{value}
	case "id_token_encrypted_response_enc":
		beside["id_token_encrypted_response_alg"] = "ECDH-ES"
	case "userinfo_encrypted_response_enc":
		beside["userinfo_encrypted_response_alg"] = "ECDH-ES"
	case "introspection_encrypted_response_enc":
		beside["introspection_encrypted_response_alg"] = "ECDH-ES"
	case "token_endpoint_auth_signing_alg":
		beside["token_endpoint_auth_method"] = "private_key_jwt"
		delete(request, "jwks") // which has not a key for each
		beside["jwks_uri"] = "https://rp.example.com/jwks"
		if strings.HasPrefix(value, "HS") {
			beside["token_endpoint_auth_method"] = "client_secret_jwt"
		}
	}
	maps.Copy(request, beside)
	return request
}
