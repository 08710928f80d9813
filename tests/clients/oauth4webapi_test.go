package clients

import "testing"

var oauth4WebAPI = []journey{
	{name: "public client, PKCE", with: configured},
	{
		name: "access token as an API reads it", parameters: map[string]string{"scope": offline + " orders:read", "resource": audience},
		with: func(s *settings) {
			configured(s)
			s.Audience = audience
		},
		judge: func(t *testing.T, got learnt) {
			t.Helper()
			if got.AccessToken["client_id"] != "public" || got.AccessToken["sub"] != "dikr0001" {
				t.Errorf("the access token says %v", got.AccessToken)
			}
		},
	},
	{name: "client_secret_basic"},
	{name: "client_secret_jwt", client: map[string]any{"token_endpoint_auth_method": "client_secret_jwt"}},
	{
		name: "private_key_jwt", with: signedBy("RS256", "ours"),
		client: map[string]any{"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "RS256"},
	},
	{
		name: "private_key_jwt by Ed25519, which it says of a key for EdDSA", with: signedBy("EdDSA", "ours"),
		client: map[string]any{"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "EdDSA"},
	},
	{name: "request object", with: objects("PS256"), client: map[string]any{"request_object_signing_alg": "PS256"}},
	{name: "DPoP", with: provingKey("ES256"), judge: boundToKey},
	{
		name: "DPoP of a public client", judge: boundToKey,
		with: func(s *settings) {
			configured(s)
			s.DPoP = "PS256"
		},
	},
	{name: "form_post", parameters: map[string]string{"response_mode": "form_post"}},
	{name: "code id_token", client: hybrid("code id_token"), parameters: map[string]string{"response_type": "code id_token"}},
}

func TestOAuth4WebAPI(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t), nodeFolder(t)
	for _, j := range oauth4WebAPI {
		t.Run(j.name, func(t *testing.T) { j.run(t, w, dir, "oauth4webapi.mjs") })
	}
}
