package guard

import (
	"slices"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/caddymodule/setting"
)

// unmarshalSource reads one line of the block that says who answers for tokens, with the block below it; known is
// false for any other word. Syntax:
//
//	issuer <url> {
//	    algs     <alg...>
//	    typ      at+jwt|JWT...
//	    jwks_uri <url>
//	}
//	introspect <url> {
//	    client_id      <id>
//	    secret         <secret>
//	    key            <file>
//	    issuer         <url>
//	    signed
//	    algs           <alg...>
//	    cache          <duration>
//	    trust_audience
//	}
//	outbound {
//	    allow      <addresses|cidrs...>
//	    trust_pool <module> ...
//	}
func (g *Guard) unmarshalSource(d *caddyfile.Dispenser, word string) (faults []error, known bool) {
	switch word {
	case "issuer":
		foreign := new(Issuer)
		faults = foreign.unmarshal(segment(d))
		g.Issuers = append(g.Issuers, foreign)
	case "introspect":
		one := new(Introspection)
		faults = one.unmarshal(segment(d))
		g.Introspect = append(g.Introspect, one)
	case "outbound":
		g.Outbound = new(setting.Outbound)
		if err := g.Outbound.UnmarshalCaddyfile(segment(d)); err != nil {
			faults = append(faults, err)
		}
	default:
		return nil, false
	}
	return faults, true
}

// segment is one word of a block with all that belongs to it, begun.
func segment(d *caddyfile.Dispenser) *caddyfile.Dispenser {
	s := d.NewFromNextSegment()
	s.Next()
	return s
}

// unmarshal reads what stands behind the word issuer.
func (i *Issuer) unmarshal(d *caddyfile.Dispenser) (faults []error) {
	if !d.NextArg() {
		return append(faults, d.ArgErr())
	}
	i.Issuer = d.Val()
	if d.NextArg() {
		faults = append(faults, d.ArgErr())
		d.RemainingArgs()
	}
	return append(faults, readBlock(d, "issuer", func(word string, args []string) bool {
		switch word {
		case "algs":
			i.Algs = append(i.Algs, args...)
		case "typ":
			i.Types = append(i.Types, args...)
		case "jwks_uri":
			if len(args) == 1 {
				i.JWKSURI = args[0]
			}
			return len(args) == 1
		}
		return len(args) > 0
	}, "algs", "jwks_uri", "typ")...)
}

// readBlock reads a block whose words have no blocks of their own. read takes the arguments of one, or gives false when
// they are too many, too few or wrong; they may be secret, so no fault shows them.
func readBlock(d *caddyfile.Dispenser, block string, read func(word string, args []string) bool, words ...string) (faults []error) {
	var seen []string
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		word := d.Val()
		switch {
		case !slices.Contains(words, word):
			faults = append(faults, d.Err(setting.Unknown(word, block, words)))
			skipBlock(d)
			continue
		case slices.Contains(seen, word):
			faults = append(faults, d.Errf("%s stands twice in one %s", word, block))
		}
		seen = append(seen, word)
		fault := d.ArgErr() // made here, where it names the word's own line
		args := d.RemainingArgs()
		if skipBlock(d) || !read(word, args) {
			faults = append(faults, fault)
		}
	}
	return faults
}
