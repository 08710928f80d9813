package web

import "net/http"

// JWT writes a token that is the whole answer, such as signed userinfo (OIDC Core section 5.3.2). No cache keeps it.
func (p *Responder) JWT(w http.ResponseWriter, token string) { p.JWTOf(w, "application/jwt", token) }

// JWTOf is JWT for a token that has a media type of its own.
func (p *Responder) JWTOf(w http.ResponseWriter, mediaType, token string) {
	h := w.Header()
	noStore(h)
	h.Set("Content-Type", mediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	// A write that fails has lost its reader; there is nobody left to tell.
	_, _ = w.Write([]byte(token))
}
