package authorize

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// place says where a failure is told.
type place int

const (
	// page: on our own error page. The zero value, since a redirect has to be earned.
	page place = iota
	// redirect: to the client, at its proven redirect_uri.
	redirect
)

// check is one thing a request must be. Its name is that of its test and stands in the log.
type check struct {
	name  string
	run   func(ctx context.Context, e *Endpoint, q *request) error
	fails place
}

// checks are all that is asked of a request before anybody is asked for anything, in this order. Until
// redirect_uri is proven, a failure is a page.
var checks = []check{
	{"client_id is known", knownClient, page},
	{"the request object holds", resolvedRequestObject, redirect},
	{"redirect_uri is registered", registeredRedirectURI, page},
	{"state can be echoed", echoableState, redirect},
	{"no parameter is repeated", readableRequest, redirect},
	{"response_mode is served", servedResponseMode, redirect},
	{"response_type is allowed", allowedResponseType, redirect},
	{"response_mode fits response_type", fittingResponseMode, redirect},
	{"code_challenge is S256", provenPKCE, redirect},
	{"dpop_jkt is a thumbprint", wellFormedThumbprint, redirect},
	{"nonce can be echoed", echoableNonce, redirect},
	{"nonce is there where it must be", presentNonce, redirect},
	{"prompt is known", knownPrompt, redirect},
	{"max_age is seconds", wholeMaxAge, redirect},
	{"scope is well formed", wellFormedScope, redirect},
	{"resource is open to the client", openResource, redirect},
	{"an ID token has openid", openIDForIDToken, redirect},
	{"id_token_hint is ours", ownIDTokenHint, redirect},
	{"claims is well formed", wellFormedClaims, redirect},
	{"acr can be given", givableACR, redirect},
	{"the request fits into its seal", fittingRequest, redirect},
}

// refusal is a failed check, or a question that ended in an error.
type refusal struct {
	err   error
	fails place
}

// check runs the list and stops at the first failure.
func (e *Endpoint) check(ctx context.Context, q *request) *refusal {
	for _, c := range checks {
		if err := c.run(ctx, e, q); err != nil {
			refused := &refusal{err: named(c.name, err), fails: c.fails}
			if q.redirectURI == "" {
				refused.fails = page // nowhere else to go, whatever the list says
			}
			return refused
		}
	}
	return nil
}

// named puts the name of what failed into the private cause, which only the log tells.
func named(name string, err error) error {
	told, ok := errors.AsType[*oauth.Error](err)
	if !ok {
		return fmt.Errorf("check %q: %w", name, err)
	}
	failed := *told
	failed.Cause = fmt.Errorf("check %q failed", name)
	if told.Cause != nil {
		failed.Cause = fmt.Errorf("check %q: %w", name, told.Cause)
	}
	return &failed
}
