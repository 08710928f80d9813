package web

import (
	"context"
	"net/http"
	"strings"
)

// exposed are the response headers that a script may read beside the safelisted ones.
const exposed = "WWW-Authenticate, Retry-After, DPoP-Nonce"

// ClientOrigins lets scripts of the origins that allows knows call next and read its answers, refusals too, and
// answers their preflights. The opaque origin "null" is everybody's and never asked about. Any other origin is
// served as if it had sent none, so that its browser keeps the answer from the script; its preflight is a method
// that next does not serve. When allows cannot tell, a preflight is refused with its error and nothing is allowed.
func (p *Responder) ClientOrigins(endpoint string, next http.Handler, allows func(ctx context.Context, origin string) (bool, error), methods ...string) http.HandlerFunc {
	allowed := strings.Join(methods, ", ")
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin") // no cache may hand one origin's permission to another
		from, ok := origin(r)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		known, err := allows(r.Context(), from)
		preflight := isPreflight(r, methods)
		switch {
		case err != nil && preflight:
			p.Refuse(w, r, endpoint, err)
			return
		case err == nil && known:
			h.Set(allowOrigin, from)
			if preflight {
				answerPreflight(w, allowed, "Authorization, Content-Type, DPoP")
				return
			}
			h.Set("Access-Control-Expose-Headers", exposed)
		}
		next.ServeHTTP(w, r)
	}
}

// NarrowOrigin takes back what ClientOrigins allowed unless the one client that the request turned out to come
// from has the origin: the pages of one client do not read what another is told.
func NarrowOrigin(w http.ResponseWriter, r *http.Request, allows func(origin string) bool) {
	if from, ok := origin(r); ok && !allows(from) {
		w.Header().Del(allowOrigin)
		w.Header().Del("Access-Control-Expose-Headers")
	}
}
