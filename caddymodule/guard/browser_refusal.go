package guard

import (
	"errors"
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func isUnavailable(err error) bool { return errors.Is(err, oauth.ErrUnavailable) }

// turnAway answers a browser that may not pass. Who goes to a page and is not signed in is sent to do that, and comes
// back; everybody else is refused, with a page if it is one that they see.
func (g *Guard) turnAway(w http.ResponseWriter, r *http.Request, d decision) error {
	if d.signsIn && navigates(r) {
		path := original(r).URL.RequestURI()
		if g.browser.at(r) {
			return g.beginSignIn(w, r, d.route.signIn.wish(path))
		}
		// The site has another name, and its cookie is there.
		count(outcomeSignIn)
		seeOther(w, g.browser.origin+path)
		return nil
	}
	return g.refuseBrowser(w, r, d)
}

// refuseBrowser refuses as refuse does, and writes a page where nobody else will.
func (g *Guard) refuseBrowser(w http.ResponseWriter, r *http.Request, d decision) error {
	g.scrubber.scrub(r)
	if !g.ForwardToken {
		tellNobody(r)
	}
	refused := g.refuse(w, r, d)
	page, ok := g.pageOf(d)
	if !ok || !isPage(r) || hasErrorRoute(r) {
		return refused
	}
	return page.write(w, d.refusal.status)
}

// refuseMethod refuses a method that one of our own paths does not serve.
func (g *Guard) refuseMethod(w http.ResponseWriter, r *http.Request, allow string) error {
	w.Header()["Allow"] = []string{allow}
	return g.refuseBrowser(w, r, g.deny(&g.refusals.method, nil))
}

// hasErrorRoute reports whether the operator dresses errors of this request: then the page is theirs to write.
func hasErrorRoute(r *http.Request) bool {
	server, ok := r.Context().Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if !ok || server.Errors == nil {
		return false
	}
	for _, route := range server.Errors.Routes {
		if matched, err := route.MatcherSets.AnyMatchWithError(r); matched || err != nil {
			return true
		}
	}
	return false
}
