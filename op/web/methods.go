package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Methods serves each HTTP method by its own handler and answers 405 with Allow to all others.
// HEAD is not taken for GET: a GET that issues something must not run without its answer being
// read (RFC 9110 section 15.5.6).
func Methods(m map[string]http.HandlerFunc) http.HandlerFunc {
	allow := strings.Join(slices.Sorted(maps.Keys(m)), ", ")
	return func(w http.ResponseWriter, r *http.Request) {
		if serve, ok := m[r.Method]; ok {
			serve(w, r)
			return
		}
		w.Header().Set("Allow", allow)
		writeJSON(w, http.StatusMethodNotAllowed, []byte(`{"error":"invalid_request","error_description":"method is not allowed here"}`))
	}
}
