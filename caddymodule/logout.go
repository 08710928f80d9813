package caddymodule

import (
	"fmt"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/op"
)

// endOffline is the only value of Logout.End.
const endOffline = "offline"

// Logout says what signing out ends.
type Logout struct {
	// What ends with a session beside its own tokens: `offline` for those of `offline_access` too. Default: nothing,
	// they go on.
	End string `json:"end,omitempty"`
}

// UnmarshalCaddyfile reads what signing out ends. Syntax:
//
//	logout {
//		end offline
//	}
func (l *Logout) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	return readBlock(d, "logout", words{
		"end": oneOf(&l.End, endOffline),
	})
}

// config translates what signing out ends. A policy that was not understood must not be lost without a word.
func (l *Logout) config() (op.Logout, error) {
	if l == nil {
		return op.Logout{}, nil
	}
	if l.End != "" && l.End != endOffline {
		return op.Logout{}, fmt.Errorf("logout: end: unknown value %q", l.End)
	}
	return op.Logout{EndOffline: l.End == endOffline}, nil
}

// Interface guards
var _ caddyfile.Unmarshaler = (*Logout)(nil)
