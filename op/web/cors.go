package web

import (
	"net/http"
	"slices"
	"strings"
)

// What a browser is told about other origins (Fetch section 3.2). Access-Control-Allow-Credentials is never
// said: a script of another origin calls without our cookies, or it reads nothing.
const (
	allowOrigin = "Access-Control-Allow-Origin"
	anyOrigin   = "*"

	// preflightLife is how long, in seconds, a browser need not ask again.
	preflightLife = "600"
)

// AnyOrigin lets scripts of every origin read what next serves, refusals too, and answers their preflights. It
// is for documents that are the same for everybody; methods are those that next serves.
func AnyOrigin(next http.Handler, methods ...string) http.HandlerFunc {
	allowed := strings.Join(methods, ", ")
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(allowOrigin, anyOrigin)
		if _, ok := origin(r); ok && isPreflight(r, methods) {
			answerPreflight(w, allowed, "*")
			return
		}
		next.ServeHTTP(w, r)
	}
}

// origin is the Origin that the request names; false for none, for several, and for "null", which every
// sandboxed frame and every file on a disk shares.
func origin(r *http.Request) (string, bool) {
	sent := r.Header.Values("Origin")
	if len(sent) != 1 || sent[0] == "" || sent[0] == "null" {
		return "", false
	}
	return sent[0], true
}

// isPreflight reports whether a browser asks if it may send one of methods (Fetch section 4.8).
func isPreflight(r *http.Request, methods []string) bool {
	return r.Method == http.MethodOptions && slices.Contains(methods, r.Header.Get("Access-Control-Request-Method"))
}

func answerPreflight(w http.ResponseWriter, methods, headers string) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", methods)
	h.Set("Access-Control-Allow-Headers", headers)
	h.Set("Access-Control-Max-Age", preflightLife)
	w.WriteHeader(http.StatusNoContent)
}
