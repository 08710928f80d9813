package guard

import (
	"errors"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/seed-5b16f944/gatehouse/caddymodule/setting"
)

func init() {
	httpcaddyfile.RegisterHandlerDirective("openid_guard", parseCaddyfile)
	// After rewrites, so that the path that is judged is the path that is passed on, and before
	// everything that answers.
	httpcaddyfile.RegisterDirectiveOrder("openid_guard", httpcaddyfile.Before, "basic_auth")
}

func parseCaddyfile(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	g := new(Guard)
	return g, g.UnmarshalCaddyfile(h.Dispenser)
}

// UnmarshalCaddyfile reads the directive and reports all its faults together. Syntax:
//
//	openid_guard [<matcher>] [<provider>] {
//	    audience       <uri>
//	    name           <name>
//	    scopes         <scope...>
//	    require        acr <value...>
//	    require        [<method>] <path> [<scope...>] {
//	        acr     <value...>
//	        max_age <duration>
//	    }
//	    max_age        <duration>
//	    describe       <scope> <text>
//	    default_scopes <scope...>
//	    token          jwt|opaque
//	    clients        any|<client_id...>
//	    public         <path...>
//	    preflight
//	    header         <name> <source>
//	    realm          <realm>
//	    forward_token
//	    upstream_token jwt { ... }
//	    streams        close|keep
//	    issuer         <url> { ... }
//	    introspect     <url> { ... }
//	    outbound       { ... }
//	    dpop           accept|require|off
//	    dpop_nonce
//	    mtls           accept|require|off
//	    origins        <origin...>
//	    browser        [<url>]
//	    allow          user <name...>
//	    allow          claim <name> <value...>
//	    allow          client <client_id...>
//	}
func (g *Guard) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the directive's name
	var faults []error
	if d.NextArg() {
		g.Provider = d.Val()
	}
	if d.NextArg() {
		faults = append(faults, d.Errf("openid_guard takes one provider name, not also %q", d.Val()))
		d.RemainingArgs()
	}
	var seen []string
	for d.NextBlock(0) {
		word := d.Val()
		if slices.Contains(seen, word) && !repeatable(word) {
			faults = append(faults, d.Errf("%s stands twice in one openid_guard", word))
		}
		seen = append(seen, word)
		faults = append(faults, g.unmarshalWord(d, word)...)
	}
	return errors.Join(faults...)
}

// vocabulary is every word of the block, for whoever mistyped one.
var vocabulary = strings.Fields("allow audience browser clients default_scopes describe dpop dpop_nonce forward_token header introspect issuer max_age mtls " +
	"name origins outbound preflight public realm require scopes streams token upstream_token")

// repeatable reports the words that may stand on several lines.
func repeatable(word string) bool {
	return slices.Contains([]string{"scopes", "require", "default_scopes", "public", "header", "describe", "allow", "origins", "issuer", "introspect"}, word)
}

// unmarshalWord reads one line of the block.
func (g *Guard) unmarshalWord(d *caddyfile.Dispenser, word string) (faults []error) {
	if faults, known := g.unmarshalSource(d, word); known {
		return faults
	}
	atLeast, atMost := 1, 1
	switch word {
	case "require":
		return g.unmarshalRequire(d)
	case "upstream_token":
		return g.unmarshalUpstreamToken(d)
	case "audience", "token", "realm", "streams", "max_age", "name", "dpop", "mtls":
	case "scopes", "default_scopes", "clients", "public", "origins", "allow":
		atMost = -1
	case "browser":
		atLeast = 0
	case "header", "describe":
		atLeast, atMost = 2, 2
	case "preflight", "forward_token", "dpop_nonce":
		atLeast, atMost = 0, 0
	default:
		faults = append(faults, d.Err(setting.Unknown(word, "openid_guard", vocabulary)))
		skipBlock(d)
		return faults
	}
	fault := d.ArgErr() // made here, where it names the word's own line
	args := d.RemainingArgs()
	if skipBlock(d) || len(args) < atLeast || atMost >= 0 && len(args) > atMost {
		return append(faults, fault)
	}
	switch word {
	case "audience":
		g.Audience = args[0]
	case "name":
		g.Name = args[0]
	case "token":
		g.Token = args[0]
	case "realm":
		g.Realm = args[0]
	case "streams":
		g.Streams = args[0]
	case "scopes":
		g.Scopes = append(g.Scopes, args...)
	case "max_age":
		age, err := readMaxAge(d, args[0])
		if err != nil {
			return append(faults, err)
		}
		g.MaxAge = age
	case "default_scopes":
		g.DefaultScopes = append(g.DefaultScopes, args...)
	case "public":
		g.Public = append(g.Public, args...)
	case "clients":
		if g.AnyClient = len(args) == 1 && args[0] == "any"; !g.AnyClient {
			g.Clients = args
		}
	case "header":
		return put(d, &g.Headers, word, args)
	case "describe":
		return put(d, &g.Descriptions, word, args)
	case "browser":
		g.Browser = true
		if len(args) > 0 {
			g.Site = args[0]
		}
	case "allow":
		rule, err := parseAllow(args)
		if err != nil {
			return append(faults, d.WrapErr(err))
		}
		g.Allow = append(g.Allow, rule)
	case "preflight":
		g.Preflight = true
	case "forward_token":
		g.ForwardToken = true
	case "dpop":
		g.DPoP = args[0]
	case "mtls":
		g.MTLS = args[0]
	case "dpop_nonce":
		g.DPoPNonce = true
	case "origins":
		g.Origins = append(g.Origins, args...)
	}
	return faults
}

// put keeps the second word of a line under the first.
func put(d *caddyfile.Dispenser, to *map[string]string, word string, args []string) []error {
	if _, ok := (*to)[args[0]]; ok {
		return []error{d.Errf("%s %s stands twice in one openid_guard", word, args[0])}
	}
	if *to == nil {
		*to = map[string]string{}
	}
	(*to)[args[0]] = args[1]
	return nil
}

// skipBlock passes over what is left of a word, nested blocks included, and reports whether there was a
// block. It lets one report name every fault.
func skipBlock(d *caddyfile.Dispenser) bool {
	d.RemainingArgs()
	found := false
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		found = true
		d.RemainingArgs()
	}
	return found
}

// Interface guard
var _ caddyfile.Unmarshaler = (*Guard)(nil)
