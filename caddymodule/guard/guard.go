package guard

import (
	"errors"
	"fmt"
	"hash/maphash"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/caddymodule/setting"
	"github.com/seed-5b16f944/gatehouse/op"
)

func init() {
	caddy.RegisterModule(new(Guard))
}

// Guard protects what comes after it in the route: a request passes only with a bearer token (RFC 6750,
// in the Authorization header alone) that is live, meant for the audience, and carries the scopes.
//
// Requests whose path two servers could read differently are refused with 400. Refusals set
// WWW-Authenticate and go through Caddy's error handling, so `handle_errors` can dress them.
//
// These placeholders are filled for a request that passed with a token. For one that passed without, or
// was refused, they are empty, unless forward_token leaves it to others to find out who it is:
//
// Placeholder | Description
// ------------|---------------
// `{http.auth.user.id}` | The `sub` of the person; empty when a client acts for itself
// `{http.auth.user.<claim>}` | `sub`, `username`, `account`, `acr`, `auth_time`, or any claim of the person
// `{http.auth.client.id}` | The client the token was issued to
// `{http.auth.client.scope}` | The scopes of the token
// `{http.auth.client.iss}` | Who issued the token, and has given user and client their names
type Guard struct {
	// The name of the provider that issues the tokens. It may be left out when there is one provider, and when there
	// are other issuers.
	Provider string `json:"provider,omitempty"`

	// The authorization servers elsewhere whose JWTs are taken as well.
	Issuers []*Issuer `json:"issuers,omitempty"`

	// The introspection endpoints elsewhere that are asked about tokens of nobody else here, one after another until one
	// knows the token.
	Introspect []*Introspection `json:"introspect,omitempty"`

	// Where the guard may go to ask them. Default: to public addresses, by the system's certificate authorities.
	Outbound *setting.Outbound `json:"outbound,omitempty"`

	// The resource that tokens must be meant for: an absolute URI without a fragment (RFC 8707).
	// Required. `{env.*}` and `{file.*}` placeholders are replaced once, when the guard is provisioned.
	Audience string `json:"audience,omitempty"`

	// What people know the resource by: on the consent page, and in what the resource tells of itself.
	Name string `json:"name,omitempty"`

	// The scopes that every request but a public one needs, all of them.
	Scopes []string `json:"scopes,omitempty"`

	// What requests by method and path need beside that. Of several that fit one request, all count.
	Require []Requirement `json:"require,omitempty"`

	// How the person must have signed in, for every request but a public one: one of these authentication
	// context classes, the preferred first (RFC 9470). A token without a person has none.
	ACRValues []string `json:"acr_values,omitempty"`

	// How long ago the person may have signed in at most, for every request but a public one.
	MaxAge caddy.Duration `json:"max_age,omitempty"`

	// What the consent page says of scopes, where the provider's own `scope` says nothing.
	Descriptions map[string]string `json:"descriptions,omitempty"`

	// The scopes that a token for this audience gets when the client asked for none. Default: `scopes`.
	DefaultScopes []string `json:"default_scopes,omitempty"`

	// The format of access tokens for this audience: `jwt` (RFC 9068) or `opaque`. Default: the
	// provider's.
	Token string `json:"token,omitempty"`

	// Opens the audience to every client, also those that registered themselves.
	AnyClient bool `json:"any_client,omitempty"`

	// The ids of the clients that may get tokens for this audience. When it is empty and any_client is
	// not set, those configured clients may whose scopes include one of the audience's.
	Clients []string `json:"clients,omitempty"`

	// The paths that need no token: exact, or ending in `/*`. They are compared with the decoded path
	// as it is after rewrites. Methods outside RFC 9110's common ones are never public, nor is a request with a header
	// that speaks of another method, nor a path with letters, digits, `-`, `.` or `_` that are percent-encoded.
	Public []string `json:"public,omitempty"`

	// Lets CORS preflight requests (OPTIONS with Origin and Access-Control-Request-Method, without
	// credentials and without a body) pass without a token, so that the upstream can answer them. Only
	// set it if nothing behind the guard acts on an OPTIONS request.
	Preflight bool `json:"preflight,omitempty"`

	// The headers that tell the upstream who is calling, and the source of each value: `sub`,
	// `username`, `account`, `acr`, `auth_time` or any claim of the person; `client_id`, `scope`, `aud`, `iss`
	// of the token. Those of the person stay absent when a client acts for itself. Whatever a client
	// sends under these names, in any spelling, is removed from every request. So are X-Original-URL, X-Rewrite-URL,
	// Script-Name and Path-Info, which tell some upstreams another path than the one that was judged.
	//
	// Lists and objects are written as JSON. A value that is not printable ASCII is written as RFC 8187
	// has it: `UTF-8''caf%C3%A9`. A value longer than 4 KiB refuses the request.
	Headers map[string]string `json:"headers,omitempty"`

	// Takes people who come with a browser: a request without an Authorization header is judged by whether its
	// browser is signed in at the provider, and who goes to a page without is sent to sign in and comes back. Scopes
	// are asked of tokens alone; who may in with a browser is said by allow.
	Browser bool `json:"browser,omitempty"`

	// The URL of the site, for browser: all below it is the site's. Default: the audience. `{env.*}` and `{file.*}`
	// placeholders are replaced once, when the guard is provisioned.
	Site string `json:"site,omitempty"`

	// Who may pass, of those who have a good token or are signed in: whoever meets one of these rules. Default:
	// everybody. With any rule, what a client does for itself needs a rule for that client.
	Allow []Allow `json:"allow,omitempty"`

	// The realm of the WWW-Authenticate challenge. Default: the audience.
	Realm string `json:"realm,omitempty"`

	// Passes the caller's Authorization, DPoP and provider cookies on to the upstream. They are
	// removed by default.
	ForwardToken bool `json:"forward_token,omitempty"`

	// Gives the upstream a token that the provider makes for it, in place of the caller's. Default: none.
	UpstreamToken *UpstreamToken `json:"upstream_token,omitempty"`

	// Whether access tokens that are bound to a key (DPoP, RFC 9449) are taken: `accept` takes them with a proof
	// of that key, and others as well; `require` takes no others; `off` takes none. Default: `accept`.
	DPoP string `json:"dpop,omitempty"`

	// Asks for a nonce in every DPoP proof, so that none can be made ahead of its use. Without it only what could
	// be from before a restart needs one.
	DPoPNonce bool `json:"dpop_nonce,omitempty"`

	// Whether access tokens that are bound to a client certificate (RFC 8705) are taken: `accept` takes them over a TLS
	// connection with that very certificate, and others as well; `require` takes no others; `off` takes none. The site has
	// to ask for certificates (`tls { client_auth … }`). Default: `accept`.
	MTLS string `json:"mtls,omitempty"`

	// The origins under which clients know what this guard protects, such as `https://api.example.com`: a DPoP proof has
	// to be made for one of them. Default: the origin of the audience.
	Origins []string `json:"origins,omitempty"`

	// What becomes of requests that are still being answered (WebSockets, event streams, long downloads)
	// when their token is live no more or not enough for this guard: `close` ends them within a second,
	// and after two seconds when nobody can tell; `keep` lets them go on. Default: `close`.
	Streams string `json:"streams,omitempty"`

	provider   Provider               // nil if there is none
	lone       *op.Proofs             // judges DPoP proofs when there is none
	others     []op.IssuedBy          // beside the provider
	source     op.Source              // all of them
	alone      *op.ProtectedResources // tells of the audience when there is no provider
	audience   audience
	browser    *browser // nil when browsers are not taken
	allowed    allowed
	rules      rules
	public     publicPaths
	scrubber   scrubber
	reserved   []string // cookies that an upstream must not set; nil where they sign nobody in
	binding    binding
	identities *identities
	upstream   *upstreamTokens // nil when the upstream gets none
	refusals   refusals
	streams    *streams // nil when they are kept
	now        func() time.Time
	logger     *zap.Logger
}

// CaddyModule returns the Caddy module information.
func (*Guard) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.openid_guard",
		New: func() caddy.Module { return new(Guard) },
	}
}

// Provision checks the configuration, reports all its faults together, and declares the audience to the
// provider. It opens nothing and starts nothing, so it may run for a configuration that never serves.
func (g *Guard) Provision(ctx caddy.Context) error {
	g.logger = ctx.Logger()
	uri, faults := g.check()
	faults = append(faults, g.makeOthers(ctx, uri)...)
	provider, err := g.findProvider(ctx)
	switch {
	case err != nil:
		faults = append(faults, err)
	case provider == nil:
		faults = append(faults, g.checkWithoutProvider()...)
		if err := g.holdProofs(); err != nil {
			faults = append(faults, fmt.Errorf("dpop: %w", err))
		}
	case len(faults) == 0:
		if err := g.declare(uri, provider); err != nil {
			faults = append(faults, fmt.Errorf("audience %s: %w", uri, err))
		}
	}
	if len(faults) == 0 && g.Browser {
		if err := g.takeBrowsers(uri, provider); err != nil {
			faults = append(faults, fmt.Errorf("browser: %w", err))
		}
	}
	if len(faults) == 0 && g.UpstreamToken != nil {
		wish, err := g.upstreamWish(uri)
		if err = errors.Join(err, provider.CheckUpstream(wish.Audience)); err != nil {
			faults = append(faults, fmt.Errorf("upstream_token: audience: %w", err))
		}
	}
	if err := registerMetrics(ctx); err != nil {
		faults = append(faults, err)
	}
	if len(faults) > 0 {
		return fmt.Errorf("%s: %w", strings.TrimSpace("openid_guard "+uri), errors.Join(faults...))
	}
	return g.assemble(uri, provider)
}

// assemble makes everything that serving needs, so that no request has to.
func (g *Guard) assemble(uri string, provider Provider) (err error) {
	names, sources := headerSources(g.Headers)
	g.provider, g.now = provider, time.Now
	says := challenge{realm: realm(g.Realm, uri)}.with("resource_metadata", op.ProtectedResourceURL(uri))
	g.rules = newRules(g.Require, func(applying []Requirement) *route { return g.route(says, applying) })
	g.public = newPublicPaths(g.Public)
	var cookies []string
	if provider != nil {
		cookies, g.now = provider.CookieNames(), provider.Now
	} else {
		g.alone = op.NewProtectedResources(g.resource(uri))
	}
	if g.upstream, err = g.newUpstreamTokens(uri, provider); err != nil {
		return err
	}
	g.scrubber = newScrubber(g.ours(names), cookies, g.ForwardToken)
	g.refusals = newRefusals(says)
	if g.audience, err = newAudience(uri); err != nil {
		return err
	}
	g.binding = newBinding(g, uri, provider)
	if g.identities, err = newIdentities(names, sources); err != nil {
		return err
	}
	if g.allowed, err = newAllowed(g.Allow); err != nil {
		return err
	}
	if g.Streams != streamsKeep {
		g.streams = &streams{seed: maphash.MakeSeed(), judge: g.judgeStream, told: g.logCut, askers: g.askers()}
	}
	g.source = g.sources(provider)
	shared := provider != nil && sameHost(uri, provider.Issuer())
	if g.Browser || shared || g.audience.host == "" {
		g.reserved = cookies
	}
	if shared {
		g.logger.Warn("the audience is on the host of its issuer; give the provider a host name of its own",
			zap.String("audience", uri), zap.String("issuer", provider.Issuer()))
	}
	return nil
}

// ours are the headers that only the guard may set: those of the identity, and that of a token for the upstream.
func (g *Guard) ours(identity []string) []string {
	if header := g.upstreamHeader(); header != "" {
		return append(slices.Clip(identity), header)
	}
	return identity
}

// sameHost reports whether two URLs share a host name, whatever their ports: cookies do not tell ports
// apart (RFC 6265 section 8.5).
func sameHost(a, b string) bool {
	first, err := url.Parse(a)
	if err != nil {
		return false
	}
	second, err := url.Parse(b)
	return err == nil && first.Hostname() != "" && strings.EqualFold(first.Hostname(), second.Hostname())
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Guard)(nil)
	_ caddyhttp.MiddlewareHandler = (*Guard)(nil)
)
