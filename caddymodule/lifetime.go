package caddymodule

import (
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/op"
)

// Lifetime says how long what a provider issues lives.
type Lifetime struct {
	// How long an authorization code may wait for its exchange. Default: 1m.
	Code caddy.Duration `json:"code,omitempty"`

	// How long an access token lives. Default: 1h.
	AccessToken caddy.Duration `json:"access_token,omitempty"`

	// How long an ID token is valid. Default: 10m.
	IDToken caddy.Duration `json:"id_token,omitempty"`

	// How long a refresh token may stay unused; every rotation begins anew. Default: 24h.
	RefreshToken caddy.Duration `json:"refresh_token,omitempty"`

	// How long a client that lost the answer may show a spent refresh token again. Default: 30s.
	RefreshGrace caddy.Duration `json:"refresh_grace,omitempty"`

	// The longest that refreshing can go on. Default: 30d.
	Grant caddy.Duration `json:"grant,omitempty"`

	// The longest that a browser stays signed in. Default: 7d.
	Session caddy.Duration `json:"session,omitempty"`

	// How long a signed-in browser may be silent. Default: 12h.
	SessionIdle caddy.Duration `json:"session_idle,omitempty"`

	// How long a login or consent page may stay open. Default: 30m.
	Interaction caddy.Duration `json:"interaction,omitempty"`

	// How long a remembered consent lasts without being used. Default: 365d.
	Consent caddy.Duration `json:"consent,omitempty"`
}

// UnmarshalCaddyfile reads the lifetimes of a provider. Syntax:
//
//	lifetime {
//		code          <duration>
//		access_token  <duration>
//		id_token      <duration>
//		refresh_token <duration>
//		refresh_grace <duration>
//		grant         <duration>
//		session       <duration>
//		session_idle  <duration>
//		interaction   <duration>
//		consent       <duration>
//	}
func (l *Lifetime) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	return readBlock(d, "lifetime", words{
		"code":          duration(&l.Code),
		"access_token":  duration(&l.AccessToken),
		"id_token":      duration(&l.IDToken),
		"refresh_token": duration(&l.RefreshToken),
		"refresh_grace": duration(&l.RefreshGrace),
		"grant":         duration(&l.Grant),
		"session":       duration(&l.Session),
		"session_idle":  duration(&l.SessionIdle),
		"interaction":   duration(&l.Interaction),
		"consent":       duration(&l.Consent),
	})
}

// config translates the lifetimes; what is not configured stays zero, which is op's default.
func (l *Lifetime) config() op.Lifetimes {
	if l == nil {
		return op.Lifetimes{}
	}
	return op.Lifetimes{
		Code:         time.Duration(l.Code),
		AccessToken:  time.Duration(l.AccessToken),
		IDToken:      time.Duration(l.IDToken),
		RefreshToken: time.Duration(l.RefreshToken),
		RefreshGrace: time.Duration(l.RefreshGrace),
		Grant:        time.Duration(l.Grant),
		Session:      time.Duration(l.Session),
		SessionIdle:  time.Duration(l.SessionIdle),
		Interaction:  time.Duration(l.Interaction),
		Consent:      time.Duration(l.Consent),
	}
}

// Interface guards
var _ caddyfile.Unmarshaler = (*Lifetime)(nil)
