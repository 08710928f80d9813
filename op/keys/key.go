package keys

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// errBadKey says that a stored key is not what it claims to be. The store was altered: nothing is signed with it.
var errBadKey = errors.New("keys: a stored signing key is not consistent")

// signingKey is one key of the ring, taken apart once so that signing and verifying parse nothing.
type signingKey struct {
	life
	kid, alg string
	public   crypto.PublicKey
	private  crypto.Signer // nil once erased
	// header is the beginning of every protected header made with the key, up to typ.
	header string
	// version is that of the record, 0 for a key that is not stored yet.
	version int64
}

// keyDocument is a signingKey at rest.
type keyDocument struct {
	life
	Alg string          `json:"alg"`
	Key json.RawMessage `json:"key"` // RFC 7517, the private part too while there is one
}

// newKey makes a key for alg.
func newKey(alg string, l life) (*signingKey, error) {
	private, err := generate(alg)
	if err != nil {
		return nil, fmt.Errorf("keys: make a signing key: %w", err)
	}
	return assemble(alg, private.Public(), private, l)
}

// assemble names the key by its RFC 7638 thumbprint, so that no two keys share a kid and none is ever used again.
func assemble(alg string, public crypto.PublicKey, private crypto.Signer, l life) (*signingKey, error) {
	if !fits(alg, public) {
		return nil, fmt.Errorf("%w: it does not fit its algorithm", errBadKey)
	}
	thumbprint, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("keys: thumbprint: %w", err)
	}
	kid := base64.RawURLEncoding.EncodeToString(thumbprint)
	header := `{"alg":"` + alg + `","kid":"` + kid + `"`
	return &signingKey{life: l, kid: kid, alg: alg, public: public, private: private, header: header}, nil
}

// protected is the protected header of a token of that typ. Members stand in the order in which any JSON
// library sorts them. The typ is a constant of ours and needs no escape.
func (k *signingKey) protected(typ string) string {
	if typ == "" {
		return k.header + "}"
	}
	return k.header + `,"typ":"` + typ + `"}`
}

// jws signs claims as a token of that typ (none for ""). The key must have its private part.
func (k *signingKey) jws(typ string, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("keys: encode claims: %w", err)
	}
	input := join(k.protected(typ), payload)
	signature, err := sign(k.alg, k.private, input)
	if err != nil {
		return "", fmt.Errorf("keys: sign: %w", err)
	}
	token := base64.RawURLEncoding.AppendEncode(append(input, '.'), signature)
	if len(token) > MaxJWS {
		return "", fmt.Errorf("%w: %d bytes", ErrTooLarge, len(token))
	}
	return string(token), nil
}

// jwk is the public key as the JWKS shows it (RFC 7517 section 4).
func (k *signingKey) jwk() jose.JSONWebKey {
	return jose.JSONWebKey{Key: k.public, KeyID: k.kid, Algorithm: k.alg, Use: "sig"}
}

// record is the key at rest, at the version that was read.
func (k *signingKey) record(r rest) (store.Record, error) {
	jwk := k.jwk()
	if k.private != nil {
		jwk.Key = k.private
	}
	encoded, err := jwk.MarshalJSON()
	if err != nil {
		return store.Record{}, fmt.Errorf("keys: encode a signing key: %w", err)
	}
	body, err := r.body(store.Keys, k.kid, keyDocument{life: k.life, Alg: k.alg, Key: encoded})
	if err != nil {
		return store.Record{}, err
	}
	record := store.Record{Kind: store.Keys, Key: k.kid, Version: k.version, Body: body}
	if k.private == nil {
		record.ExpiresAt = k.forgotten()
	}
	return record, nil
}

// readKey is the inverse of record. Everything is checked against the kid, so that no record can stand in for
// another.
func readKey(record store.Record, r rest) (*signingKey, error) {
	var doc keyDocument
	if err := r.read(record, &doc); err != nil {
		return nil, err
	}
	var jwk jose.JSONWebKey
	if err := jwk.UnmarshalJSON(doc.Key); err != nil {
		return nil, fmt.Errorf("%w: %w", errBadKey, err)
	}
	public, private := jwk.Key, crypto.Signer(nil)
	if signer, ok := jwk.Key.(crypto.Signer); ok {
		public, private = signer.Public(), signer
	}
	k, err := assemble(doc.Alg, public, private, doc.life)
	if err != nil {
		return nil, err
	}
	if k.kid != record.Key || jwk.KeyID != record.Key || jwk.Algorithm != doc.Alg {
		return nil, fmt.Errorf("%w: it is stored under another name", errBadKey)
	}
	k.version = record.Version
	return k, nil
}
