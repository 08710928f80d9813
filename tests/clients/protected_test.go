package clients

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

// protected are the ways in which a client may have what it is told signed and encrypted.
var protected = []journey{
	{
		name: "encrypted ID token, RSA-OAEP-256", with: encrypted("RSA-OAEP-256"), judge: isEncrypted("RSA-OAEP-256", "A256GCM"),
		client: map[string]any{"id_token_encrypted_response_alg": "RSA-OAEP-256", "id_token_encrypted_response_enc": "A256GCM"},
	},
	{
		name: "encrypted ID token and userinfo, ECDH-ES", with: encrypted("ECDH-ES"), judge: isEncrypted("ECDH-ES", "A128CBC-HS256"),
		client: map[string]any{
			"id_token_encrypted_response_alg": "ECDH-ES", "userinfo_signed_response_alg": "ES256",
			"userinfo_encrypted_response_alg": "ECDH-ES", "userinfo_encrypted_response_enc": "A256GCM",
		},
	},
	{
		name: "signed userinfo", client: map[string]any{"userinfo_signed_response_alg": "RS256"},
		judge: registered("userinfo_signed_response_alg", "RS256"),
	},
	{
		name: "ID token by EdDSA, userinfo by PS256", judge: registered("id_token_signed_response_alg", "EdDSA"),
		client: map[string]any{"id_token_signed_response_alg": "EdDSA", "userinfo_signed_response_alg": "PS256"},
	},
}

func TestOpenIDClientReadsWhatIsSignedAndEncryptedForIt(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t), nodeFolder(t)
	for _, j := range protected {
		t.Run(j.name, func(t *testing.T) { j.run(t, w, dir, "openid-client.mjs") })
	}
}

// isEncrypted wants the ID token to be a JWE of these algorithms; that it was read is shown by its claims.
func isEncrypted(alg, enc string) func(*testing.T, learnt) {
	return func(t *testing.T, got learnt) {
		t.Helper()
		first, _, _ := strings.Cut(got.IDToken, ".")
		text, err := base64.RawURLEncoding.DecodeString(first)
		var header struct{ Alg, Enc, Cty string }
		if err == nil {
			err = json.Unmarshal(text, &header)
		}
		if err != nil || strings.Count(got.IDToken, ".") != 4 || header.Alg != alg || header.Enc != enc || header.Cty != "JWT" {
			t.Errorf("the ID token is %s: %v", text, err)
		}
	}
}

// encrypted gives the client a key that the provider encrypts for.
func encrypted(alg string) func(*settings) {
	return func(s *settings) { s.Encryption = alg }
}
