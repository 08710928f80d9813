package guard

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op"
)

const (
	boundToken = "bound"
	ordersURL  = testAudience + "/orders"
)

// prover is a client with a key.
type prover struct {
	t   testing.TB
	key *ecdsa.PrivateKey
}

func newProver(t testing.TB) *prover {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &prover{t, key}
}

func (p *prover) jkt() string {
	sum, err := (&jose.JSONWebKey{Key: p.key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		p.t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

func (p *prover) proof(changed map[string]any) string {
	p.t.Helper()
	sum := sha256.Sum256([]byte(boundToken))
	claims := map[string]any{
		"jti": rand.Text(), "htm": "GET", "htu": ordersURL, "iat": time.Now().Unix(), "ath": base64.RawURLEncoding.EncodeToString(sum[:]),
	}
	maps.Copy(claims, changed)
	payload, err := json.Marshal(claims)
	if err != nil {
		p.t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: p.key}, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	if err != nil {
		p.t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		p.t.Fatal(err)
	}
	return text
}

// proofs are those of a whole provider.
func proofs(t testing.TB) *op.Proofs {
	t.Helper()
	provider, _ := openProvider(t)
	return provider.Provider.Proofs()
}

// boundTo is a token that is bound to this.
func boundTo(cnf op.Confirmation) *op.Token {
	token := person("diana", "orders:read")
	token.Confirmation = cnf
	if cnf.JKT != "" {
		token.TokenType = "DPoP"
	}
	return token
}

// certified is a request over a connection with a certificate, "" for none.
func certified(r *http.Request, certificate string) *http.Request {
	r.TLS = &tls.ConnectionState{HandshakeComplete: true}
	if certificate != "" {
		r.TLS.PeerCertificates = []*x509.Certificate{{Raw: []byte(certificate)}}
	}
	return r
}

func x5t(certificate string) string {
	sum := sha256.Sum256([]byte(certificate))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// TestMust069_EveryBindingUnderEveryPolicy: what a token is bound to against how it comes and what the guard wants.
func TestMust069_EveryBindingUnderEveryPolicy(t *testing.T) {
	by, known := newProver(t), proofs(t)
	bindings := map[string]op.Confirmation{
		"nothing": {}, "a key": {JKT: by.jkt()}, "a certificate": {X5T: x5t("mine")}, "both": {JKT: by.jkt(), X5T: x5t("mine")},
		"something else": {Other: true}, "a key and something else": {JKT: by.jkt(), Other: true},
	}
	for _, dpop := range []string{"", bindingAccept, bindingRequire, bindingOff} {
		for _, mtls := range []string{"", bindingAccept, bindingRequire, bindingOff} {
			for name, cnf := range bindings {
				for _, certificate := range []string{"", "mine", "theirs"} {
					for _, scheme := range []string{"Bearer", "DPoP"} {
						key := cnf.JKT != ""
						want := !cnf.Other && key == (scheme == "DPoP") && (cnf.X5T == "" || certificate == "mine") &&
							(dpop != bindingRequire || key) && (dpop != bindingOff || !key) &&
							(mtls != bindingRequire || cnf.X5T != "") && (mtls != bindingOff || cnf.X5T == "")
						provider := newFakeProvider()
						provider.proofs = known
						provider.give(boundToken, boundTo(cnf))
						g := assembled(t, Guard{Scopes: []string{"orders:read"}, DPoP: dpop, MTLS: mtls}, provider)
						proof := by.proof(map[string]any{"nonce": known.Nonce()})
						r, _ := request("GET", "/orders", http.Header{"Authorization": {scheme + " " + boundToken}, "Dpop": {proof}})
						d := g.decide(certified(r, certificate))
						if got := d.verdict == allowedWithToken; got != want {
							t.Errorf("dpop %q, mtls %q: bound to %s, certificate %q, scheme %s: %t, %v", dpop, mtls, name, certificate, scheme, got, d.cause)
						}
					}
				}
			}
		}
	}
}

// The URL that a proof is for is the one the client asked, whatever the site makes of it before it comes here.
func TestAProofIsForTheRequestAsItWasSent(t *testing.T) {
	by, provider := newProver(t), newFakeProvider()
	provider.proofs = proofs(t)
	provider.give(boundToken, boundTo(op.Confirmation{JKT: by.jkt()}))
	g := assembled(t, Guard{Scopes: []string{"orders:read"}, Origins: []string{testAudience, "https://API.example.org:443"}}, provider)
	for _, test := range []struct {
		method, htu string
		want        bool
	}{
		{"GET", ordersURL, true},
		{"GET", "https://api.example.org/orders", true},
		{"GET", testAudience + "/rewritten", false},
		{"POST", ordersURL, false},
		{"GET", "https://site.example.com/orders", false},
	} {
		original, _ := request("GET", "https://site.example.com/orders", nil)
		r, _ := request("POST", "/rewritten", http.Header{
			"Authorization": {"dpop " + boundToken}, "X-Forwarded-Host": {"site.example.com"},
			"Dpop": {by.proof(map[string]any{"htm": test.method, "htu": test.htu, "nonce": provider.proofs.Nonce()})},
		})
		r = r.WithContext(context.WithValue(r.Context(), caddyhttp.OriginalRequestCtxKey, *original))
		if d := g.decide(r); (d.verdict == allowedWithToken) != test.want {
			t.Errorf("%s %s: %v", test.method, test.htu, d.cause)
		}
	}
}

func TestNoncesAreOffered(t *testing.T) {
	by, provider := newProver(t), newFakeProvider()
	provider.proofs = proofs(t)
	provider.give(boundToken, boundTo(op.Confirmation{JKT: by.jkt()}))
	g := assembled(t, Guard{Scopes: []string{"orders:read"}, DPoPNonce: true}, provider)
	ask := func(proof string) (int, http.Header) {
		r, _ := request("GET", "/orders", http.Header{"Authorization": {"DPoP " + boundToken}, "Dpop": {proof}})
		return serve(g, r, new(upstream))
	}
	status, header := ask(by.proof(nil))
	nonce := header["Dpop-Nonce"]
	if status != http.StatusUnauthorized || len(nonce) != 1 || !strings.Contains(header.Get("WWW-Authenticate"), `error="use_dpop_nonce"`) {
		t.Fatalf("%d %v", status, header)
	}
	if status, header = ask(by.proof(map[string]any{"nonce": nonce[0]})); status != http.StatusNoContent || header["Dpop-Nonce"] != nil {
		t.Errorf("%d %v", status, header)
	}
	if status, header = ask(by.proof(map[string]any{"htm": "PUT", "nonce": nonce[0]})); status != http.StatusUnauthorized || header["Dpop-Nonce"] != nil {
		t.Errorf("another refusal: %d %v", status, header)
	}
}

// An answer with a nonce is kept by nobody, whatever the upstream says: the nonce is for the next proof only (RFC 9449
// section 8.2).
func TestAnswersWithANonceAreNotKept(t *testing.T) {
	g := assembled(t, Guard{Scopes: []string{"orders:read"}, DPoPNonce: true}, diana())
	for _, tt := range []struct {
		nonced       bool
		policy, want string
	}{
		{false, "", "private"}, {false, "max-age=3600", "max-age=3600"}, {true, "", "no-store"}, {true, "max-age=3600", "no-store"},
	} {
		r, _ := request("GET", "/orders", bearer("good"))
		w, d := httptest.NewRecorder(), g.decide(r)
		d.nonce = tt.nonced
		err := g.pass(w, r, caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
			if tt.policy != "" {
				w.Header().Set("Cache-Control", tt.policy)
			}
			w.WriteHeader(http.StatusOK)
			return nil
		}), d)
		if got := w.Header()["Cache-Control"]; err != nil || len(got) != 1 || got[0] != tt.want {
			t.Errorf("%+v: %q, %v", tt, got, err)
		}
	}
}

// Nobody passes while proofs cannot be judged.
func TestMust065_ProofsThatNobodyCanJudge(t *testing.T) {
	by, provider := newProver(t), newFakeProvider()
	provider.proofsErr = unavailable
	provider.give(boundToken, boundTo(op.Confirmation{JKT: by.jkt()}))
	g := assembled(t, Guard{Scopes: []string{"orders:read"}}, provider)
	r, _ := request("GET", "/orders", http.Header{"Authorization": {"DPoP " + boundToken}, "Dpop": {by.proof(nil)}})
	behind := new(upstream)
	if status, header := serve(g, r, behind); status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" || behind.hits.Load() != 0 {
		t.Errorf("%d %v, %d hits", status, header, behind.hits.Load())
	}
	if d := g.decide(func() *http.Request { r, _ := request("GET", "/orders", bearer(boundToken)); return r }()); !errors.Is(d.cause, errDowngraded) {
		t.Errorf("as Bearer: %v", d.cause)
	}
}

func TestFaultsOfBindings(t *testing.T) {
	for want, g := range map[string]Guard{
		"":             {Audience: testAudience, DPoP: bindingRequire, MTLS: bindingRequire, DPoPNonce: true},
		"dpop: ":       {Audience: testAudience, DPoP: "maybe"},
		"mtls: ":       {Audience: testAudience, MTLS: "maybe"},
		"dpop_nonce: ": {Audience: testAudience, DPoP: bindingOff, DPoPNonce: true},
		"origins: is":  {Audience: "urn:example:orders", DPoP: bindingRequire},
		`origins: "u`:  {Audience: "urn:example:orders", DPoP: bindingRequire, Origins: []string{"urn:example:orders"}},
		`origins: "h`:  {Audience: testAudience, Origins: []string{"https://api.example.com/v1"}},
		`origins: "a`:  {Audience: testAudience, Origins: []string{"api.example.com"}},
	} {
		_, faults := g.check()
		if want == "" && len(faults) > 0 || want != "" && (len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), want)) {
			t.Errorf("%q: %v", want, faults)
		}
	}
	for _, uri := range []string{"urn:example:orders", testAudience} {
		if _, faults := (&Guard{Audience: uri}).check(); len(faults) > 0 {
			t.Errorf("%s: %v", uri, faults)
		}
	}
}

func BenchmarkDecisionWithProof(b *testing.B) {
	by, provider := newProver(b), newFakeProvider()
	provider.proofs = proofs(b)
	provider.give(boundToken, boundTo(op.Confirmation{JKT: by.jkt()}))
	g := assembled(b, Guard{Scopes: []string{"orders:read"}}, provider)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		r, _ := request("GET", "/orders", http.Header{
			"Authorization": {"DPoP " + boundToken}, "Dpop": {by.proof(map[string]any{"nonce": provider.proofs.Nonce()})},
		})
		b.StartTimer()
		if d := g.decide(r); d.verdict != allowedWithToken {
			b.Fatal(d.cause)
		}
	}
}
