package guard

import (
	"context"
	"errors"
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// retryAfter is what a 503 asks a client to wait, in seconds.
const retryAfter = "5"

// refusal is one way to say no. All of it is fixed when the guard is provisioned: nothing a client sent
// and nothing about a token is in it.
type refusal struct {
	status    int
	outcome   outcome
	challenge string        // WWW-Authenticate, "" for none
	reason    error         // reaches {err.message} of handle_errors
	level     zapcore.Level // of its log line
}

// refusals are the ways in which a guard says no whatever the route; those of a route are its own.
type refusals struct {
	ambiguous   refusal // the path or method has no one reading
	malformed   refusal // the credentials have no one reading
	notAllowed  refusal // a good token, or a person, that no allow rule lets pass
	foreign     refusal // a request that a page of another site made
	notEntered  refusal // a sign-in that did not end in this browser
	method      refusal // a method that a path of ours does not serve
	nameless    refusal // a good token whose identity fits into no header
	unavailable refusal // nobody could tell
}

// newRefusals writes them once (RFC 6750 section 3.1).
func newRefusals(says challenge) refusals {
	return refusals{
		ambiguous: refusal{status: http.StatusBadRequest, outcome: outcomeAmbiguous, reason: errors.New("ambiguous request")},
		malformed: refusal{
			status: http.StatusBadRequest, outcome: outcomeInvalidRequest, reason: errors.New("invalid_request"),
			challenge: says.because("invalid_request", "there must be one bearer token"),
		},
		notAllowed: refusal{
			status: http.StatusForbidden, outcome: outcomeAccessDenied, challenge: says.plain(), reason: errors.New("access_denied"),
		},
		foreign:    refusal{status: http.StatusForbidden, outcome: outcomeCrossSite, reason: errors.New("the request came from another site")},
		notEntered: refusal{status: http.StatusForbidden, outcome: outcomeSignInFailed, reason: errors.New("signing in did not work")},
		method:     refusal{status: http.StatusMethodNotAllowed, outcome: outcomeMethod, reason: errors.New("method not allowed")},
		nameless: refusal{
			status: http.StatusForbidden, outcome: outcomeNameless, challenge: says.plain(),
			reason: errors.New("the identity does not fit into a header"), level: zap.ErrorLevel,
		},
		unavailable: refusal{
			status: http.StatusServiceUnavailable, outcome: outcomeUnavailable, reason: errors.New("temporarily unavailable"), level: zap.ErrorLevel,
		},
	}
}

// refuse sets the headers of a refusal and leaves status and body to Caddy's error handling.
func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, d decision) error {
	why := d.refusal
	if why == nil {
		why = &g.refusals.unavailable
	}
	count(why.outcome)
	h := w.Header()
	h["Cache-Control"] = []string{"no-store"}
	if why.challenge != "" {
		h["Www-Authenticate"] = []string{g.binding.challenge(why.challenge, d.dpop)}
	}
	g.offerNonce(h, d)
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
	level := why.level
	if errors.Is(cause, context.Canceled) && r.Context().Err() != nil {
		level = zap.DebugLevel
	}
	g.logger.Log(level, "request refused", fields...)
}
