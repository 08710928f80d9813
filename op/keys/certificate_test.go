package keys

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"slices"
	"testing"
	"time"
)

// certify makes a certificate for a key of somebody's, by itself.
func certify(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestCertificatesOfASet(t *testing.T) {
	key, other := somebodys()[ES256], somebodys()[ES384]
	der, foreign := certify(t, key), certify(t, other)
	text := base64.StdEncoding.EncodeToString
	for what, test := range map[string]struct {
		x5c  any
		want bool
	}{
		"its own":              {[]any{text(der)}, true},
		"its own and another":  {[]any{text(der), text(foreign)}, true},
		"another first":        {[]any{text(foreign), text(der)}, false},
		"of another key":       {[]any{text(foreign)}, false},
		"none":                 {nil, false},
		"an empty list":        {[]any{}, false},
		"in base64url":         {[]any{base64.RawURLEncoding.EncodeToString(der)}, false},
		"no certificate":       {[]any{text([]byte("nothing"))}, false},
		"no text":              {[]any{1}, false},
		"text and not a list":  {text(der), false},
		"something at its end": {[]any{text(append(slices.Clip(der), 0))}, false},
	} {
		more := map[string]any{}
		if test.x5c != nil {
			more["x5c"] = test.x5c
		}
		set := parse(t, jwks(t, members(t, key.Public(), more)))
		if got := set.Registers(der); got != test.want || set.HasCertificate() != test.want {
			t.Errorf("%s: %t, want %t", what, got, test.want)
		}
		if set.Registers(foreign) || set.Registers(nil) {
			t.Errorf("%s: another certificate is registered too", what)
		}
	}
}
