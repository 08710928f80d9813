package harness

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// Passport is a token that an upstream got from a guard, as the upstream reads it.
type Passport struct {
	JWT, KeyID, Type string
	Claims           map[string]any
}

// ReadPassport verifies the Authorization header that has reached an upstream as that one can: by the issuer's name
// alone, from which go-oidc finds the keys. It fails the test unless it holds one token for audience.
func ReadPassport(t testing.TB, client *http.Client, issuer, audience string, header http.Header) Passport {
	t.Helper()
	values := header["Authorization"]
	if len(values) != 1 || !strings.HasPrefix(values[0], "Bearer ") {
		t.Fatalf("Authorization is %q", values)
	}
	p := Passport{JWT: strings.TrimPrefix(values[0], "Bearer ")}
	ctx := oidc.ClientContext(t.Context(), client)
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		t.Fatal(err)
	}
	verified, err := provider.VerifierContext(ctx, &oidc.Config{ClientID: audience}).Verify(ctx, p.JWT)
	if err == nil {
		err = verified.Claims(&p.Claims)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, p.JWT)
	}
	parsed, err := jose.ParseSignedCompact(p.JWT, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	protected := parsed.Signatures[0].Protected
	p.KeyID = protected.KeyID
	p.Type, _ = protected.ExtraHeaders[jose.HeaderType].(string)
	return p
}
