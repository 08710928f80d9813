package guard

import (
	"errors"
	"net/http"

	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// route is what some requests of a guard need, and how those are told that lack it. It is made when the
// guard is provisioned and shared by all requests it applies to.
type route struct {
	scopes oauth.Scopes
	signIn signIn
	says   challenge // of every refusal that is about a token

	byMethod bool // another method may need something else

	missing refusal // no bearer token was sent
	invalid refusal // a token that is not good here
	stepUp  refusal // a good token of a person who signed in otherwise or too long ago
	narrow  refusal // a good token without the scopes
}

// route puts together what the guard asks of every request and what requirements add.
func (g *Guard) route(says challenge, applying []Requirement) *route {
	made := &route{scopes: g.Scopes, signIn: g.signIn()}
	for _, q := range applying {
		made.scopes = made.scopes.Union(q.Scopes)
		made.signIn = made.signIn.and(q.signIn())
	}
	made.refuse(says)
	return made
}

// refuse writes the refusals of the route (RFC 6750 section 3.1). One that answers a request without a
// token has no error attribute; each names all that is needed at once, so that a client asks only once.
func (made *route) refuse(of challenge) {
	wanted := made.signIn.tell(of.with("scope", made.scopes.String()))
	made.says = wanted
	made.missing = refusal{
		status: http.StatusUnauthorized, outcome: outcomeNoToken, reason: errors.New("a bearer token is needed"),
		challenge: wanted.plain(), level: zap.DebugLevel,
	}
	// One answer for unknown, expired, revoked and foreign: which it was is not the caller's to learn.
	made.invalid = refusal{
		status: http.StatusUnauthorized, outcome: outcomeInvalidToken, reason: errors.New("invalid_token"),
		challenge: wanted.because("invalid_token", "the access token is not valid here"),
	}
	made.stepUp = refusal{ // RFC 9470 section 3
		status: http.StatusUnauthorized, outcome: outcomeStepUp, reason: errors.New("insufficient_user_authentication"),
		challenge: wanted.because("insufficient_user_authentication", "another or a more recent sign-in is needed"),
	}
	made.narrow = refusal{
		status: http.StatusForbidden, outcome: outcomeInsufficientScope, reason: errors.New("insufficient_scope"),
		challenge: wanted.because("insufficient_scope", "the access token lacks a scope"),
	}
}
