package keys

import (
	"errors"
	"fmt"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// ErrNoFittingKey says that a set holds no key that could have made a signature, or none to encrypt for. It may
// be out of date.
var ErrNoFittingKey = errors.New("keys: no key fits")

// JWS is a token of somebody else, verified. Its claims are the caller's to judge.
type JWS struct {
	// Alg is one of ours: EdDSA also where the header says Ed25519.
	Alg string
	// KeyID is the kid of its header, "" for none. It is what the sender says.
	KeyID string
	// Type is the typ of its header, as written.
	Type    string
	Payload []byte
}

// header is what counts of a protected header (RFC 7515 section 4.1). jku, jwk, x5u, x5c and x5t are not read
// at all: which keys are trusted is not for the token to say (RFC 8725 section 3.10).
type header struct{ alg, kid, typ string }

// readHeader reads a protected header; alg is the name that we have for it. crit is refused, whatever it names, since no extension is understood
// here (section 4.1.11).
func readHeader(text []byte) (header, bool) {
	members, err := oauth.ReadObject(text)
	if err != nil {
		return header{}, false
	}
	return headerOf(members)
}

func headerOf(members map[string]any) (header, bool) {
	if _, critical := members["crit"]; critical {
		return header{}, false
	}
	h := header{}
	for name, into := range map[string]*string{"alg": &h.alg, "kid": &h.kid, "typ": &h.typ} {
		value, there := members[name]
		text, ok := value.(string)
		if there && !ok {
			return header{}, false
		}
		*into = text
	}
	h.alg = oneName(h.alg)
	return h, h.alg != ""
}

// fullyEd25519 is the name that RFC 9864 section 2.2 gives to EdDSA with its curve. Libraries write it into what
// their callers know as EdDSA.
const fullyEd25519 = "Ed25519"

// oneName gives an algorithm of somebody else one name: we know no EdDSA but that with Ed25519.
func oneName(alg string) string {
	if alg == fullyEd25519 {
		return EdDSA
	}
	return alg
}

// open takes a token of somebody else apart. alg has to be one that the caller allows and that is one of ours.
func open(jws string, algs, ours []string) (compact, header, bool) {
	c, ok := split(jws)
	if !ok {
		return compact{}, header{}, false
	}
	h, ok := readHeader(c.header)
	if !ok || !slices.Contains(algs, h.alg) || !slices.Contains(ours, h.alg) {
		return compact{}, header{}, false
	}
	return c, h, true
}

// Verify gives a token that one of the keys has signed, with one of algs; those that are not in SigningAlgs never
// count. The keys that bear the token's kid are tried; if there are none, or it has no kid, those without kid, or
// all. A key is used only for what its type, alg, use and key_ops allow. The error is ErrNotVerified, and
// ErrNoFittingKey as well if a key was missing that other keys of the same party may be.
func (p *PublicKeys) Verify(jws string, algs []string) (JWS, error) {
	c, h, ok := open(jws, algs, SigningAlgs)
	if !ok {
		return JWS{}, ErrNotVerified
	}
	candidates, named := p.named(h)
	for _, k := range candidates {
		if verify(h.alg, k.key, []byte(c.input), c.signature) {
			return JWS{Alg: h.alg, KeyID: h.kid, Type: h.typ, Payload: c.payload}, nil
		}
	}
	if named {
		return JWS{}, ErrNotVerified
	}
	return JWS{}, fmt.Errorf("%w: %w", ErrNotVerified, ErrNoFittingKey)
}

// Verifies reports whether Verify has a key for one of algs.
func (p *PublicKeys) Verifies(algs ...string) bool {
	return slices.ContainsFunc(p.keys, func(k publicKey) bool { return slices.ContainsFunc(algs, k.verifies) })
}

// named are the keys that may have made a token with that header, and whether they are those it means: if they
// are not, another version of the set may have better ones.
func (p *PublicKeys) named(h header) (candidates []publicKey, named bool) {
	var bearing, nameless, all []publicKey
	for _, k := range p.keys {
		if !k.verifies(h.alg) {
			continue
		}
		all = append(all, k)
		switch k.kid {
		case h.kid:
			bearing = append(bearing, k)
		case "":
			nameless = append(nameless, k)
		}
	}
	switch {
	case h.kid == "":
		return all, false
	case len(bearing) > 0:
		return bearing, true
	}
	return nameless, false
}

// Peek gives the algorithm and payload of a JWS that nobody has verified, for choosing whose keys to verify it
// with and nothing else. ErrNotVerified if it is not one, or is without a signature.
func Peek(jws string) (alg string, payload []byte, err error) {
	c, ok := split(jws)
	if !ok {
		return "", nil, ErrNotVerified
	}
	h, ok := readHeader(c.header)
	if !ok {
		return "", nil, ErrNotVerified
	}
	return h.alg, c.payload, nil
}
