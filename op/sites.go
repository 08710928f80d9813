package op

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/site"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// KindSession is the Kind of a Token that SignedIn gives.
const KindSession = grant.KindSession

// SiteEnterPath is where below its URL a site takes the code that EnterSite spends.
const SiteEnterPath = site.EnterPath

type (
	// Site is a guarded web site whose people sign in at the provider.
	Site = site.Site
	// SiteWish is what a guard wants of a sign-in.
	SiteWish = site.Wish
)

// CanonicalAccount is the one form of an account name, in which a Token has it (RFC 8265 section 3.3). The error
// says that no account can have this name.
func CanonicalAccount(name string) (string, error) { return user.Canonical(name) }

// SiteCookie is the cookie by which a browser is signed in at a site of the provider of that name and issuer: the
// provider's own, if the site is on its host.
func SiteCookie(provider, issuer string, s Site) string {
	if s.OnHostOf(issuer) {
		return sessionCookie(provider)
	}
	return site.CookieName(provider, s)
}

// SignedIn is who the value of a site's cookie signs in: a live Token of kind KindSession, ErrInactive for nobody,
// and any other error when nobody can tell. visiting says that the person is here now, which keeps the session from
// growing idle. The Token is shared; callers only read it.
func (p *Provider) SignedIn(ctx context.Context, audience, cookie string, visiting bool) (*Token, error) {
	return p.sites.SignedIn(ctx, audience, cookie, visiting)
}

// BeginSite begins to sign in the person of r at a site, and returns the address that their browser goes to.
func (p *Provider) BeginSite(w http.ResponseWriter, r *http.Request, audience string, wish SiteWish) (location string, err error) {
	return p.sites.Begin(w, r, audience, wish)
}

// EnterSite takes the code that a browser came back to a site with, gives it the site's cookie, and returns where it
// goes on. ErrInactive is a code that is not good, here or in this browser.
func (p *Provider) EnterSite(w http.ResponseWriter, r *http.Request, audience, code string) (location string, err error) {
	return p.sites.Enter(w, r, audience, code)
}

func (c Config) checkSites(faults *faults) {
	seen := map[string]string{}
	for _, s := range c.Sites {
		path := "site " + s.URL
		if _, err := oauth.NormalizeResource(s.Audience); err != nil {
			faults.at(path, fmt.Errorf("audience: %w", err))
		}
		faults.at(path, s.Check())
		if other, taken := seen[s.Audience]; taken {
			faults.at(path, errors.New("has the audience of "+other))
		}
		seen[s.Audience] = s.URL
	}
}

// signInAtSites opens the guarded sites.
func (h *rooms) signInAtSites() (err error) {
	h.sites, err = site.New(site.Deps{
		Issuer: h.config.Issuer, Provider: h.config.Name, Sites: h.config.Sites, Life: h.config.Lifetimes.Interaction,
		Store: h.state.store, Generations: h.state.generations, Secrets: h.state.secrets,
		Resources: h.resources, Users: h.users, Sessions: h.sessions, Interactions: h.interactions, SignIn: h.signIn, Respond: h.respond,
		Now: h.state.now, Lookups: h.state.count.SiteSessions(),
	})
	return err
}

// hasSite reports whether a guard takes people with a browser for this audience.
func (c Config) hasSite(audience string) bool {
	return slices.ContainsFunc(c.Sites, func(s Site) bool { return s.Audience == audience })
}
