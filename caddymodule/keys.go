package caddymodule

import (
	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// Keys configures the signing keys of a provider. Keys are made on first use and rotated on schedule: the
// next one is published before it signs and the last one stays published until nothing it signed can be
// alive.
type Keys struct {
	// The algorithms to keep keys for: `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`, `ES256`, `ES384`,
	// `ES512`, `EdDSA`. Default: `ES256` and `RS256`, the algorithm every OpenID Provider must be able to sign
	// ID tokens with.
	Algs []string `json:"algs,omitempty"`

	// How long a key signs before the next one takes over.
	RotateEvery caddy.Duration `json:"rotate_every,omitempty"`

	// The key that seals private keys and other secrets in the store: 32 bytes in base64 or hexadecimal, best
	// as a placeholder `{file.…}` or `{env.…}`. It must stay the same as long as the store does. If empty,
	// the store's file permissions alone protect them.
	EncryptionKey Secret `json:"encryption_key,omitempty"`
}

// UnmarshalCaddyfile reads the signing keys of a provider. Syntax:
//
//	keys [<algs...>] {
//		rotate_every   <duration>
//		encryption_key <key>
//	}
func (k *Keys) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	k.Algs = append(k.Algs, d.RemainingArgs()...)
	return readBlock(d, "keys", words{
		"rotate_every":   duration(&k.RotateEvery),
		"encryption_key": secretText(&k.EncryptionKey),
	})
}

// Interface guards
var _ caddyfile.Unmarshaler = (*Keys)(nil)
