package guard

import (
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/caddymodule/setting"
)

// unmarshalRequire reads one line that begins with require, either form of it:
//
//	require acr <value...>
//	require [<method>] <path> [<scope...>] {
//	    acr     <value...>
//	    max_age <duration>
//	}
//
// A path begins with a slash, a method is in capitals.
func (g *Guard) unmarshalRequire(d *caddyfile.Dispenser) []error {
	fault := d.ArgErr() // made here, where it names the word's own line
	args := d.RemainingArgs()
	if len(args) > 0 && args[0] == "acr" {
		if skipBlock(d) || len(args) == 1 {
			return []error{fault}
		}
		if g.ACRValues != nil {
			return []error{d.Err("require acr stands twice in one openid_guard")}
		}
		g.ACRValues = args[1:]
		return nil
	}
	var q Requirement
	if len(args) > 0 && !strings.HasPrefix(args[0], "/") {
		q.Method, args = args[0], args[1:]
	}
	if len(args) == 0 {
		skipBlock(d)
		return []error{fault}
	}
	q.Path = args[0]
	if len(args) > 1 {
		q.Scopes = args[1:]
	}
	faults := q.unmarshalBlock(d)
	g.Require = append(g.Require, q)
	return faults
}

// unmarshalBlock reads what may follow a requirement in braces.
func (q *Requirement) unmarshalBlock(d *caddyfile.Dispenser) (faults []error) {
	var seen []string
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		word, fault := d.Val(), d.ArgErr()
		if slices.Contains(seen, word) {
			faults = append(faults, d.Errf("%s stands twice in one require", word))
		}
		seen = append(seen, word)
		args := d.RemainingArgs()
		block := skipBlock(d)
		switch word {
		case "acr":
			if block || len(args) == 0 {
				faults = append(faults, fault)
			}
			q.ACRValues = args
		case "max_age":
			if block || len(args) != 1 {
				faults = append(faults, fault)
				continue
			}
			age, err := readMaxAge(d, args[0])
			if err != nil {
				faults = append(faults, err)
			}
			q.MaxAge = age
		default:
			faults = append(faults, d.Err(setting.Unknown(word, "require", []string{"acr", "max_age"})))
		}
	}
	return faults
}

// readMaxAge reads a length of time in Caddy's spelling (90s, 12h, 30d).
func readMaxAge(d *caddyfile.Dispenser, text string) (caddy.Duration, error) {
	age, err := caddy.ParseDuration(text)
	if err != nil || age <= 0 {
		return 0, d.Errf("max_age: %q is not a length of time above zero, such as 5m, 8h or 30d", text)
	}
	return caddy.Duration(age), nil
}
