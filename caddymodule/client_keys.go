package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/caddymodule/setting"
)

// maxKeySet bounds the file of a client's keys, in bytes.
const maxKeySet = 64 << 10

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
	path, err := setting.ResolvePath(c.JWKSFile)
	switch {
	case err != nil:
		return nil, err
	case strings.HasPrefix(strings.TrimSpace(path), "{"): // {file.…} gives what is in the file
		return json.RawMessage(path), nil
	}
	text, err := readKeySet(path)
	if err != nil && path != c.JWKSFile {
		// What a placeholder stands for may be a private key that somebody took for the public one.
		return nil, fmt.Errorf("%s is neither a JWK Set nor the name of a file that holds one", c.JWKSFile)
	}
	return text, err
}

// readKeySet reads a file of keys.
func readKeySet(path string) (json.RawMessage, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxKeySet+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxKeySet:
		return nil, errors.New("the file is larger than 64 KiB")
	case len(text) == 0:
		return nil, errors.New("the file is empty")
	}
	return text, nil
}
