package keystest

import (
	"encoding/json"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// Sign makes the compact JWS of a payload: bytes as they are, anything else as JSON. Options may be nil.
func Sign(t testing.TB, key jose.SigningKey, options *jose.SignerOptions, payload any) string {
	t.Helper()
	signer, err := jose.NewSigner(key, options)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(encoded(t, payload))
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func encoded(t testing.TB, payload any) []byte {
	t.Helper()
	if raw, ok := payload.([]byte); ok {
		return raw
	}
	text, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
