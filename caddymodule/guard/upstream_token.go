package guard

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/op"
)

// upstreamJWT is the one format of a token for the upstream.
const upstreamJWT = "jwt"

// authorizationHeader is where a token for the upstream stands unless it is said otherwise.
const authorizationHeader = "Authorization"

// UpstreamToken is what a guard tells its upstream in a token of its own: a JWT that the provider has signed, with its
// `typ` as `upstream+jwt`, whatever the caller came with. It says `iss` (the provider), `aud`, `sub`, `client_id`,
// `scope`, `acr`, `amr`, `auth_time`, `iat`, `exp` and `jti`, as far as they are known, and the claims of the person
// that the guard's headers tell.
type UpstreamToken struct {
	// The format: `jwt`, which is the only one. Default: `jwt`.
	Format string `json:"format,omitempty"`

	// Who the token is for: an absolute URI. Default: the audience of the guard. `{env.*}` and `{file.*}` placeholders
	// are replaced once, when the guard is provisioned.
	Audience string `json:"audience,omitempty"`

	// The header it comes in. In `Authorization` it stands behind `Bearer`, in any other by itself. Default:
	// `Authorization`.
	Header string `json:"header,omitempty"`

	// How long one lives; each is used for several requests, as long as half of that. Default: 1m.
	Lifetime caddy.Duration `json:"lifetime,omitempty"`

	// More claims of the person: `username`, `account`, or any.
	Claims []string `json:"claims,omitempty"`
}

// unmarshalUpstreamToken reads one line of the guard's block with the block below it. Syntax:
//
//	upstream_token jwt {
//	    audience <uri>
//	    header   <name>
//	    lifetime <duration>
//	    claims   <claim...>
//	}
func (g *Guard) unmarshalUpstreamToken(d *caddyfile.Dispenser) (faults []error) {
	d = segment(d)
	told := new(UpstreamToken)
	g.UpstreamToken = told
	if !d.AllArgs(&told.Format) {
		faults = append(faults, d.ArgErr())
		d.RemainingArgs()
	}
	return append(faults, readBlock(d, "upstream_token", func(word string, args []string) bool {
		if word == "claims" {
			told.Claims = append(told.Claims, args...)
			return len(args) > 0
		}
		if len(args) != 1 {
			return false
		}
		switch word {
		case "audience":
			told.Audience = args[0]
		case "header":
			told.Header = args[0]
		case "lifetime":
			life, err := caddy.ParseDuration(args[0])
			told.Lifetime = caddy.Duration(life)
			return err == nil && life > 0
		}
		return true
	}, "audience", "claims", "header", "lifetime")...)
}

// upstreamHeader is the canonical name of the header that a token for the upstream comes in, "" if there is none.
func (g *Guard) upstreamHeader() string {
	if g.UpstreamToken == nil {
		return ""
	}
	return http.CanonicalHeaderKey(cmp.Or(g.UpstreamToken.Header, authorizationHeader))
}

// upstreamWish is what the provider is asked to make for a guard of that audience. What its headers tell of a person
// its token tells as well.
func (g *Guard) upstreamWish(uri string) (op.UpstreamWish, error) {
	told := g.UpstreamToken
	audience, err := caddy.NewReplacer().ReplaceOrErr(cmp.Or(told.Audience, uri), true, true)
	w := op.UpstreamWish{
		Audience: audience, Life: cmp.Or(time.Duration(told.Lifetime), op.DefaultUpstreamLife), Claims: slices.Clone(told.Claims),
	}
	for _, name := range slices.Sorted(maps.Keys(g.Headers)) {
		if from := g.Headers[name]; op.TellsUpstream(from) && !slices.Contains(w.Claims, from) {
			w.Claims = append(w.Claims, from)
		}
	}
	return w, err
}

// checkUpstreamToken reports every fault of the word, for a guard of that audience.
func (g *Guard) checkUpstreamToken(uri string) (faults []error) {
	told := g.UpstreamToken
	if told == nil {
		return nil
	}
	fault := func(err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("upstream_token: %w", err))
		}
	}
	if told.Format != "" && told.Format != upstreamJWT {
		fault(fmt.Errorf("%q is not a format; there is %s", told.Format, upstreamJWT))
	}
	fault(g.checkUpstreamHeader())
	wish, err := g.upstreamWish(uri)
	if err != nil {
		fault(fmt.Errorf("audience: %w", err))
	} else if told.Audience != "" {
		if _, err := checkAudience(wish.Audience); err != nil {
			fault(fmt.Errorf("audience: %w", err))
		}
	}
	wish.Audience = "urn:judged" // above, or as the audience of the guard
	for _, err := range wish.Check() {
		fault(err)
	}
	for _, name := range told.Claims {
		if internalClaim(name) || !isClaimName(name) {
			fault(fmt.Errorf("claims: %q is not the name of a claim of a person", name))
		}
	}
	for _, one := range g.Introspect {
		if one.Issuer == "" {
			fault(fmt.Errorf("introspect %s: needs issuer; whose people and clients it tells of would not be known", one.Endpoint))
		}
	}
	return faults
}

func (g *Guard) checkUpstreamHeader() error {
	name := g.upstreamHeader()
	if name == authorizationHeader {
		if g.ForwardToken {
			return errors.New("takes the place of the caller's Authorization header, which forward_token passes on; name another header")
		}
		return nil
	}
	if err := checkHeaderName(name); err != nil {
		return fmt.Errorf("header %s: %w", name, err)
	}
	for _, other := range slices.Sorted(maps.Keys(g.Headers)) {
		if foldName(other) == foldName(name) {
			return fmt.Errorf("header %s: is that of header %s", name, other)
		}
	}
	return nil
}
