package guard

import (
	"errors"
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

var (
	errOtherHost  = errors.New("the request is for another host than that of the site")
	errForeign    = errors.New("a page of another site made the request")
	errNoSession  = errors.New("there is no cookie of a session")
	errNotAllowed = errors.New("no allow rule is met")
	errNoPerson   = errors.New("a session without a person")
)

// browser is what a guard needs to take people who come with a browser.
type browser struct {
	site   op.Site
	origin string // of the site, as browsers write it
	host   string // of the site, with its port if that is not the default one
	base   string // path of the site, "" for the root
	cookie string // by which people are signed in
	// endSession is the provider's page that signs people out.
	endSession string
}

// takeBrowsers declares the site to its provider, and from then on people may come with a browser.
func (g *Guard) takeBrowsers(audience string, provider Provider) error {
	site, err := g.checkSite(audience)
	if err != nil {
		return err
	}
	cookie, err := provider.AddSite(site)
	if err != nil {
		return err
	}
	origin := site.Origin()
	g.browser = &browser{
		site: site, origin: origin, host: web.CanonicalHost(site.Host()), base: site.URL[len(origin):], cookie: cookie,
		endSession: provider.Issuer() + "/end_session",
	}
	return nil
}

// browse decides on a request without an Authorization header by the session of the browser. The cookie comes with
// whatever request another page makes a browser send, so a request that may change something has to be from the
// site's own pages.
func (g *Guard) browse(r *http.Request, method string, route *route) decision {
	d := g.browseTo(r, method, route).on(route)
	d.browsed = true
	return d
}

func (g *Guard) browseTo(r *http.Request, method string, route *route) decision {
	b := g.browser
	if !b.at(r) {
		return g.askIn(&route.missing, errOtherHost)
	}
	cookie, ok := web.Cookie(r, b.cookie)
	if mayChange(r, method) {
		// Without a cookie there is nothing to be misused, and only what is known to be foreign is told so.
		if from := b.from(r); from == foreign || from == unproven && ok {
			return g.deny(&g.refusals.foreign, errForeign)
		}
	}
	if !ok {
		return g.askIn(&route.missing, errNoSession)
	}
	token, err := g.provider.SignedIn(r.Context(), b.site.Audience, cookie, true)
	switch {
	case errors.Is(err, oauth.ErrUnavailable):
		return g.deny(&g.refusals.unavailable, err)
	case errors.Is(err, op.ErrInactive):
		return g.askIn(&route.missing, err)
	case err != nil:
		return g.deny(&g.refusals.unavailable, err)
	}
	d := g.judgePerson(token, route)
	d.cookie = cookie
	return d
}

// askIn refuses whom a sign-in would help.
func (g *Guard) askIn(why *refusal, cause error) decision {
	d := g.deny(why, cause)
	d.signsIn = true
	return d
}

// judgePerson holds who is signed in against what this guard asks. Scopes are what people allow to clients; they
// themselves need none.
func (g *Guard) judgePerson(t *op.Token, route *route) decision {
	switch {
	case t == nil:
		return g.deny(&g.refusals.unavailable, errNoToken)
	case t.Kind != op.KindSession || !t.SignedIn:
		return g.deny(&g.refusals.unavailable, errNoPerson)
	case !g.audience.in(t.Audience):
		return g.deny(&g.refusals.unavailable, errOtherAudience)
	case !route.signIn.metBy(t, g.now):
		return g.askIn(&route.stepUp, errSignIn)
	}
	return g.admit(t)
}

// admit is the last part of a judgment, the same for tokens and sessions: may they pass, and who are they?
func (g *Guard) admit(t *op.Token) decision {
	if !g.allowed.has(t) {
		d := g.deny(&g.refusals.notAllowed, errNotAllowed)
		d.token = t
		return d
	}
	who := g.identities.of(t)
	if who.err != nil {
		return g.deny(&g.refusals.nameless, who.err)
	}
	return decision{verdict: allowedWithToken, identity: who, token: t}
}

// at reports whether a request is for the host of the site. Cookies of another host are another browser's to us.
func (b *browser) at(r *http.Request) bool {
	return r.Host == b.host || web.CanonicalHost(r.Host) == b.host
}

// original is the request as the browser made it. Rewrites on the way here are none of its business: it comes back
// to where it was.
func original(r *http.Request) *http.Request {
	if first, ok := r.Context().Value(caddyhttp.OriginalRequestCtxKey).(http.Request); ok {
		return &first
	}
	return r
}
