package guard

import (
	"errors"
	"net/http"

	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// The paths below a site's URL that its guard answers itself.
const (
	enterPath  = op.SiteEnterPath
	loginPath  = "/.gatehouse/login"
	logoutPath = "/.gatehouse/logout"
)

// ownPath finds the answer to a request for one of the guard's own paths, as the browser asked for it: nothing
// behind the guard ever sees one. A path with escapes is never one of ours.
func (g *Guard) ownPath(r *http.Request) func(http.ResponseWriter, *http.Request) error {
	u := original(r).URL
	if len(u.Path) <= len(g.browser.base) || u.Path[:len(g.browser.base)] != g.browser.base || u.RawPath != "" || !g.browser.at(r) {
		return nil
	}
	switch u.Path[len(g.browser.base):] {
	case enterPath:
		return g.enter
	case loginPath:
		return g.login
	case logoutPath:
		return g.logout
	}
	return nil
}

// enter takes a browser that comes back from the provider. A code that is not good leads on all the same if the
// browser is signed in: somebody pressed Back, or a request was sent twice.
func (g *Guard) enter(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet {
		return g.refuseMethod(w, r, "GET")
	}
	location, err := g.provider.EnterSite(w, r, g.browser.site.Audience, original(r).URL.Query().Get("code"))
	switch {
	case err == nil:
		seeOther(w, location)
		return nil
	case g.unknown(err):
		return g.refuseBrowser(w, r, g.deny(&g.refusals.unavailable, err))
	case g.signedIn(r):
		seeOther(w, g.browser.home())
		return nil
	}
	return g.refuseBrowser(w, r, g.deny(&g.refusals.notEntered, err))
}

// login signs somebody in who is not: a link for a page of the site, or for one of ours. With prompt=login they sign
// in again, whoever they are.
func (g *Guard) login(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet {
		return g.refuseMethod(w, r, "GET")
	}
	again := original(r).URL.Query().Get("prompt") == "login"
	if !again && g.signedIn(r) {
		seeOther(w, g.browser.home())
		return nil
	}
	wish := g.rules.base.signIn.wish("")
	wish.Login = again
	return g.beginSignIn(w, r, wish)
}

// logout sends people to the provider, which asks whether they meant it and signs them out there: every site that
// hangs from that session ends with it. Nothing is done here, so that no link signs anybody out.
func (g *Guard) logout(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return g.refuseMethod(w, r, "GET, POST")
	}
	seeOther(w, g.browser.endSession)
	return nil
}

// signedIn reports whether somebody is signed in who may pass. A doubt is a no.
func (g *Guard) signedIn(r *http.Request) bool {
	cookie, ok := web.Cookie(r, g.browser.cookie)
	if !ok {
		return false
	}
	token, err := g.provider.SignedIn(r.Context(), g.browser.site.Audience, cookie, true)
	return err == nil && g.judgePerson(token, g.rules.base).verdict == allowedWithToken
}

// beginSignIn sends the browser to the provider.
func (g *Guard) beginSignIn(w http.ResponseWriter, r *http.Request, wish op.SiteWish) error {
	location, err := g.provider.BeginSite(w, r, g.browser.site.Audience, wish)
	if err != nil {
		return g.refuseBrowser(w, r, g.deny(&g.refusals.unavailable, err))
	}
	count(outcomeSignIn)
	g.logger.Debug("sent to sign in", zap.String("audience", g.audience.configured))
	seeOther(w, location)
	return nil
}

// unknown reports an error that says nothing about what was asked.
func (*Guard) unknown(err error) bool { return !errors.Is(err, op.ErrInactive) || isUnavailable(err) }

// home is where a site begins.
func (b *browser) home() string { return b.site.URL + "/" }

// seeOther sends a browser on: with a GET, and without telling where from, for the address may hold a code.
func seeOther(w http.ResponseWriter, location string) {
	h := w.Header()
	h["Cache-Control"] = []string{"no-store"}
	h["Referrer-Policy"] = []string{"no-referrer"}
	h["Location"] = []string{location}
	w.WriteHeader(http.StatusSeeOther)
}
