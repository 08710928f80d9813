package client

import (
	"fmt"
	"math"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Registration is a client that registered itself: what it said of itself and what it was given.
type Registration struct {
	// ID is the client_id.
	ID       string
	Metadata Metadata
	// IssuedAt is when it registered, to the second.
	IssuedAt time.Time
	// Token is the digest of the registration access token, by keys.Digest (RFC 7592 section 3).
	Token string
	// UsedAt is when somebody last granted it something, to the day or so; zero for never.
	UsedAt time.Time
	// ExpiresAt is when it is forgotten unless it is used before.
	ExpiresAt time.Time
	// Disabled ends all that hangs from the client, and its own right to change anything.
	Disabled bool

	// secret is the form of NewSecretHash, or sealed is the secret itself, for a client that makes or reads
	// HMACs with it; never both, and neither for a client without a secret.
	secret, sealed string
	version        int64
	// size is that of the record it was read from, in bytes.
	size uint32
}

// sealPurpose keeps a sealed secret from being taken for anything else that is sealed.
const sealPurpose = "client secret"

// registrationBody is a Registration at rest. What only an operator may give (introspect, consent skip) has no
// place in it, so that no stored row and no registration can bring it in.
type registrationBody struct {
	Metadata Metadata  `json:"metadata"`
	IssuedAt time.Time `json:"issued_at"`
	Token    string    `json:"registration_access_token_digest,omitempty"`
	Secret   string    `json:"secret_digest,omitempty"`
	Sealed   string    `json:"sealed_secret,omitempty"`
	UsedAt   time.Time `json:"used_at,omitzero"`
	Disabled bool      `json:"disabled,omitempty"`
}

// HasSecret reports whether the client was given a secret; kept, that it can be had back from the store.
func (r *Registration) HasSecret() (kept, has bool) { return r.sealed != "", r.sealed+r.secret != "" }

// ForgetSecret takes the client its secret.
func (r *Registration) ForgetSecret() { r.secret, r.sealed = "", "" }

// record is the registration as it is stored.
func (r *Registration) record() store.Record {
	return store.Record{
		Kind: store.Clients, Key: r.ID, Version: r.version, ExpiresAt: r.ExpiresAt, ClientID: r.ID,
		Body: store.Body(registrationBody{
			Metadata: r.Metadata, IssuedAt: r.IssuedAt, Token: r.Token, Secret: r.secret, Sealed: r.sealed,
			UsedAt: r.UsedAt, Disabled: r.Disabled,
		}),
	}
}

func fromRecord(record store.Record) (*Registration, error) {
	var body registrationBody
	if err := record.Decode(&body); err != nil {
		return nil, err
	}
	return &Registration{
		ID: record.Key, Metadata: body.Metadata, IssuedAt: body.IssuedAt, Token: body.Token, UsedAt: body.UsedAt,
		ExpiresAt: record.ExpiresAt, Disabled: body.Disabled, secret: body.Secret, sealed: body.Sealed, version: record.Version,
		size: uint32(min(len(record.Body), math.MaxInt32)),
	}, nil
}

// readSecret is the secret a client proves itself by; the zero Secret for one that has none.
func (r *Registration) readSecret(secrets *keys.Secrets) (Secret, error) {
	switch {
	case r.sealed != "" && secrets == nil:
		return Secret{}, fmt.Errorf("stored client: %w", keys.ErrNotSealed)
	case r.sealed != "":
		plain, err := secrets.Open(sealPurpose, r.sealed, []byte(r.ID))
		if err != nil {
			return Secret{}, fmt.Errorf("stored client: %w", err)
		}
		return KeptSecret(string(plain)), nil
	case r.secret != "":
		secret, err := DigestSecret(r.secret)
		if err != nil {
			return Secret{}, fmt.Errorf("stored client: %w", err)
		}
		return secret, nil
	}
	return Secret{}, nil
}
