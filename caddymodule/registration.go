package caddymodule

import (
	"fmt"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/caddymodule/setting"
	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/client"
)

// Registration says whether clients register themselves (OpenID Connect Dynamic Client Registration, RFC 7591)
// and how many may.
type Registration struct {
	// Who may register: nobody (`off`), whoever has the initial access token (`token`), or everybody (`open`).
	// Default: `off`. What has registered stays when registration is turned off.
	Mode string `json:"mode,omitempty"`

	// The initial access token of the mode `token`, best as a placeholder `{file.…}` or `{env.…}`.
	InitialAccessToken Secret `json:"initial_access_token,omitempty"`

	// How many registrations one network may make within the window. Default: 20.
	Quota int `json:"quota,omitempty"`

	// The time over which registrations are counted. Default: 1h.
	Window caddy.Duration `json:"window,omitempty"`

	// How many registered clients there may be in all. Default: 10000.
	Max int `json:"max,omitempty"`

	// How long a client is kept that nobody has granted anything. Default: 24h.
	UnusedFor caddy.Duration `json:"unused_for,omitempty"`
}

// UnmarshalCaddyfile reads whether clients register themselves. Syntax:
//
//	registration off
//	registration open|token <token> {
//		quota      <registrations> <window>
//		max        <clients>
//		unused_for <duration>
//	}
func (r *Registration) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	if !d.NextArg() {
		return d.ArgErr()
	}
	r.Mode = d.Val()
	args := d.RemainingArgs()
	switch r.Mode {
	case op.RegistrationOff:
		if len(args) > 0 {
			return d.ArgErr()
		}
		return checkEnd(d)
	case op.RegistrationOpen:
		if len(args) > 0 {
			return d.Err("registration: open takes no token")
		}
	case op.RegistrationToken:
		if len(args) != 1 {
			return d.Err("registration: token takes one initial access token")
		}
		r.InitialAccessToken = Secret(args[0])
	default:
		return d.Errf("unknown value '%s' of registration: off, open or token", r.Mode)
	}
	return readBlock(d, "registration", words{
		"quota":      {read: r.readQuota},
		"max":        {read: r.readMax},
		"unused_for": duration(&r.UnusedFor),
	})
}

func (r *Registration) readQuota(d *caddyfile.Dispenser) error {
	var quota, window string
	if !d.AllArgs(&quota, &window) {
		return d.ArgErr()
	}
	count, err := strconv.Atoi(quota)
	if err != nil || count < 1 {
		return d.Errf("quota: '%s' is not a number of registrations above zero", quota)
	}
	length, err := caddy.ParseDuration(window)
	if err != nil || length <= 0 {
		return d.Errf("quota: '%s' is not a length of time above zero, such as 15m, 1h or 30d", window)
	}
	r.Quota, r.Window = count, caddy.Duration(length)
	return checkEnd(d)
}

func (r *Registration) readMax(d *caddyfile.Dispenser) error {
	if !d.NextArg() {
		return d.ArgErr()
	}
	count, err := strconv.Atoi(d.Val())
	if err != nil || count < 1 {
		return d.Errf("max: '%s' is not a number of clients above zero", d.Val())
	}
	r.Max = count
	return checkEnd(d)
}

// config translates the registration and resolves the initial access token.
func (r *Registration) config() (op.Registration, error) {
	if r == nil {
		return op.Registration{}, nil
	}
	translated := op.Registration{
		Mode: r.Mode, Quota: r.Quota, Window: time.Duration(r.Window), Max: r.Max, UnusedFor: time.Duration(r.UnusedFor),
	}
	if r.InitialAccessToken == "" {
		return translated, nil
	}
	resolved, err := r.InitialAccessToken.Resolve()
	if err != nil {
		// So that the fault is not told again, as a token that is missing.
		translated.InitialAccessToken = client.PlainSecret(setting.Redacted)
		return translated, fmt.Errorf("registration: token: %w", err)
	}
	translated.InitialAccessToken = client.PlainSecret(resolved)
	return translated, nil
}

// Interface guards
var _ caddyfile.Unmarshaler = (*Registration)(nil)
