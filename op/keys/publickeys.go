package keys

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// The limits of a JWK Set: whoever may name one would otherwise choose how long we work on it.
const (
	maxJWKS = 64 << 10
	maxKeys = 20
)

// Faults of a JWK Set. They say nothing of what is in it.
var (
	errJWKSTooLarge = errors.New("keys: JWK Set is too large")
	errNoKeys       = errors.New("keys: JWK Set has no list of keys")
	errTooManyKeys  = errors.New("keys: JWK Set has too many keys")
	errPrivateKey   = errors.New("keys: JWK Set holds a private or symmetric key")
	errMalformedKey = errors.New("keys: JWK Set holds a malformed key")
)

// privateMembers are those of RFC 7518 section 6 that nobody may tell. A set with one of them was published by
// mistake: the key is known to others by now.
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}

// publicMembers are all that is read of the key itself. Certificates and the places of certificates are not:
// they name other keys, and what is not read needs no trust.
var publicMembers = []string{"kty", "crv", "x", "y", "n", "e"}

// PublicKeys are the keys of one other party, from its JWK Set. They never change and may be shared.
type PublicKeys struct{ keys []publicKey }

// publicKey is one key and what its owner says it is for.
type publicKey struct {
	kid, alg, use string
	// ops are the key_ops; stated tells an empty list from none.
	ops    []string
	stated bool
	key    any // *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
	// certificate is the digest of the one it was published with, zero for none.
	certificate [sha256.Size]byte
}

// ParsePublicKeys reads a JWK Set (RFC 7517 section 5) of RSA keys of 2048 to 4096 bits, keys on P-256, P-384 and
// P-521, and Ed25519 keys, with or without kid. A key of another type, curve or size is passed over, as that
// section has it. The set is refused if it is over 64 KiB or 20 keys, names a member twice or is not JSON
// otherwise, or holds a key that is private, symmetric or malformed.
func ParsePublicKeys(jwks []byte) (*PublicKeys, error) {
	if len(jwks) > maxJWKS {
		return nil, errJWKSTooLarge
	}
	set, err := oauth.ReadObject(jwks)
	if err != nil {
		return nil, fmt.Errorf("keys: JWK Set %w", err)
	}
	list, ok := set["keys"].([]any)
	if !ok {
		return nil, errNoKeys
	}
	if len(list) > maxKeys {
		return nil, errTooManyKeys
	}
	p := &PublicKeys{}
	for _, value := range list {
		members, ok := value.(map[string]any)
		if !ok {
			return nil, errMalformedKey
		}
		k, usable, err := parsePublicKey(members)
		if err != nil {
			return nil, err
		}
		if usable {
			p.keys = append(p.keys, k)
		}
	}
	return p, nil
}

// parsePublicKey reads one key; it is not usable if its kind is none of ours.
func parsePublicKey(members map[string]any) (k publicKey, usable bool, err error) {
	if members["kty"] == "oct" || slices.ContainsFunc(privateMembers, func(name string) bool { return members[name] != nil }) {
		return publicKey{}, false, errPrivateKey
	}
	if !ourKind(members) {
		return publicKey{}, false, nil
	}
	if k, err = readPurpose(members); err != nil {
		return publicKey{}, false, err
	}
	only := make(map[string]any, len(publicMembers))
	for _, name := range publicMembers {
		if value, there := members[name]; there {
			only[name] = value
		}
	}
	encoded, err := json.Marshal(only)
	if err != nil {
		return publicKey{}, false, errMalformedKey
	}
	var jwk jose.JSONWebKey
	// The library's words could quote the set, so they are dropped.
	if jwk.UnmarshalJSON(encoded) != nil || !jwk.Valid() || !jwk.IsPublic() {
		return publicKey{}, false, errMalformedKey
	}
	if key, ok := jwk.Key.(*rsa.PublicKey); ok && (key.E%2 == 0 || key.N.Bit(0) == 0) {
		return publicKey{}, false, errMalformedKey
	}
	k.key, k.certificate = jwk.Key, certificateOf(members, jwk.Key)
	return k, fitsSome(k.key), nil
}

// ourKind reports whether the key's type, and its curve or size if it has one, is one of ours. Of another nothing
// more is read.
func ourKind(members map[string]any) bool {
	switch members["kty"] {
	case "RSA":
		n, _ := members["n"].(string)
		return len(n) <= base64.RawURLEncoding.EncodedLen(rsaMaxBits/8)
	case "EC":
		return members["crv"] == "P-256" || members["crv"] == "P-384" || members["crv"] == "P-521"
	case "OKP":
		return members["crv"] == "Ed25519"
	}
	return false
}

// readPurpose reads what a key is called and what it is for (RFC 7517 sections 4.2 to 4.5).
func readPurpose(members map[string]any) (publicKey, error) {
	k := publicKey{}
	for name, into := range map[string]*string{"kid": &k.kid, "alg": &k.alg, "use": &k.use} {
		value, there := members[name]
		text, ok := value.(string)
		if there && !ok {
			return publicKey{}, errMalformedKey
		}
		*into = text
	}
	k.alg = oneName(k.alg)
	value, there := members["key_ops"]
	if !there {
		return k, nil
	}
	k.stated = true
	list, ok := value.([]any)
	if !ok {
		return publicKey{}, errMalformedKey
	}
	for _, value := range list {
		op, ok := value.(string)
		if !ok {
			return publicKey{}, errMalformedKey
		}
		k.ops = append(k.ops, op)
	}
	return k, nil
}

// verifies reports whether the key may verify what alg signed.
func (k publicKey) verifies(alg string) bool {
	return fits(alg, k.key) &&
		(k.alg == "" || k.alg == alg) &&
		(k.use == "" || k.use == "sig") &&
		(!k.stated || slices.Contains(k.ops, "verify"))
}

// fitsSome reports whether there is an algorithm of ours that the key may be used with.
func fitsSome(key any) bool {
	return slices.ContainsFunc(SigningAlgs, func(alg string) bool { return fits(alg, key) })
}
