package web

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net/http/httptest"
	"testing"
)

func TestThreat075_OnlyTheConnectionShowsACertificate(t *testing.T) {
	shown := &x509.Certificate{Raw: []byte("a certificate")}
	peer := []*x509.Certificate{shown}
	sum := sha256.Sum256(shown.Raw)
	for what, test := range map[string]struct {
		state *tls.ConnectionState
		want  bool
	}{
		"in the clear":              {nil, false},
		"none":                      {&tls.ConnectionState{HandshakeComplete: true}, false},
		"shown":                     {&tls.ConnectionState{HandshakeComplete: true, PeerCertificates: peer}, true},
		"with an authority":         {&tls.ConnectionState{HandshakeComplete: true, PeerCertificates: append(peer, &x509.Certificate{})}, true},
		"in early data of a resume": {&tls.ConnectionState{PeerCertificates: peer}, false},
	} {
		r := httptest.NewRequest("GET", "https://id.example.com/", nil)
		r.TLS = test.state
		for _, name := range []string{"X-Client-Cert", "X-SSL-Client-Cert", "X-Forwarded-Client-Cert", "Client-Cert", "X-Forwarded-Tls-Client-Cert"} {
			r.Header.Set(name, base64.StdEncoding.EncodeToString([]byte("a certificate")))
		}
		want := ""
		if test.want {
			want = base64.RawURLEncoding.EncodeToString(sum[:])
		}
		if got := ClientThumbprint(r); got != want || (ClientCertificate(r) != nil) != test.want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
}

// TestThreat074_AChainCountsForTheHostOfItsHandshake: which authorities were asked goes by the name in the handshake.
func TestThreat074_AChainCountsForTheHostOfItsHandshake(t *testing.T) {
	shown := &x509.Certificate{Raw: []byte("a certificate")}
	state := func(name string) *tls.ConnectionState {
		return &tls.ConnectionState{
			HandshakeComplete: true, PeerCertificates: []*x509.Certificate{shown},
			VerifiedChains: [][]*x509.Certificate{{shown}}, ServerName: name,
		}
	}
	for _, test := range []struct {
		host, name string
		want       bool
	}{
		{"id.example.com", "id.example.com", true},
		{"ID.example.com:443", "id.EXAMPLE.com", true},
		{"id.example.com.:8443", "id.example.com", true},
		{"localhost:9443", "localhost", true},
		{"192.0.2.1", "", true},
		{"192.0.2.1:8443", "", true},
		{"[2001:db8::1]", "", true},
		{"[2001:db8::1]:8443", "", true},
		{"id.example.com", "", false},
		{"id.example.com", "other.example.com", false},
		{"id.example.com", "id.example.com.evil.example", false},
		{"192.0.2.1", "id.example.com", false},
		{"", "id.example.com", false},
	} {
		r := httptest.NewRequest("GET", "https://id.example.com/", nil)
		r.Host, r.TLS = test.host, state(test.name)
		if got := VerifiedCertificate(r) == shown; got != test.want {
			t.Errorf("host %q, handshake %q: %t", test.host, test.name, got)
		}
		r.TLS.VerifiedChains = nil
		if VerifiedCertificate(r) != nil {
			t.Errorf("host %q: a chain that nobody verified", test.host)
		}
	}
	early := state("id.example.com")
	early.HandshakeComplete = false
	r := httptest.NewRequest("GET", "https://id.example.com/", nil)
	for _, r.TLS = range []*tls.ConnectionState{early, nil} {
		if VerifiedCertificate(r) != nil {
			t.Error("a certificate without a handshake")
		}
	}
}
