package guard

import (
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// ServeHTTP decides, and goes on to next only after a clear yes.
func (g *Guard) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	if g.browser != nil {
		if answer := g.ownPath(r); answer != nil {
			return answer(w, r)
		}
	}
	d := g.decide(r)
	if d.browsed && d.verdict == denied {
		return g.turnAway(w, r, d)
	}
	// Before anything else runs, error routes included: whoever sees this request from here on sees
	// no identity but ours, and no credential of ours.
	g.scrubber.scrub(r)
	if d.verdict != allowedWithToken && !g.ForwardToken {
		tellNobody(r)
	}
	switch d.verdict {
	case allowedWithoutToken:
		count(outcomePublic)
		if g.reserved != nil {
			w = publicly(w, g.reserved)
		}
		return next.ServeHTTP(w, r)
	case answered:
		count(outcomeMetadata)
		d.metadata.ServeHTTP(w, r)
		return nil
	case allowedWithToken:
		count(outcomeAllowed)
		d.identity.write(r, g.identities.names)
		g.offerNonce(w.Header(), d)
		return g.pass(w, r, next, d)
	default:
		return g.refuse(w, r, d)
	}
}

// pass goes on to next with a request that is allowed with a token.
func (g *Guard) pass(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler, d decision) (err error) {
	s := &stream{bearer: d.bearer, cookie: d.cookie, route: d.route}
	s.response.browsers, s.response.ours = g.browser != nil, g.reserved
	s.token.Store(d.token)
	s.response.ResponseWriter, s.response.nonced = w, d.nonce
	s.upstream[0] = d.upstream
	g.upstream.write(r.Header, s)
	if g.streams != nil {
		err = g.streams.serve(s, r, next)
	} else {
		err = next.ServeHTTP(&s.response, r)
	}
	if err != nil {
		s.response.mark() // the error page is an answer to this caller too
		g.upstream.takeBack(r.Header)
	}
	return err
}
