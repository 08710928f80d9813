package authorize

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// maxInteraction is how large a request may be, in bytes, once it is encoded with all that goes with
// it: under the seal's own limit by the room for what the pages add.
const maxInteraction = 12 << 10

// longestMaxAge keeps seconds from overflowing: beyond it, every session is young enough.
const longestMaxAge = 100 * 365 * 24 * 60 * 60

var errOtherAudience = errors.New("the hint was made for another client")

// knownPrompt reads which pages the client wants, and in which languages: those are never an error (OIDC Core
// section 3.1.2.1, ui_locales).
func knownPrompt(_ context.Context, _ *Endpoint, q *request) error {
	q.uiLocales = oauth.ParseLocales(q.params.Get(paramUILocales))
	prompts, err := oauth.ParsePrompts(q.params.Get(paramPrompt))
	q.prompts = prompts
	return err
}

// wholeMaxAge reads max_age; a request without one has the client's default (OIDC Dynamic Client Registration
// section 2).
func wholeMaxAge(_ context.Context, _ *Endpoint, q *request) error {
	text := q.params.Get(paramMaxAge)
	if text == "" {
		if q.client.DefaultMaxAge != nil {
			q.maxAge = max(*q.client.DefaultMaxAge, 0)
		}
		return nil
	}
	seconds, err := strconv.ParseUint(text, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return oauth.InvalidRequest("max_age is not a number of seconds", nil)
	}
	q.maxAge = time.Duration(min(seconds, longestMaxAge)) * time.Second
	return nil
}

func wellFormedScope(_ context.Context, _ *Endpoint, q *request) error {
	scopes, err := oauth.ParseScopes(q.params.Get(paramScope))
	q.scopes = scopes
	return err
}

// openResource settles the audience (RFC 8707 section 2) and drops the scopes that are not known or not
// for this client; the token answer's scope tells (RFC 6749 section 3.3).
func openResource(_ context.Context, e *Endpoint, q *request) error {
	c := q.client
	admits := func(r resource.Resource) bool { return r.Admits(c.ID, c.Scopes, c.Configured) }
	resolved, err := e.Resources.Resolve(q.params.All(paramResource), q.scopes, admits, c.DefaultResource)
	if err != nil {
		return err
	}
	q.resources, q.scopes = resolved.Resources, resolved.Scopes.Only(c.Scopes)
	return nil
}

// ownIDTokenHint reads whom the client expects. A hint that is not ours, or was made for another client,
// fits nobody who could sign in here, and the answer says no more than that (OIDC Core section 3.1.2.2).
func ownIDTokenHint(ctx context.Context, e *Endpoint, q *request) error {
	text := q.params.Get(paramIDTokenHint)
	if text == "" {
		return nil
	}
	hint, err := e.IDTokens.ReadHint(ctx, text)
	if errors.Is(err, idtoken.ErrBadHint) {
		return oauth.LoginRequired("id_token_hint fits nobody here", err)
	}
	if err != nil {
		return err
	}
	if !slices.Contains(hint.Audience, q.client.ID) {
		return oauth.LoginRequired("id_token_hint fits nobody here", errOtherAudience)
	}
	q.hint = &hint
	return nil
}

// fittingRequest is asked once: what our own pages add is in the room that is left.
func fittingRequest(_ context.Context, _ *Endpoint, q *request) error {
	if !q.resumed && len(store.Body(q.interaction)) > maxInteraction {
		return oauth.InvalidRequest("the request is too large", nil)
	}
	return nil
}
