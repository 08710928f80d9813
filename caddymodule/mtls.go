package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/op"
)

// MTLS lets clients prove themselves, and bind their tokens, by TLS certificates (RFC 8705). The sites of the
// provider have to ask for them, by Caddy's own `tls { client_auth … }`.
type MTLS struct {
	// Another origin at which the token, userinfo, introspection and revocation endpoints are reached, so that browsers, which
	// go to the issuer, are not asked for a certificate. Its site needs the handler too. Default: the issuer's alone.
	Origin string `json:"origin,omitempty"`
}

// UnmarshalCaddyfile reads the word. Syntax:
//
//	mtls [<origin>]
func (m *MTLS) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		m.Origin = d.Val()
	}
	return checkEnd(d)
}

func (m *MTLS) config() op.MTLS {
	if m == nil {
		return op.MTLS{}
	}
	return op.MTLS{On: true, Origin: m.Origin}
}

// Interface guards
var _ caddyfile.Unmarshaler = (*MTLS)(nil)
