package caddymodule

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/caddymodule/setting"
)

// keySet reads the keys of a client: a JWK Set as it is, which begins with a brace, or the file that has it.
func keySet(inline *json.RawMessage, file *string) word {
	return word{read: func(d *caddyfile.Dispenser) error {
		if !d.NextArg() {
			return d.ArgErr()
		}
		written := d.Val()
		if !strings.HasPrefix(strings.TrimSpace(written), "{") || setting.OnePlaceholder.MatchString(written) {
			*file = written
			return checkEnd(d)
		}
		if !json.Valid([]byte(written)) {
			return d.Err("jwks: is not JSON, nor the name of a file")
		}
		*inline = json.RawMessage(written)
		return checkEnd(d)
	}}
}

// keySet is the JWK Set, of wherever it is.
func (c *Client) keySet() (json.RawMessage, error) {
	if c.JWKSFile == "" {
		return c.JWKS, nil
	}
	if len(c.JWKS) > 0 {
		return nil, errors.New("excludes jwks_file")
	}
	return setting.KeyText(c.JWKSFile, "a JWK Set", "{")
}
