package guard

import (
	"context"
	"net/http"
	"time"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// App is the Caddy app openid_provider as a guard sees it.
type App interface {
	// OpenIDProvider returns the provider of that name, or the only one for "". The error names what
	// is missing.
	OpenIDProvider(name string) (Provider, error)
}

// Declaration is what a guard says of its audience.
type Declaration struct {
	Resource op.Resource
	// Needed are the scopes that the guard asks for anywhere: somebody must be able to get each.
	Needed oauth.Scopes
	// Always are those of them that every request needs. They are the default scopes of the resource, if it
	// says nothing else: a token without them would open nothing.
	Always oauth.Scopes
}

// Provider is one OpenID Provider as a guard sees it.
type Provider interface {
	// AddResource declares a guard's audience while the configuration is provisioned. Declaring an equal
	// one again changes nothing; another definition under one audience is an error.
	AddResource(d Declaration) error
	// Introspect returns the live access token behind a bearer string, op.ErrInactive for anything
	// that is not one, and any other error when it could not find out. The Token is shared, is never
	// written to, and keeps its address while the provider remembers it.
	Introspect(ctx context.Context, token string) (*op.Token, error)
	// Proofs judges the DPoP proofs of the provider's tokens; each counts once, wherever it is shown. The error is
	// that nobody can tell.
	Proofs() (*op.Proofs, error)
	// AddSite declares the web site of a guard that takes browsers, while the configuration is provisioned, and
	// returns the name of the cookie by which browsers are signed in there.
	AddSite(s op.Site) (cookie string, err error)
	// SignedIn returns who the value of that cookie signs in, with the rules of Introspect. visiting says that the
	// person is here now.
	SignedIn(ctx context.Context, audience, cookie string, visiting bool) (*op.Token, error)
	// BeginSite begins to sign in the person of r and returns the address that their browser goes to.
	BeginSite(w http.ResponseWriter, r *http.Request, audience string, wish op.SiteWish) (location string, err error)
	// EnterSite takes the code that a browser came back with, and returns where it goes on; op.ErrInactive for a code
	// that is not good.
	EnterSite(w http.ResponseWriter, r *http.Request, audience, code string) (location string, err error)
	// CheckUpstream refuses an audience for UpstreamToken that stands for somebody else already.
	CheckUpstream(audience string) error
	// UpstreamToken makes a token that tells an upstream what is known of a live token or session. The error is
	// op.ErrUpstreamTooLarge, or that nobody can.
	UpstreamToken(of *op.Token, w op.UpstreamWish) (*op.UpstreamToken, error)
	// ProtectedResource returns what answers for the metadata of a resource (RFC 9728) at a decoded path and
	// query of a host; false when no resource tells of itself there.
	ProtectedResource(host, path, query string) (http.Handler, bool)
	// Now is the time that the provider goes by.
	Now() time.Time
	// Issuer is the provider's issuer identifier (OIDC Core section 2).
	Issuer() string
	// CookieNames are the cookies of the provider; no upstream has a use for them.
	CookieNames() []string
}
