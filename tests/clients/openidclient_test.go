package clients

import "testing"

// hybrid is what a client registers that gets an ID token from the authorization endpoint too.
func hybrid(types ...string) map[string]any {
	return map[string]any{
		"response_types": types, "grant_types": []string{"authorization_code", "implicit", "refresh_token"},
	}
}

var openIDClient = []journey{
	{name: "public client, PKCE", with: configured, mode: "query"},
	{name: "client_secret_basic", judge: registered("token_endpoint_auth_method", "client_secret_basic")},
	{name: "client_secret_post", client: map[string]any{"token_endpoint_auth_method": "client_secret_post"}},
	{name: "client_secret_jwt", client: map[string]any{"token_endpoint_auth_method": "client_secret_jwt"}},
	{
		name: "private_key_jwt", with: signedBy("ES256", "ours"),
		client: map[string]any{"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256"},
	},
	{
		name: "private_key_jwt, key without kid", with: signedBy("PS256", ""),
		client: map[string]any{"token_endpoint_auth_method": "private_key_jwt"},
	},
	{name: "form_post", parameters: map[string]string{"response_mode": "form_post"}, mode: "form_post"},
	{
		name: "code id_token", mode: "fragment",
		client: hybrid("code id_token"), parameters: map[string]string{"response_type": "code id_token"},
	},
	{
		name: "code id_token, form_post", mode: "form_post",
		client: hybrid("code id_token"), parameters: map[string]string{"response_type": "code id_token", "response_mode": "form_post"},
	},
	{
		name: "id_token", mode: "fragment", client: map[string]any{"response_types": []string{"id_token"}, "grant_types": []string{"implicit"}},
		parameters: map[string]string{"response_type": "id_token", "scope": "openid email", "prompt": "login"},
		judge: func(t *testing.T, got learnt) {
			t.Helper()
			if got.Claims["email"] != "diana@example.org" {
				t.Errorf("without an access token the ID token has no claims of the scopes: %v", got.Claims)
			}
		},
	},
	{
		name: "request object", with: objects("ES256"), client: map[string]any{"request_object_signing_alg": "ES256"},
		judge: registered("request_object_signing_alg", "ES256"),
	},
	{
		name: "request object by Ed25519", with: objects("Ed25519"), client: map[string]any{"request_object_signing_alg": "EdDSA"},
		judge: registered("request_object_signing_alg", "EdDSA"),
	},
	{name: "DPoP", with: provingKey("ES256"), judge: boundToKey},
	{
		name: "DPoP by EdDSA, registered as required", with: provingKey("Ed25519"), judge: boundToKey,
		client: map[string]any{"dpop_bound_access_tokens": true},
	},
	{
		name: "DPoP of a public client", judge: boundToKey,
		with: func(s *settings) {
			configured(s)
			s.DPoP = "ES256"
		},
	},
	{
		name: "ID token by ES256", client: map[string]any{"id_token_signed_response_alg": "ES256"},
		judge: registered("id_token_signed_response_alg", "ES256"),
	},
}

func TestOpenIDClient(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t), nodeFolder(t)
	for _, j := range openIDClient {
		t.Run(j.name, func(t *testing.T) { j.run(t, w, dir, "openid-client.mjs") })
	}
	t.Run("pairwise", func(t *testing.T) { pairwise(t, w, dir) })
}

// pairwise: two applications of one sector know diana by one name, those of two by two, none by her own.
func pairwise(t *testing.T, w *world, dir string) {
	t.Helper()
	sub := func(redirect string) any {
		j := journey{client: map[string]any{"subject_type": "pairwise", "redirect_uris": []string{redirect}}}
		j.with = func(s *settings) { s.Redirect = redirect }
		return j.run(t, w, dir, "openid-client.mjs").Claims["sub"]
	}
	shop, beside, elsewhere := sub(webRedirect), sub("https://shop.example/other"), sub("https://forum.example/callback")
	if shop != beside || shop == elsewhere || shop == "dikr0001" || elsewhere == "dikr0001" {
		t.Errorf("the shop knows %v and %v, the forum %v", shop, beside, elsewhere)
	}
}
