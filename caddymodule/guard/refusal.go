package guard

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// retryAfter is what a 503 asks a client to wait, in seconds.
const retryAfter = "5"

// refusal is one way to say no. All of it is fixed when the guard is provisioned: nothing a client sent
// and nothing about a token is in it.
type refusal struct {
	status    int
	challenge string // WWW-Authenticate, "" for none
	reason    error  // reaches {err.message} of handle_errors
}

// refusals are all the ways this guard says no (RFC 6750 section 3.1).
type refusals struct {
	ambiguous   refusal // the path or method has no one reading
	malformed   refusal // the credentials have no one reading
	missing     refusal // no bearer token was sent
	invalid     refusal // a token that is not good here
	narrow      refusal // a good token without the scopes
	notAllowed  refusal // a good token, or a person, that no allow rule lets pass
	foreign     refusal // a request that a page of another site made
	notEntered  refusal // a sign-in that did not end in this browser
	method      refusal // a method that a path of ours does not serve
	nameless    refusal // a good token whose identity fits into no header
	unavailable refusal // nobody could tell
}

// newRefusals writes the challenges once. One that answers a request without a token has no error
// attribute; the one for scopes names all that are needed at once, so that a client asks only once.
func newRefusals(realm string, scopes oauth.Scopes) refusals {
	base := `Bearer realm="` + realm + `"`
	wanted := ""
	if len(scopes) > 0 {
		wanted = `, scope="` + scopes.String() + `"`
	}
	with := func(code, description string) string {
		return base + `, error="` + code + `", error_description="` + description + `"`
	}
	return refusals{
		ambiguous: refusal{status: http.StatusBadRequest, reason: errors.New("ambiguous request")},
		malformed: refusal{
			status: http.StatusBadRequest, reason: errors.New("invalid_request"),
			challenge: with("invalid_request", "there must be one bearer token"),
		},
		missing: refusal{
			status: http.StatusUnauthorized, reason: errors.New("a bearer token is needed"),
			challenge: base + wanted,
		},
		// One answer for unknown, expired, revoked and foreign: which it was is not the caller's to learn.
		invalid: refusal{
			status: http.StatusUnauthorized, reason: errors.New("invalid_token"),
			challenge: with("invalid_token", "the access token is not valid here") + wanted,
		},
		narrow: refusal{
			status: http.StatusForbidden, reason: errors.New("insufficient_scope"),
			challenge: with("insufficient_scope", "the access token lacks a scope") + wanted,
		},
		notAllowed: refusal{status: http.StatusForbidden, challenge: base, reason: errors.New("access_denied")},
		foreign:    refusal{status: http.StatusForbidden, reason: errors.New("the request came from another site")},
		notEntered: refusal{status: http.StatusForbidden, reason: errors.New("signing in did not work")},
		method:     refusal{status: http.StatusMethodNotAllowed, reason: errors.New("method not allowed")},
		nameless: refusal{
			status: http.StatusForbidden, challenge: base,
			reason: errors.New("the identity does not fit into a header"),
		},
		unavailable: refusal{status: http.StatusServiceUnavailable, reason: errors.New("temporarily unavailable")},
	}
}

// realm is the configured realm or the audience. Both were checked to need no quoting.
func realm(configured, uri string) string {
	if configured != "" {
		return configured
	}
	return uri
}

// refuse sets the headers of a refusal and leaves status and body to Caddy's error handling.
func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, d decision) error {
	why := d.refusal
	if why == nil {
		why = &g.refusals.unavailable
	}
	h := w.Header()
	h["Cache-Control"] = []string{"no-store"}
	if why.challenge != "" {
		h["Www-Authenticate"] = []string{why.challenge}
	}
	if why.status == http.StatusServiceUnavailable {
		h["Retry-After"] = []string{retryAfter}
	}
	g.logRefusal(r, why, d.cause)
	return caddyhttp.Error(why.status, why.reason)
}

// logRefusal writes the one line that says why. The cause stays here: it never reaches the client. A
// request without a token is how every client begins, and one that was given up is nobody's fault.
func (g *Guard) logRefusal(r *http.Request, why *refusal, cause error) {
	fields := []zap.Field{
		zap.Int("status", why.status),
		zap.String("reason", why.reason.Error()),
		zap.String("audience", g.audience.configured),
		zap.NamedError("cause", cause),
	}
	switch {
	case why == &g.refusals.missing, errors.Is(cause, context.Canceled) && r.Context().Err() != nil:
		g.logger.Debug("request refused", fields...)
	case why == &g.refusals.unavailable, why == &g.refusals.nameless:
		g.logger.Error("request refused", fields...)
	default:
		g.logger.Info("request refused", fields...)
	}
}

// challengeText reports whether s may stand between the quotes of a challenge as it is (RFC 9110
// section 5.6.4).
func challengeText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return strings.TrimSpace(s) == s
}
