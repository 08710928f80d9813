package web

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// ClientCertificate is the certificate that the sender of a request has shown in the TLS handshake of this very
// connection, whose key it has proved to have; nil for none. No header ever counts: anybody can write one. Nor does the
// certificate of a session that is resumed with early data, which can be replayed (RFC 8446 section 8).
func ClientCertificate(r *http.Request) *x509.Certificate {
	if r.TLS == nil || !r.TLS.HandshakeComplete || len(r.TLS.PeerCertificates) == 0 {
		return nil
	}
	return r.TLS.PeerCertificates[0]
}

// VerifiedCertificate is ClientCertificate if an authority that is trusted for the host of the request has issued
// it. Which authorities those are goes by the name that the handshake was for, so it has to be the host's own.
func VerifiedCertificate(r *http.Request) *x509.Certificate {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 || !sameName(r.TLS, CanonicalHost(r.Host)) {
		return nil
	}
	return ClientCertificate(r)
}

// sameName reports whether a handshake was for that host. Addresses have no name in it (RFC 6066 section 3).
func sameName(state *tls.ConnectionState, host string) bool {
	name := strings.Trim(host, "[]")
	if withoutPort, _, err := net.SplitHostPort(host); err == nil {
		name = withoutPort
	}
	if _, err := netip.ParseAddr(name); err == nil {
		name = ""
	}
	return strings.EqualFold(strings.TrimSuffix(state.ServerName, "."), name)
}

// CertificateThumbprint is the x5t#S256 of a certificate (RFC 8705 section 3.1).
func CertificateThumbprint(of *x509.Certificate) string {
	sum := sha256.Sum256(of.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ClientThumbprint is the x5t#S256 of ClientCertificate, "" for none.
func ClientThumbprint(r *http.Request) string {
	if shown := ClientCertificate(r); shown != nil {
		return CertificateThumbprint(shown)
	}
	return ""
}
