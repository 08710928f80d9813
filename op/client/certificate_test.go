package client

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/shelf"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

// certificate is a key pair's own.
func (p keyPair) certificate(t testing.TB) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: p.kid}, NotAfter: time.Unix(1<<32, 0),
		DNSNames: []string{"gate.example.com"}, EmailAddresses: []string{"gate@example.com"}, IPAddresses: []net.IP{net.IPv4(192, 0, 2, 7), net.ParseIP("2001:db8::7")},
		URIs: []*url.URL{{Scheme: "spiffe", Host: "example.com", Path: "/gate"}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, p.private.Public(), p.private)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// certifiedSet is the JWK Set of a key pair with that certificate.
func certifiedSet(t *testing.T, p keyPair, shown *x509.Certificate) []byte {
	t.Helper()
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(jwksOf(t, p), &set); err != nil {
		t.Fatal(err)
	}
	set.Keys[0]["x5c"] = []string{base64.StdEncoding.EncodeToString(shown.Raw)}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestCertificateSubjects(t *testing.T) {
	shown := newKeyPair(t, "gate").certificate(t)
	for _, test := range []struct {
		subject CertificateSubject
		want    bool
	}{
		{CertificateSubject{DN: "CN=gate"}, true},
		{CertificateSubject{DN: "CN=gates"}, false},
		{CertificateSubject{DN: "gate"}, false},
		{CertificateSubject{DNS: "Gate.example.com"}, true},
		{CertificateSubject{DNS: "example.com"}, false},
		{CertificateSubject{DNS: "*.example.com"}, false},
		{CertificateSubject{URI: "spiffe://example.com/gate"}, true},
		{CertificateSubject{URI: "spiffe://example.com/"}, false},
		{CertificateSubject{IP: "192.0.2.7"}, true},
		{CertificateSubject{IP: "::ffff:192.0.2.7"}, true},
		{CertificateSubject{IP: "2001:DB8::7"}, true},
		{CertificateSubject{IP: "192.0.2.8"}, false},
		{CertificateSubject{IP: "x"}, false},
		{CertificateSubject{Email: "gate@example.com"}, true},
		{CertificateSubject{Email: "Gate@example.com"}, false},
		{CertificateSubject{}, false},
	} {
		if got := test.subject.names(shown); got != test.want {
			t.Errorf("%+v: %t", test.subject, got)
		}
	}
}

func TestAClientIsProvedByItsConnection(t *testing.T) {
	pair := newKeyPair(t, "own")
	own, other := pair.certificate(t), newKeyPair(t, "other").certificate(t)
	s := memory.New(time.Now)
	configured := []*Client{
		{ID: "self", AuthMethods: []string{oauth.AuthSelfSignedTLS}, JWKS: certifiedSet(t, pair, own)},
		{ID: "keys alone", AuthMethods: []string{oauth.AuthSelfSignedTLS}, JWKS: jwksOf(t, pair)},
		{ID: "away", AuthMethods: []string{oauth.AuthSelfSignedTLS}, JWKSURI: keysURI},
		{ID: "named", AuthMethods: []string{oauth.AuthTLSClient}, Certificate: CertificateSubject{DN: "CN=own"}},
		{ID: "gone", AuthMethods: []string{oauth.AuthTLSClient}, Certificate: CertificateSubject{DN: "CN=own"}, Disabled: true},
		{ID: "cli", AuthMethods: []string{oauth.AuthNone}},
		{ID: "web", Secrets: []Secret{PlainSecret("secret")}},
	}
	sets := NewKeySets(nil, time.Now)
	sets.byURI = shelf.New(unreachable{}, keysLife, keys.ParsePublicKeys, time.Now)
	auth := NewAuthenticator(NewRegistry(s, configured), throttle.NewJoint("", throttle.New(time.Now, 1000), nil), NewAssertions(s, sets, time.Now, Audience{Issuer: "https://id.example.com"}, time.Time{}))
	const verified = true
	for _, test := range []struct {
		id       string
		shown    *x509.Certificate
		verified bool
		code     string
	}{
		{"self", own, false, ""},
		{"self", own, verified, ""},
		{"self", other, verified, "invalid_client"},
		{"self", nil, false, "invalid_client"},
		{"keys alone", own, false, "invalid_client"},
		{"away", own, false, "temporarily_unavailable"},
		{"named", own, verified, ""},
		{"named", own, false, "invalid_client"},
		{"named", other, verified, "invalid_client"},
		{"named", nil, false, "invalid_client"},
		{"gone", own, verified, "invalid_client"},
		{"cli", nil, false, ""},
		{"cli", own, verified, ""},
		{"web", own, verified, "invalid_client"},
		{"nobody", own, verified, "invalid_client"},
	} {
		r := httptest.NewRequest("POST", "https://id.example.com/token", nil)
		r.RemoteAddr = stranger
		r.TLS = &tls.ConnectionState{HandshakeComplete: true, ServerName: "id.example.com"}
		if test.shown != nil {
			r.TLS.PeerCertificates = []*x509.Certificate{test.shown}
			if test.verified {
				r.TLS.VerifiedChains = [][]*x509.Certificate{r.TLS.PeerCertificates}
			}
		}
		p, err := oauth.NewParams(url.Values{"client_id": {test.id}})
		if err != nil {
			t.Fatal(err)
		}
		c, err := auth.Authenticate(t.Context(), r, p)
		got := ""
		if err != nil {
			got = oauth.AsError(err).Code
		}
		if got != test.code || (c != nil) != (test.code == "") {
			t.Errorf("%s with %v, verified %t: %v", test.id, test.shown != nil, test.verified, err)
		}
	}
}

// unreachable is where keys lie that nobody can read.
type unreachable struct{}

func (unreachable) Get(context.Context, string) (fetch.Document, error) {
	return fetch.Document{}, errors.Join(errors.New("no answer"), oauth.ErrUnavailable)
}

func TestClientsWithCertificatesAreChecked(t *testing.T) {
	pair := newKeyPair(t, "gate")
	machine := func(method string, change func(*Client)) *Client {
		c := &Client{ID: "gate", AuthMethods: []string{method}, GrantTypes: []string{oauth.GrantClientCredentials}, Scopes: oauth.Scopes{"orders:read"}}
		change(c)
		return c
	}
	for want, c := range map[string]*Client{
		"":                                machine(oauth.AuthTLSClient, func(c *Client) { c.Certificate.DN = "CN=gate" }),
		"tls_client_auth_subject_dn: tls": machine(oauth.AuthTLSClient, func(*Client) {}),
		"tls_client_auth_subject_dn: is":  machine(oauth.AuthTLSClient, func(c *Client) { c.Certificate.DN = "gate" }),
		"tls_client_auth_san_ip: ":        machine(oauth.AuthTLSClient, func(c *Client) { c.Certificate.IP = "gate" }),
		"tls_client_auth_san_email: is for": machine(oauth.AuthSelfSignedTLS, func(c *Client) {
			c.Certificate.Email, c.JWKS = "a@example.com", certifiedSet(t, pair, pair.certificate(t))
		}),
		"jwks: is missing":         machine(oauth.AuthSelfSignedTLS, func(*Client) {}),
		"jwks: has no certificate": machine(oauth.AuthSelfSignedTLS, func(c *Client) { c.JWKS = jwksOf(t, pair) }),
		"auth: a client": machine(oauth.AuthTLSClient, func(c *Client) {
			c.Certificate.DN, c.AuthMethods = "CN=gate", []string{oauth.AuthTLSClient, oauth.AuthPrivateKeyJWT}
			c.JWKS = jwksOf(t, pair)
		}),
	} {
		faults := c.Check()
		if want == "" && len(faults) > 0 || want != "" && (len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), want)) {
			t.Errorf("%q: %v", want, faults)
		}
	}
	two := machine(oauth.AuthTLSClient, func(c *Client) { c.Certificate = CertificateSubject{DN: "CN=gate", DNS: "gate.example.com"} })
	if faults := two.Check(); len(faults) != 1 {
		t.Errorf("two subjects: %v", faults)
	}
	for _, bind := range []func(*Client){func(c *Client) { c.DPoPBound = true }, func(c *Client) { c.CertificateBound = true }} {
		c := &Client{ID: "app", AuthMethods: []string{oauth.AuthNone}, RedirectURIs: []string{"https://app.example.com/cb"}, Scopes: oauth.Scopes{"openid"}}
		bind(c)
		if faults := c.Check(); len(faults) > 0 {
			t.Error(faults)
		}
		c.ResponseTypes = []string{"code", "id_token token"}
		if faults := c.Check(); len(faults) != 1 || !strings.Contains(faults[0].Error(), "excludes response_types with token") {
			t.Errorf("a token that is not bound: %v", faults)
		}
	}
}
