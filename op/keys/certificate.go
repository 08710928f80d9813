package keys

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
)

// certificateOf is the digest of the certificate that a JWK is published with: the first of its x5c, which has to be
// for that very key (RFC 7517 section 4.7). It says nothing about the key, and who asks for it only wants to know whether its owner
// named it; a member that cannot be read names none.
func certificateOf(members map[string]any, key crypto.PublicKey) (digest [sha256.Size]byte) {
	chain, _ := members["x5c"].([]any)
	if len(chain) == 0 {
		return digest
	}
	text, _ := chain[0].(string)
	der, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return digest
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return digest
	}
	same, ok := certificate.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !same.Equal(key) {
		return digest
	}
	return sha256.Sum256(der)
}

// Registers reports whether the set names a certificate, given in DER, as one of its owner's (RFC 8705 section 2.2.2).
func (p *PublicKeys) Registers(certificate []byte) bool {
	wanted := sha256.Sum256(certificate)
	for _, k := range p.keys {
		if k.certificate == wanted {
			return true
		}
	}
	return false
}

// HasCertificate reports whether the set names any.
func (p *PublicKeys) HasCertificate() bool {
	for _, k := range p.keys {
		if k.certificate != [sha256.Size]byte{} {
			return true
		}
	}
	return false
}
