package keys

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// rootKey is the key of the one record of kind Secrets.
const rootKey = "root"

// sealIDBytes is the length of the key id inside a sealed text.
const sealIDBytes = 6

// Secrets are what must stay the same over restarts and on all nodes: the key behind subject identifiers and
// the one under which what a browser carries for us is sealed.
type Secrets struct {
	rest rest
	root []byte
	// sealID tells texts of this store from those of another before any cipher runs.
	sealID []byte
}

type rootDocument struct {
	Root []byte `json:"root"`
}

// OpenSecrets reads the secrets of a store, and makes them on first use. kek seals them at rest: at least 32
// bytes, or nil for a store that is protected by its file mode alone. The error is ErrEncryptionKey if kek
// does not fit, otherwise the store's.
func OpenSecrets(ctx context.Context, s store.Store, kek []byte) (*Secrets, error) {
	r, err := newRest(kek)
	if err != nil {
		return nil, err
	}
	record, err := s.Get(ctx, store.Secrets, rootKey)
	if errors.Is(err, store.ErrNotFound) {
		if err = createRoot(ctx, s, r); err != nil {
			return nil, err
		}
		record, err = s.Get(ctx, store.Secrets, rootKey)
	}
	if err != nil {
		return nil, fmt.Errorf("keys: read secrets: %w", err)
	}
	var doc rootDocument
	if err := r.read(record, &doc); err != nil {
		return nil, err
	}
	return newSecrets(r, doc.Root)
}

// createRoot stores a new root secret. Losing to another node is fine: the winner's is read back.
func createRoot(ctx context.Context, s store.Store, r rest) error {
	root := make([]byte, secretBytes)
	rand.Read(root)
	body, err := r.body(store.Secrets, rootKey, rootDocument{Root: root})
	if err != nil {
		return err
	}
	err = s.Commit(ctx, store.Creating(store.Record{Kind: store.Secrets, Key: rootKey, Body: body}))
	if err != nil && !errors.Is(err, store.ErrExists) {
		return fmt.Errorf("keys: store secrets: %w", err)
	}
	return nil
}

// PassingSecrets are secrets that no store keeps: what is made under them is worth nothing to another process.
func PassingSecrets() *Secrets {
	root := make([]byte, secretBytes)
	rand.Read(root)
	return fromRoot(rest{}, root)
}

func newSecrets(r rest, root []byte) (*Secrets, error) {
	if len(root) != secretBytes {
		return nil, fmt.Errorf("keys: the root secret has %d bytes, not %d", len(root), secretBytes)
	}
	return fromRoot(r, root), nil
}

func fromRoot(r rest, root []byte) *Secrets {
	return &Secrets{rest: r, root: root, sealID: derive(root, "seal id")[:sealIDBytes]}
}

// MAC is the base64url HMAC-SHA256 of parts under the key of that purpose. It is the same for ever: subject
// identifiers are made with it (OpenID Connect Core section 8.1). Every part is prefixed with its length, so
// that no two lists of parts read alike.
func (s *Secrets) MAC(purpose string, parts ...string) string {
	mac := hmac.New(sha256.New, derive(s.root, "mac "+purpose))
	var size [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		mac.Write(size[:])
		mac.Write([]byte(part))
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Seal encrypts and authenticates plain for one purpose, as base64url. Opening needs the same purpose and
// associated data. Two seals of one text never look alike.
func (s *Secrets) Seal(purpose string, plain, associated []byte) string {
	sealed := seal(aeadFor(s.root, "seal "+purpose), plain, associated)
	return base64.RawURLEncoding.EncodeToString(slices.Concat(s.sealID, sealed))
}

// Open gives back what Seal took. ErrNotSealed for anything that is not authentic.
func (s *Secrets) Open(purpose, sealed string, associated []byte) ([]byte, error) {
	raw, ok := decode64(sealed)
	if !ok || len(raw) < sealIDBytes || !hmac.Equal(raw[:sealIDBytes], s.sealID) {
		return nil, ErrNotSealed
	}
	return unseal(aeadFor(s.root, "seal "+purpose), raw[sealIDBytes:], associated)
}
