package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Responder writes every answer that is not a constant document, and logs every refusal once.
type Responder struct {
	log   *zap.Logger
	pages *Pages
}

// NewResponder answers with these pages and logs to log.
func NewResponder(log *zap.Logger, pages *Pages) *Responder {
	return &Responder{log: log, pages: pages}
}

// JSON writes v with this status. Answers with user or token data must not be kept by any cache
// (RFC 6749 section 5.1), so none of ours is.
func (p *Responder) JSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		p.Refuse(w, r, "json", err)
		return
	}
	writeJSON(w, status, body)
}

// Refuse writes err as a JSON error (RFC 6749 section 5.2) with its status, challenge and
// Retry-After, and logs it: at info a client's fault, at error one of ours.
func (p *Responder) Refuse(w http.ResponseWriter, r *http.Request, endpoint string, err error) {
	told := oauth.AsError(err)
	p.LogRefusal(r, endpoint, err)
	h := w.Header()
	if told.Challenge != "" {
		h.Set("WWW-Authenticate", told.Challenge)
	}
	setRetryAfter(h, told.Status, err)
	body, err := json.Marshal(struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{told.Code, told.Description})
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	writeJSON(w, told.Status, body)
}

// SeeOther sends the browser on with a GET: 303, so that no form body travels along (RFC 9700
// section 4.12), and no Referer, so that neither a sealed request nor a code leaks with it.
func (p *Responder) SeeOther(w http.ResponseWriter, r *http.Request, location string) {
	if strings.ContainsFunc(location, isControl) {
		p.RefusePage(w, r, "redirect", errors.New("web: a control character in a Location"))
		return
	}
	h := w.Header()
	noStore(h)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Location", location)
	w.WriteHeader(http.StatusSeeOther)
}

func isControl(c rune) bool { return c < ' ' || c == 0x7f }

// LogRefusal writes the one log line of a refusal: for an answer that this package does not write, an
// error that goes to the client by redirect. extra is what only one kind of answer has.
func (p *Responder) LogRefusal(r *http.Request, endpoint string, err error, extra ...zap.Field) {
	told := oauth.AsError(err)
	fields := append([]zap.Field{
		zap.String("endpoint", endpoint),
		zap.String("error", told.Code),
		zap.String("description", told.Description),
		zap.String("client_ip", ClientIP(r)),
	}, extra...)
	if id := clientOf(r.Context()); id != "" {
		fields = append(fields, zap.String("client_id", id))
	}
	if told.Cause != nil {
		fields = append(fields, zap.NamedError("cause", told.Cause))
	}
	// Who has hung up is not waiting for a store, so that the store did not answer is not news.
	gone := errors.Is(err, context.Canceled) && r.Context().Err() != nil
	if told.Ours() && !gone {
		p.log.Error("request failed", fields...)
		return
	}
	p.log.Info("request refused", fields...)
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	noStore(h)
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	// A write that fails has lost its reader; there is nobody left to tell.
	_, _ = w.Write(body)
}

func noStore(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
}
