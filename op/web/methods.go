package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Methods serves each HTTP method by its own handler and answers 405 with Allow to all others.
// HEAD is not taken for GET: a GET that issues something must not run without its answer being
// read (RFC 9110 section 15.5.6).
func Methods(m map[string]http.HandlerFunc) http.HandlerFunc {
	return methods(m, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusMethodNotAllowed, []byte(`{"error":"invalid_request","error_description":"`+notAllowed+`"}`))
	})
}

// Methods is the function of that name for an endpoint that a request can be refused by: a method that
// it does not serve is told and logged as every other refusal of it.
func (p *Responder) Methods(endpoint string, m map[string]http.HandlerFunc) http.HandlerFunc {
	return methods(m, func(w http.ResponseWriter, r *http.Request) {
		p.Refuse(w, r, endpoint, oauth.MethodNotAllowed(notAllowed, nil))
	})
}

// PageMethods is Methods for an endpoint where people are: a browser that opens an old tab again may ask with
// GET for what was posted.
func (p *Responder) PageMethods(endpoint string, m map[string]http.HandlerFunc) http.HandlerFunc {
	return methods(m, func(w http.ResponseWriter, r *http.Request) {
		p.RefusePage(w, r, endpoint, oauth.MethodNotAllowed(notAllowed, nil))
	})
}

const notAllowed = "method is not allowed here"

func methods(m map[string]http.HandlerFunc, refuse http.HandlerFunc) http.HandlerFunc {
	allow := strings.Join(slices.Sorted(maps.Keys(m)), ", ")
	return func(w http.ResponseWriter, r *http.Request) {
		if serve, ok := m[r.Method]; ok {
			serve(w, r)
			return
		}
		w.Header().Set("Allow", allow)
		refuse(w, r)
	}
}
