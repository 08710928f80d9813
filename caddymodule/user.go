package caddymodule

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/op/user"
)

// User is a person who can sign in.
type User struct {
	// The name the person signs in with.
	Name string `json:"name"`

	// The hash of the password, as `caddy hash-password` writes it (argon2id or bcrypt). Placeholders are not
	// replaced in it.
	Password string `json:"password,omitempty"`

	// The subject identifier that clients see. Default: one derived from the name and a key in the store.
	Sub string `json:"sub,omitempty"`

	// What is known about the person, by claim name (OpenID Connect Core 1.0 section 5.1). Clients see a
	// claim if a granted scope releases it.
	Claims map[string]any `json:"claims,omitempty"`

	// If true, the person cannot sign in and every token issued for them is dead.
	Disabled bool `json:"disabled,omitempty"`
}

// UnmarshalCaddyfile reads a user. Syntax:
//
//	user <name> {
//		password <hash>
//		sub      <sub>
//		claim    <name> <values...>
//		claim    <name> {
//			<member> <values...>
//		}
//		disabled
//	}
//
// One value makes a string, several make a list, a block makes an object. The claims whose names end in
// _verified are true or false, updated_at is a number.
func (u *User) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	if !d.NextArg() {
		return d.ArgErr()
	}
	u.Name = d.Val()
	if d.NextArg() {
		return d.ArgErr()
	}
	u.Claims = make(map[string]any)
	return readBlock(d, "user "+u.Name, words{
		"password": text(&u.Password),
		"sub":      text(&u.Sub),
		"claim":    {many: true, read: func(d *caddyfile.Dispenser) error { return readClaim(d, u.Claims) }},
		"disabled": flag(&u.Disabled),
	})
}

// readClaim reads one claim into claims.
func readClaim(d *caddyfile.Dispenser, claims map[string]any) error {
	if !d.NextArg() {
		return d.ArgErr()
	}
	name := d.Val()
	if _, twice := claims[name]; twice {
		return d.Errf("claim '%s' stands twice", name)
	}
	if values := d.RemainingArgs(); len(values) > 0 {
		value, err := claimValue(name, values)
		if err != nil {
			return d.Errf("claim '%s': %v", name, err)
		}
		claims[name] = value
		return checkEnd(d)
	}
	object := make(map[string]any)
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		segment := d.NewFromNextSegment()
		segment.Next()
		member, values := segment.Val(), segment.RemainingArgs()
		if _, twice := object[member]; twice || len(values) == 0 {
			return segment.Errf("claim '%s': '%s' takes its values once", name, member)
		}
		object[member], _ = claimValue("", values)
		if err := checkEnd(segment); err != nil {
			return err
		}
	}
	if len(object) == 0 {
		return d.Errf("claim '%s' has no value", name)
	}
	claims[name] = object
	return nil
}

// claimValue gives the words of a claim the JSON type that OpenID Connect Core 1.0 section 5.1 asks for.
func claimValue(name string, values []string) (any, error) {
	switch {
	case len(values) > 1:
		return values, nil
	case strings.HasSuffix(name, "_verified"):
		if values[0] != "true" && values[0] != "false" {
			return nil, errors.New("must be true or false")
		}
		return values[0] == "true", nil
	case name == "updated_at":
		seconds, err := strconv.ParseInt(values[0], 10, 64)
		if err != nil {
			return nil, errors.New("must be a number of seconds since 1970")
		}
		return seconds, nil
	}
	return values[0], nil
}

// config translates the user. Its faults are found where those of the users file are.
func (u *User) config() *user.User {
	account, err := user.Canonical(u.Name)
	if err != nil {
		account = u.Name // the check of the configuration names the fault
	}
	return &user.User{
		Account:      account,
		Name:         u.Name,
		PasswordHash: u.Password,
		Sub:          u.Sub,
		Claims:       maps.Clone(u.Claims),
		Disabled:     u.Disabled,
	}
}

// readUsers reads a `users` line, which names a file. Syntax:
//
//	users file <path>
func readUsers(to *string) word {
	return word{read: func(d *caddyfile.Dispenser) error {
		args := d.RemainingArgs()
		if len(args) == 0 {
			return d.ArgErr()
		}
		if args[0] != "file" {
			return d.Errf("users takes 'file <path>', not '%s'", args[0])
		}
		if len(args) != 2 {
			return d.ArgErr()
		}
		*to = args[1]
		return checkEnd(d)
	}}
}

// names lists the keys of m in order, for messages.
func names[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}

// Interface guards
var _ caddyfile.Unmarshaler = (*User)(nil)
