package checksession

import (
	"bytes"
	"fmt"
	"html"
	"net/http"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// policy lets the page run its one script and nothing else: no request, no form, no other frame. It alone of our
// policies says nothing of frame-ancestors.
const policy = "default-src 'none'; script-src 'self'; connect-src 'none'; base-uri 'none'; form-action 'none'"

// maxAge is how long a browser may keep the page: a new script is seen soon.
const maxAge = "public, max-age=300"

// Endpoint serves <issuer>/check_session.
type Endpoint struct {
	page  []byte
	etag  string
	serve http.HandlerFunc
}

// New makes the page of the provider whose state cookie has that name (session.StateCookie).
func New(pages *web.Pages, cookie string) *Endpoint {
	page := fmt.Sprintf("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Session state</title>\n"+
		"<script src=\"%s\" data-cookie=\"%s\"></script>\n</html>\n",
		html.EscapeString(pages.AssetURL(web.CheckSessionScript)), html.EscapeString(cookie))
	e := &Endpoint{page: []byte(page), etag: `"` + keys.Digest(page) + `"`}
	e.serve = web.Methods(map[string]http.HandlerFunc{http.MethodGet: e.write, http.MethodHead: e.write})
	return e
}

// ServeHTTP serves the page, to GET and HEAD.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.serve(w, r) }

func (e *Endpoint) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // pages of other origins have it in a frame
	h.Set("Cache-Control", maxAge)
	h.Set("ETag", e.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(e.page))
}
