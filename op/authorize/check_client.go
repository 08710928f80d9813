package authorize

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// The longest state and nonce that are echoed, in bytes. A nonce comes back in JSON, where a character can
// take six bytes, in a token that holds more.
const (
	maxState = 4 << 10
	maxNonce = 1 << 10
)

var errDisabled = errors.New("client is disabled")

func knownClient(ctx context.Context, e *Endpoint, q *request) error {
	id := q.params.Get(paramClientID)
	if id == "" {
		return oauth.InvalidRequest("client_id is missing", nil)
	}
	c, err := e.Clients.Asking(ctx, id, q.network)
	switch {
	case errors.Is(err, client.ErrNotFound):
		return oauth.InvalidRequest("client_id is not known", fmt.Errorf("%w: it was %q", err, shortened(id)))
	case err != nil:
		return err
	case c.Disabled:
		return oauth.InvalidRequest("client_id is not known", errDisabled)
	}
	q.client = c
	return nil
}

// registeredRedirectURI never falls back on the only registered one: RFC 6749 section 3.1.2.3 allows
// it, and it is one more way for two parties to think of different places.
func registeredRedirectURI(_ context.Context, _ *Endpoint, q *request) error {
	uri := q.params.Get(paramRedirectURI)
	if uri == "" {
		return oauth.InvalidRequest("redirect_uri is missing", nil)
	}
	if !q.client.MatchRedirectURI(uri) {
		return oauth.InvalidRequest("redirect_uri is not registered", fmt.Errorf("it was %q", shortened(uri)))
	}
	q.redirectURI = uri
	return nil
}

// shortened is as much of a redirect_uri that nobody registered as the log should keep: without a query or
// fragment, in which anything may travel.
func shortened(uri string) string {
	const most = 200
	before, _, _ := strings.Cut(uri, "#")
	place, _, _ := strings.Cut(before, "?")
	if len(place) > most {
		place = place[:most]
	}
	if place != uri {
		place += "…"
	}
	return place
}

// readableRequest stops a request of which only a part could be read (RFC 6749 section 3.1).
func readableRequest(_ context.Context, _ *Endpoint, q *request) error { return q.misread }

// echoableState refuses what would not come back as it was sent: a form turns line breaks into others
// and cannot carry other control characters at all.
func echoableState(_ context.Context, _ *Endpoint, q *request) error {
	state := q.params.Get(paramState)
	if len(state) > maxState {
		return oauth.InvalidRequest("state is too long", nil)
	}
	if q.mode() == oauth.ResponseModeFormPost && (!utf8.ValidString(state) || strings.ContainsFunc(state, control)) {
		return oauth.InvalidRequest("state has a character that form_post cannot carry", nil)
	}
	q.state = state
	return nil
}

// echoableNonce refuses what no ID token has room for. Found when one is made, it would be a code that was
// spent for nothing.
func echoableNonce(_ context.Context, _ *Endpoint, q *request) error {
	if len(q.params.Get(paramNonce)) > maxNonce {
		return oauth.InvalidRequest("nonce is too long", nil)
	}
	return nil
}

func control(c rune) bool { return c < ' ' || c == 0x7f }

// provenPKCE demands a challenge of public clients always, and of all where the operator says so (RFC
// 9700 section 2.1.1), when there will be a code that it protects.
func provenPKCE(_ context.Context, e *Endpoint, q *request) error {
	challenge, err := oauth.ParseChallenge(q.params.Get(paramCodeChallenge), q.params.Get(paramCodeChallengeMethod))
	if err != nil {
		return err
	}
	if challenge == "" && q.yields("code") && (e.PKCEAll || q.client.Public()) {
		return oauth.InvalidRequest("code_challenge is missing", nil)
	}
	q.challenge = challenge
	return nil
}
