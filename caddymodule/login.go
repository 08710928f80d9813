package caddymodule

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/caddymodule/setting"
	"github.com/seed-5b16f944/gatehouse/op"
)

// Login says how signing in behaves and looks.
type Login struct {
	// How many wrong passwords an account may have from one network within the window. Default: 5.
	Attempts int `json:"attempts,omitempty"`

	// The time over which wrong passwords are counted. Default: 15m.
	Window caddy.Duration `json:"window,omitempty"`

	// A directory whose files replace the provider's own templates and style sheet, by name. A relative path
	// starts at the working directory. Placeholders are replaced. The files are read when the configuration
	// is loaded.
	Templates string `json:"templates,omitempty"`
}

// UnmarshalCaddyfile reads how signing in behaves. Syntax:
//
//	login {
//		throttle  <attempts> <window>
//		templates <directory>
//	}
func (l *Login) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	return readBlock(d, "login", words{
		"throttle":  {read: l.readThrottle},
		"templates": text(&l.Templates),
	})
}

func (l *Login) readThrottle(d *caddyfile.Dispenser) error {
	var attempts, window string
	if !d.AllArgs(&attempts, &window) {
		return d.ArgErr()
	}
	count, err := strconv.Atoi(attempts)
	if err != nil || count < 1 {
		return d.Errf("throttle: '%s' is not a number of attempts above zero", attempts)
	}
	length, err := caddy.ParseDuration(window)
	if err != nil || length <= 0 {
		return d.Errf("throttle: '%s' is not a length of time above zero, such as 15m, 1h or 30d", window)
	}
	l.Attempts, l.Window = count, caddy.Duration(length)
	return checkEnd(d)
}

// config translates the login; the directory of templates must exist, or a theme would be lost without a
// word.
func (l *Login) config() (op.Login, error) {
	if l == nil {
		return op.Login{}, nil
	}
	translated := op.Login{Attempts: l.Attempts, Window: time.Duration(l.Window)}
	if l.Templates == "" {
		return translated, nil
	}
	directory, err := setting.ResolvePath(l.Templates)
	if err != nil {
		return translated, fmt.Errorf("login: templates: %w", err)
	}
	info, err := os.Stat(directory)
	if err != nil {
		return translated, fmt.Errorf("login: templates: %w", err)
	}
	if !info.IsDir() {
		return translated, fmt.Errorf("login: templates: %s is not a directory", directory)
	}
	translated.Templates = os.DirFS(directory)
	return translated, nil
}

// Interface guards
var _ caddyfile.Unmarshaler = (*Login)(nil)
