package keys

import (
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// ErrEncryptionKey says that the key-encryption key does not fit what the store holds: it is another one, it
// is missing, or the store was made without one. Nothing is ever made anew because of it.
var ErrEncryptionKey = errors.New("keys: the encryption key does not fit the store")

// minEncryptionKey is 256 bits. A shorter key is a password, and this is no password hash.
const minEncryptionKey = 32

// rest seals documents at rest. Without an encryption key (no aead) they are readable.
type rest struct{ aead cipher.AEAD }

// document is the body of a record: one of the two. The whole document is sealed, not its private part alone,
// so that whoever can write to the database but has no encryption key cannot plant a public key of theirs.
type document struct {
	Sealed []byte          `json:"sealed,omitempty"`
	Plain  json.RawMessage `json:"plain,omitempty"`
}

// newRest takes a key-encryption key of at least 32 bytes, or none.
func newRest(kek []byte) (rest, error) {
	if len(kek) == 0 {
		return rest{}, nil
	}
	if len(kek) < minEncryptionKey {
		return rest{}, fmt.Errorf("%w: it has %d bytes, at least %d are needed", ErrEncryptionKey, len(kek), minEncryptionKey)
	}
	return rest{aeadFor(kek, "store")}, nil
}

// body encodes v for the record of that kind and key; a document moved to another record does not open there.
func (r rest) body(k store.Kind, key string, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("keys: encode record of kind %s: %w", k, err)
	}
	if r.aead == nil {
		return store.Body(document{Plain: plain}), nil
	}
	return store.Body(document{Sealed: seal(r.aead, plain, place(k, key))}), nil
}

// read decodes the body of a record into v. With an encryption key a readable document is refused: it would
// be a way around the seal.
func (r rest) read(record store.Record, v any) error {
	var d document
	if err := record.Decode(&d); err != nil {
		return err
	}
	plain := []byte(d.Plain)
	switch {
	case r.aead == nil && d.Sealed != nil:
		return fmt.Errorf("%w: the store is sealed and no key was given", ErrEncryptionKey)
	case r.aead != nil && d.Sealed == nil:
		return fmt.Errorf("%w: a record of kind %s is not sealed", ErrEncryptionKey, record.Kind)
	case r.aead != nil:
		var err error
		if plain, err = unseal(r.aead, d.Sealed, place(record.Kind, record.Key)); err != nil {
			return fmt.Errorf("%w: a record of kind %s does not open", ErrEncryptionKey, record.Kind)
		}
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("keys: record of kind %s: %w", record.Kind, err)
	}
	return nil
}

// place names the record a document belongs to. A kind holds no slash, so two places never read alike.
func place(k store.Kind, key string) []byte { return []byte(string(k) + "/" + key) }
