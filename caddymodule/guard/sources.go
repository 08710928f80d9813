package guard

import (
	"errors"
	"fmt"
	"slices"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op"
)

// Issuer is an authorization server elsewhere whose JWT access tokens (RFC 9068) a guard takes. Nobody is asked about
// a token: what is revoked there is refused here when it expires.
type Issuer struct {
	// The issuer identifier, to the byte. Its keys are found by its metadata (RFC 8414, OpenID Connect Discovery), when
	// the first token comes.
	Issuer string `json:"issuer"`

	// The signature algorithms of its tokens. Default: `ES256`, `PS256`, `EdDSA`, `RS256`.
	Algs []string `json:"algs,omitempty"`

	// The `typ` of its tokens: `at+jwt`, or `JWT` for servers that know no RFC 9068. Default: `at+jwt`.
	Types []string `json:"typ,omitempty"`

	// Where its keys are, if not where its metadata says.
	JWKSURI string `json:"jwks_uri,omitempty"`
}

func (i *Issuer) config() op.ForeignIssuer {
	return op.ForeignIssuer{Issuer: i.Issuer, Algs: i.Algs, Types: i.Types, JWKSURI: i.JWKSURI}
}

// makeOthers makes the sources beside the provider, and reports every fault of them with its place.
func (g *Guard) makeOthers(ctx caddy.Context, uri string) (faults []error) {
	out, faults := g.Outbound.Config(ctx)
	if g.Outbound != nil && len(g.Issuers)+len(g.Introspect) == 0 {
		faults = append(faults, errors.New("outbound: there is nobody to ask; a guard goes out for issuer and introspect alone"))
	}
	named := map[string]bool{}
	for _, foreign := range g.Issuers {
		source, err := op.NewForeignIssuer(foreign.config(), out)
		if err == nil && named[foreign.Issuer] {
			err = errors.New("stands twice")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("issuer %s: %w", foreign.Issuer, err))
		}
		named[foreign.Issuer] = true
		g.others = append(g.others, op.IssuedBy{Source: source, Issuer: foreign.Issuer, OnlyJWT: true})
	}
	return append(faults, g.makeRemotes(uri, out)...)
}

// checkWithoutProvider reports what only a provider of this process could do.
func (g *Guard) checkWithoutProvider() (faults []error) {
	for word, set := range map[string]bool{
		"default_scopes": len(g.DefaultScopes) > 0, "token": g.Token != "", "clients": g.AnyClient || len(g.Clients) > 0,
		"browser": g.Browser, "upstream_token": g.UpstreamToken != nil,
	} {
		if set {
			faults = append(faults, fmt.Errorf("%s: is for a provider of this Caddy, and the guard has none", word))
		}
	}
	return faults
}

// sources gives who answers for tokens: the provider itself when there is nobody else, so that it costs nothing that
// there could be.
func (g *Guard) sources(provider Provider) op.Source {
	if len(g.others) == 0 {
		return provider
	}
	var all []op.IssuedBy
	if provider != nil {
		all = append(all, op.IssuedBy{Source: provider, Issuer: provider.Issuer()})
	}
	if all = append(all, g.others...); len(all) == 1 {
		return all[0].Source
	}
	g.warnOfNamesakes()
	return op.NewSources(all...)
}

// warnOfNamesakes tells of headers by which people of two issuers would be one to the upstream: a sub is a name
// within its issuer (RFC 7519 section 4.1.2). So is a client_id, and what a claim is worth is for each issuer to say:
// whoever issues tokens here decides who meets such a rule.
func (g *Guard) warnOfNamesakes() {
	if name := g.namesakeHeader(); name != "" {
		g.logger.Warn("several issuers give names to people here, and two people may have the same; tell the upstream whose they are by a header from iss",
			zap.String("audience", g.audience.configured), zap.String("header", name))
	}
	for _, rule := range g.Allow {
		if rule.Claim != "" || len(rule.Clients) > 0 {
			g.logger.Warn("several issuers give claims to people and names to clients here; allow claim and allow client are met by those of each",
				zap.String("audience", g.audience.configured))
			return
		}
	}
}

// namesakeHeader is a header that names people and does not say whose, "" for none.
func (g *Guard) namesakeHeader() (personal string) {
	for name, from := range g.Headers {
		if from == "iss" {
			return ""
		}
		if !tokenSource(from) {
			personal = name
		}
	}
	return personal
}

// otherIssuers are the issuers beside the provider, as far as they are known: a client may get its token there.
func (g *Guard) otherIssuers() (issuers []string) {
	for _, other := range g.others {
		if other.Issuer != "" && !slices.Contains(issuers, other.Issuer) {
			issuers = append(issuers, other.Issuer)
		}
	}
	return issuers
}

// onlyHere reports whether all people who come sign in at the provider of this Caddy.
func (g *Guard) onlyHere() bool { return len(g.Issuers)+len(g.Introspect) == 0 }
