package guard

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// check returns the audience with its placeholders replaced, and every fault of the configuration, each
// with the field it is in.
func (g *Guard) check() (uri string, faults []error) {
	fault := func(field, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: %w", field, fmt.Errorf(format, args...)))
	}
	uri, err := checkAudience(g.Audience)
	if err != nil {
		fault("audience", "%w", err)
	}
	for _, err := range checkScopes(g.Scopes) {
		fault("scopes", "%w", err)
	}
	for _, err := range checkScopes(g.DefaultScopes) {
		fault("default_scopes", "%w", err)
	}
	if g.Token != "" && g.Token != "jwt" && g.Token != "opaque" {
		fault("token", "%q is neither jwt nor opaque", g.Token)
	}
	if g.Streams != "" && g.Streams != streamsClose && g.Streams != streamsKeep {
		fault("streams", "%q is neither close nor keep", g.Streams)
	}
	if g.AnyClient && len(g.Clients) > 0 {
		fault("clients", "any client and named clients exclude each other")
	}
	if slices.Contains(g.Clients, "") {
		fault("clients", "a client id is empty")
	}
	for _, pattern := range g.Public {
		if err := checkPublic(pattern); err != nil {
			fault("public "+pattern, "%w", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.Descriptions)) {
		if !g.everyScope().Union(g.DefaultScopes).Has(name) {
			fault("describe "+name, "is none of the scopes of this guard")
		}
	}
	faults = append(faults, checkSignIn(g.ACRValues, g.MaxAge, g.onlyHere())...)
	faults = append(faults, g.checkRequirements()...)
	faults = append(faults, g.checkTogether()...)
	faults = append(faults, g.checkBinding(uri)...)
	faults = append(faults, checkHeaders(g.Headers)...)
	faults = append(faults, checkAllow(g.Allow)...)
	faults = append(faults, g.checkUpstreamToken(uri)...)
	if _, err := g.checkSite(uri); err != nil {
		fault("browser", "%w", err)
	}
	if !challengeText(g.Realm) {
		fault("realm", "only printable ASCII without quote and backslash, and no blanks at the ends")
	}
	return uri, faults
}

// checkAudience refuses a guard without an audience: it would take tokens meant for anybody (RFC 9700
// section 2.3).
func checkAudience(configured string) (string, error) {
	if configured == "" {
		return "", errors.New("is required: the absolute URI of what this guard protects")
	}
	uri, err := caddy.NewReplacer().ReplaceOrErr(configured, true, true)
	if err != nil {
		return configured, err
	}
	if _, err := oauth.NormalizeResource(uri); err != nil {
		return uri, err
	}
	if !challengeText(uri) || strings.ContainsAny(uri, "<>{}|^`") {
		return uri, errors.New("has a character that is not allowed in a URI")
	}
	return uri, nil
}

func checkScopes(names []string) (faults []error) {
	for i, name := range names {
		switch {
		case !oauth.ValidScope(name):
			faults = append(faults, fmt.Errorf("%q is not a scope (RFC 6749 section 3.3)", name))
		case oauth.IdentityScope(name):
			faults = append(faults, fmt.Errorf("%s belongs to the provider and to no resource", name))
		case slices.Contains(names[:i], name):
			faults = append(faults, fmt.Errorf("%s is named twice", name))
		}
	}
	return faults
}

// checkPublic keeps a typing error from opening everything.
func checkPublic(pattern string) error {
	if pattern == "/*" {
		return errors.New("would make the whole site public")
	}
	return checkPath(pattern)
}

// checkPath wants a path that readPath would give: any other could never match.
func checkPath(pattern string) error {
	path, wildcard := strings.CutSuffix(pattern, "/*")
	switch {
	case wildcard && path == "":
		return nil
	case strings.Contains(path, "*"):
		return errors.New("a path is exact or ends in /*")
	case !strings.HasPrefix(path, "/"):
		return errors.New("a path begins with a slash")
	case !plainPath(path), wildcard && strings.HasSuffix(path, "/"):
		return errors.New("write the path decoded, without empty or dot segments, ; \\ % ? or #")
	}
	return nil
}

// checkHeaders looks at the names as an upstream may: two that fold to one would overwrite each other.
func checkHeaders(headers map[string]string) (faults []error) {
	folded := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		fault := func(text string) {
			faults = append(faults, fmt.Errorf("header %s: %s", name, text))
		}
		if err := checkHeaderName(name); err != nil {
			fault(err.Error())
		}
		if other, ok := folded[foldName(name)]; ok {
			fault("is the same as " + other + " to some servers")
		}
		folded[foldName(name)] = name
		switch from := headers[name]; {
		case !isClaimName(from):
			fault(fmt.Sprintf("%q is not the name of a claim", from))
		case internalClaim(from):
			fault(from + " is not available to headers")
		}
	}
	return faults
}

func checkHeaderName(name string) error {
	canonical := http.CanonicalHeaderKey(name)
	switch {
	case !isTokenText(name):
		return errors.New("is not a field name (RFC 9110 section 5.1)")
	case strings.HasPrefix(foldName(name), "content-"), reservedHeaders[foldName(canonical)]:
		return errors.New("has a meaning of its own in HTTP and cannot carry an identity")
	}
	return nil
}

// reservedHeaders are those that HTTP, the proxy or the guard itself gives a meaning: hop-by-hop
// headers, those that route or frame a message, and credentials.
var reservedHeaders = map[string]bool{
	"connection": true, "keep-alive": true, "proxy-authenticate": true, "proxy-authorization": true,
	"proxy-connection": true, "te": true, "trailer": true, "transfer-encoding": true, "upgrade": true,
	"host": true, "authorization": true, "cookie": true, "dpop": true, "http2-settings": true,
	"expect": true, "range": true, "origin": true, "early-data": true,
	"forwarded": true, "x-forwarded-for": true, "x-forwarded-host": true, "x-forwarded-proto": true,
}

// isClaimName allows what claims are called, URLs included. A brace would be a placeholder, which is
// never expanded here.
func isClaimName(name string) bool {
	return name != "" && challengeText(name) && !strings.ContainsAny(name, " {}")
}
