package op

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/backchannel"
	"github.com/seed-5b16f944/gatehouse/op/discovery"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/site"
	"github.com/seed-5b16f944/gatehouse/op/upstream"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

const (
	// tendEvery is how often the key ring is looked after.
	tendEvery = time.Minute
	// publishAhead is how long a new key is shown before it signs; half of the rotation if that is less.
	publishAhead = 24 * time.Hour
	// skew is what clocks may differ by.
	skew = 5 * time.Minute
)

// Observer is told what happens.
type Observer struct {
	// Log takes refusals and faults; a nil one is silent.
	Log *zap.Logger
	// Audit is told what has happened, on the goroutine that it happened on and after it was stored; nil tells nobody.
	Audit func(context.Context, AuditEvent)
}

// Provider is one configuration's view of a State: an OpenID Provider that serves requests.
type Provider struct {
	config Config
	state  *State
	log    *zap.Logger
	trail  *audit.Trail
	routes *routes
	// resources serves what resources tell of themselves.
	resources *discovery.ProtectedResources
	grants    *grant.Grants
	users     *user.Directory
	sites     *site.Sites
	upstreams *upstream.Maker

	logoutNotices *backchannel.Worker
}

// New makes a provider of a configuration that Check has nothing against. It does no I/O; Start does.
func New(config Config, st *State, observer Observer) (*Provider, error) {
	if faults := config.Check(); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	config = config.withDefaults()
	issuer, err := url.Parse(config.Issuer)
	if err != nil {
		return nil, err
	}
	if observer.Log == nil {
		observer.Log = zap.NewNop()
	}
	rooms, err := furnish(config, st, observer)
	if err != nil {
		return nil, err
	}
	return &Provider{
		config:    config,
		state:     st,
		log:       observer.Log,
		trail:     rooms.trail,
		routes:    rooms.routes(issuer),
		resources: discovery.NewProtectedResources(config.Issuer, config.Resources),
		grants:    rooms.grants,
		users:     rooms.users,
		sites:     rooms.sites,
		upstreams: upstream.New(upstream.Deps{
			Ring: st.ring, Issuer: config.Issuer, Alg: accessTokenAlg(config.Signing.Algs), Now: st.now,
		}),

		logoutNotices: rooms.logoutNotices,
	}, nil
}

// Start makes the keys on first use and reads the users file. Until it has succeeded, requests must
// not be served.
func (p *Provider) Start(ctx context.Context) error {
	if err := p.users.Load(ctx); err != nil {
		return fmt.Errorf("users: %w", err)
	}
	if err := p.state.ring.Ensure(ctx, p.keyPolicy()); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	return nil
}

// Run looks after the key ring, rotation included, and tells applications of sessions that have ended,
// until ctx ends. What fails is logged and tried again.
func (p *Provider) Run(ctx context.Context) {
	var telling sync.WaitGroup
	telling.Go(func() { p.logoutNotices.Run(ctx) })
	telling.Go(func() { p.tellOfDeafness(ctx) })
	defer telling.Wait()
	p.tendKeys(ctx)
}

// tendKeys looks after the key ring. There is a key to sign with also while that fails.
func (p *Provider) tendKeys(ctx context.Context) {
	ticker := time.NewTicker(tendEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := p.state.ring.Ensure(ctx, p.keyPolicy()); err != nil && ctx.Err() == nil {
			p.log.Error("the signing keys could not be looked after", zap.Error(err))
		}
	}
}

func (p *Provider) keyPolicy() keys.Policy {
	life := p.config.Lifetimes
	return keys.Policy{
		Algs:         p.config.Signing.Algs,
		RotateEvery:  p.config.Signing.RotateEvery,
		PublishAhead: min(publishAhead, p.config.Signing.RotateEvery/2),
		KeepFor:      max(life.AccessToken, life.IDToken, upstream.MaxLife) + skew,
		Made:         p.tellMade,
	}
}

// Handler returns the endpoint that answers the request; false when the request is for none of this
// provider's exact paths on the issuer's host, nor for WebFinger on one of its hosts.
func (p *Provider) Handler(r *http.Request) (http.Handler, bool) { return p.routes.find(r) }

// ProtectedResource returns what answers for a resource's metadata (RFC 9728) at a decoded path and query of a
// host; false when no resource of this provider tells of itself there.
func (p *Provider) ProtectedResource(host, path, query string) (http.Handler, bool) {
	return p.resources.Find(host, path, query)
}

// ProtectedResourceURL is where a resource tells of itself (RFC 9728 section 3.1); "" if it has no host.
func ProtectedResourceURL(uri string) string { return discovery.ProtectedResourceURL(uri) }

// Introspect answers for an access token (RFC 7662): the live token, ErrInactive for any other, and
// any other error when nobody can tell. The Token is shared; callers only read it.
func (p *Provider) Introspect(ctx context.Context, token string) (*Token, error) {
	return p.grants.Introspect(ctx, token)
}

// Now is the time that the provider goes by, which several nodes of one store agree about.
func (p *Provider) Now() time.Time { return p.state.now() }

// Issuer is the issuer identifier (OIDC Core section 2).
func (p *Provider) Issuer() string { return p.config.Issuer }

// CookieNames are the cookies of the provider of that name, which nobody upstream needs to see. One that ends in an
// asterisk stands for all that begin with the rest.
func CookieNames(provider string) []string {
	return []string{sessionCookie(provider), session.StateCookie(sessionCookie(provider)), browserCookie(provider), site.CookiePrefix(provider) + "*"}
}

// sessionCookie names the cookie a signed-in browser holds. The prefix binds it to this host and to
// TLS (RFC 6265bis section 4.1.3).
func sessionCookie(provider string) string { return "__Host-gatehouse-" + provider + "-session" }

// browserCookie names the cookie that ties a login page to the browser it was shown in.
func browserCookie(provider string) string { return "__Host-gatehouse-" + provider + "-browser" }

// accessTokenAlg is what JWT access tokens, and tokens for upstreams, are signed with: the fastest to verify that every library
// knows, among those configured.
func accessTokenAlg(algs []string) string {
	for _, preferred := range []string{keys.ES256, keys.EdDSA} {
		if slices.Contains(algs, preferred) {
			return preferred
		}
	}
	return keys.RS256
}

// ProtectedResources serves what resources tell of themselves (RFC 9728).
type ProtectedResources = discovery.ProtectedResources

// NewProtectedResources serves what one resource tells of itself that no Provider has.
func NewProtectedResources(r Resource) *ProtectedResources {
	return discovery.NewProtectedResources("", []Resource{r})
}
