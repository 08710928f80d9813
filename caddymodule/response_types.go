package caddymodule

import (
	"fmt"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// responseTypes reads response types, each one argument: those of several parts are quoted.
func responseTypes(to *[]string) word {
	return word{read: func(d *caddyfile.Dispenser) error {
		named := d.RemainingArgs()
		if len(named) == 0 {
			return d.ArgErr()
		}
		var err error
		if *to, err = namedResponseTypes(named); err != nil {
			return d.WrapErr(err)
		}
		return checkEnd(d)
	}}
}

// namedResponseTypes gives response types their registered spelling, whatever the order of their parts.
func namedResponseTypes(named []string) ([]string, error) {
	var known []string
	for _, name := range named {
		responseType, ok := oauth.ParseResponseType(name)
		if !ok {
			return nil, fmt.Errorf("unknown response type '%s': %s", name, strings.Join(oauth.ResponseTypes, ", "))
		}
		known = append(known, responseType)
	}
	return known, nil
}
