package fetch

import (
	"crypto/x509"
	"net/netip"
)

// Policy says where a Client may go. The zero Policy is: to the public's addresses, by the system's roots.
type Policy struct {
	// Allow are addresses that may be reached although they are not the public's: loopback, private and other
	// special ones (RFC 6890).
	Allow []netip.Prefix
	// Roots are trusted beside the system's; nil is none.
	Roots *x509.CertPool
}
