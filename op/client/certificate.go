package client

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// CertificateSubject says which certificate of a trusted authority is the client's, by the one of its fields that is not
// empty (RFC 8705 section 2.1.2).
type CertificateSubject struct {
	// DN is a distinguished name as RFC 4514 writes it.
	DN string
	// DNS, URI, IP and Email are subject alternative names.
	DNS, URI, IP, Email string
}

// Why a certificate does not prove the client, for the log alone.
var (
	errNoCertificate    = errors.New("no client certificate of a trusted authority was shown")
	errOtherCertificate = errors.New("client certificate is not the client's")
)

// certified reports whether the client proves itself by a certificate.
func (c *Client) certified() bool {
	return c.AllowsAuthMethod(oauth.AuthTLSClient) || c.AllowsAuthMethod(oauth.AuthSelfSignedTLS)
}

// proveCertificate holds the certificate of the connection against what the client registered. The error is private,
// and wraps oauth.ErrUnavailable when nobody can tell.
func (a *Authenticator) proveCertificate(ctx context.Context, c *Client, r *http.Request) error {
	if c.AllowsAuthMethod(oauth.AuthTLSClient) {
		shown := web.VerifiedCertificate(r)
		switch {
		case shown == nil:
			return errNoCertificate
		case !c.Certificate.names(shown):
			return errOtherCertificate
		}
		return nil
	}
	shown := web.ClientCertificate(r)
	switch {
	case shown == nil:
		return errNoCertificate
	case a.assertions == nil:
		return errNoAssertions
	}
	return a.assertions.keys.Registered(ctx, c, shown.Raw)
}

// names reports whether a certificate is the client's.
func (s CertificateSubject) names(shown *x509.Certificate) bool {
	switch {
	case s.DN != "":
		wanted, err := parseDN(s.DN)
		return err == nil && wanted.is(shown.RawSubject)
	case s.DNS != "":
		return slices.ContainsFunc(shown.DNSNames, func(name string) bool { return strings.EqualFold(name, s.DNS) })
	case s.URI != "":
		for _, uri := range shown.URIs {
			if uri.String() == s.URI {
				return true
			}
		}
	case s.IP != "":
		wanted, err := netip.ParseAddr(s.IP)
		return err == nil && slices.ContainsFunc(shown.IPAddresses, func(ip net.IP) bool {
			addr, ok := netip.AddrFromSlice(ip)
			return ok && addr.Unmap() == wanted.Unmap()
		})
	case s.Email != "":
		return slices.Contains(shown.EmailAddresses, s.Email)
	}
	return false
}

// fields are those that are not empty, by the names of their metadata.
func (s CertificateSubject) fields() []string {
	var named []string
	for _, one := range []struct{ name, value string }{
		{"tls_client_auth_subject_dn", s.DN},
		{"tls_client_auth_san_dns", s.DNS},
		{"tls_client_auth_san_uri", s.URI},
		{"tls_client_auth_san_ip", s.IP},
		{"tls_client_auth_san_email", s.Email},
	} {
		if one.value != "" {
			named = append(named, one.name)
		}
	}
	return named
}

// checkCertificate: a client of an authority names its certificate in one way, so that nobody has to guess which of two
// counts (RFC 8705 section 2.1.2), and one with certificates of its own registers them.
func (c *Client) checkCertificate(f *faults) {
	byName, byKey := c.AllowsAuthMethod(oauth.AuthTLSClient), c.AllowsAuthMethod(oauth.AuthSelfSignedTLS)
	named := c.Certificate.fields()
	switch {
	case (byName || byKey) && len(c.AuthMethods) > 1:
		f.add("auth: a client that authenticates by its certificate does so always")
	case byName && len(named) != 1:
		f.add("tls_client_auth_subject_dn: tls_client_auth needs one of tls_client_auth_subject_dn and tls_client_auth_san_…")
	case !byName && len(named) > 0:
		f.add("%s: is for auth tls_client_auth", named[0])
	case byKey && len(c.JWKS) == 0 && c.JWKSURI == "":
		f.add("jwks: is missing, or jwks_uri; self_signed_tls_client_auth finds the client's certificates there")
	}
	if c.Certificate.DN != "" {
		if _, err := parseDN(c.Certificate.DN); err != nil {
			f.add("tls_client_auth_subject_dn: %w", err)
		}
	}
	if c.Certificate.IP != "" {
		if _, err := netip.ParseAddr(c.Certificate.IP); err != nil {
			f.add("tls_client_auth_san_ip: is not an address")
		}
	}
}
