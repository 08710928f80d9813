package keys

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Faults of a private key. They say nothing of what is in it.
var (
	errNoPrivateKey  = errors.New("keys: it is neither a private JWK nor a private key in PEM")
	errUnfitKey      = errors.New("keys: the key is of a type, curve or size that nothing is signed with here")
	errUnfitAlg      = errors.New("keys: the key does not fit the alg that it names")
	errMalformedName = errors.New("keys: the kid of the key has characters that no header can have as they are")
)

// PrivateKey is a key that the operator has, by which we prove ourselves to somebody else. It prints as nothing.
type PrivateKey struct{ key *signingKey }

// ParsePrivateKey reads an RSA key of 2048 to 4096 bits, a key on P-256, P-384 or P-521, or an Ed25519 key, as a JWK
// (RFC 7517) or as PEM (PKCS #8, or the older forms of RSA and EC). It signs with the alg of the JWK, or else with
// RS256, with the ES algorithm of its curve, or with EdDSA. Without kid it goes by its thumbprint (RFC 7638).
func ParsePrivateKey(text []byte) (*PrivateKey, error) {
	private, alg, kid, err := readPrivateKey(text)
	if err != nil {
		return nil, err
	}
	if alg == "" {
		alg = usualAlg(private.Public())
	}
	if !fits(alg, private.Public()) {
		if usual := usualAlg(private.Public()); usual != "" && fits(usual, private.Public()) {
			return nil, errUnfitAlg
		}
		return nil, errUnfitKey
	}
	key, err := assemble(alg, private.Public(), private, life{})
	if err != nil {
		return nil, err
	}
	if kid != "" {
		key.kid = kid
		key.header = `{"alg":"` + alg + `","kid":"` + kid + `"`
	}
	return &PrivateKey{key}, nil
}

func readPrivateKey(text []byte) (private crypto.Signer, alg, kid string, err error) {
	if trimmed := bytes.TrimSpace(text); bytes.HasPrefix(trimmed, []byte("{")) {
		return readPrivateJWK(trimmed)
	}
	private, err = readPEM(text)
	return private, "", "", err
}

func readPrivateJWK(text []byte) (private crypto.Signer, alg, kid string, err error) {
	if _, err := oauth.ReadObject(text); err != nil {
		return nil, "", "", errNoPrivateKey
	}
	var jwk jose.JSONWebKey
	// The library's words could quote the key, so they are dropped.
	if jwk.UnmarshalJSON(text) != nil || !jwk.Valid() {
		return nil, "", "", errNoPrivateKey
	}
	private, ok := jwk.Key.(crypto.Signer)
	if !ok {
		return nil, "", "", errNoPrivateKey
	}
	if encoded, err := json.Marshal(jwk.KeyID); err != nil || string(encoded) != `"`+jwk.KeyID+`"` {
		return nil, "", "", errMalformedName
	}
	return private, oneName(jwk.Algorithm), jwk.KeyID, nil
}

func readPEM(text []byte) (crypto.Signer, error) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return nil, errNoPrivateKey
		}
		if private := readDER(block.Bytes); private != nil {
			return private, nil
		}
	}
}

// readDER reads what a block of PEM holds, whatever it is called; nil if that is no private key.
func readDER(der []byte) crypto.Signer {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		private, _ := key.(crypto.Signer)
		return private
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	return nil
}

// usualAlg is what a key signs with that names no algorithm, "" if there is none.
func usualAlg(public crypto.PublicKey) string {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return RS256
	case ed25519.PublicKey:
		return EdDSA
	case *ecdsa.PublicKey:
		for alg, a := range algorithms {
			if a.family == ecdsaRS && a.curve == key.Curve {
				return alg
			}
		}
	}
	return ""
}

// Sign makes a JWS of claims, with kid and typ in its protected header (none for an empty typ). ErrTooLarge beyond
// MaxJWS.
func (k *PrivateKey) Sign(typ string, claims any) (string, error) { return k.key.jws(typ, claims) }

// Alg is the algorithm the key signs with.
func (k *PrivateKey) Alg() string { return k.key.alg }

// String says nothing of the key.
func (*PrivateKey) String() string { return "REDACTED" }

// GoString says nothing of the key.
func (*PrivateKey) GoString() string { return "REDACTED" }
