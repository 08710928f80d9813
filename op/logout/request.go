package logout

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// The parameters of a logout request (OpenID Connect RP-Initiated Logout section 2). logout_hint may be sent as well:
// a browser has one session here, so there is nobody to choose.
const (
	paramIDTokenHint           = "id_token_hint"
	paramClientID              = "client_id"
	paramPostLogoutRedirectURI = "post_logout_redirect_uri"
	paramState                 = "state"
	paramUILocales             = "ui_locales"
)

// request is a logout request as far as it holds.
type request struct {
	params oauth.Params
	// client is the application that asks, nil for none that is known.
	client *client.Client
	// clientID and sid are what a good hint says: the client it is for, and how that client knows the session.
	clientID, sid string
	// location is where the browser goes afterwards, "" for a page of ours.
	location string
	// stopped says why it does not go where it was wanted, and err tells the log.
	stopped string
	err     error
}

// stop keeps the browser here. The first reason counts.
func (q *request) stop(why string, err error) {
	if q.stopped == "" {
		q.stopped, q.err = why, err
	}
	q.location = ""
}

// judge finds out what of a request holds. What does not hold is not used, and does not keep anybody from signing
// out (section 4); the error is the store's alone. What was misread proves nothing.
func (e *Endpoint) judge(ctx context.Context, params oauth.Params, misread error) (*request, error) {
	q := &request{params: params}
	if misread != nil {
		q.stop(web.StoppedRequest, misread)
		return q, nil
	}
	if err := e.readHint(ctx, q); err != nil {
		return nil, err
	}
	if err := e.findClient(ctx, q); err != nil {
		return nil, err
	}
	q.checkRedirect()
	return q, nil
}

// readHint reads id_token_hint. It has to be for the client that client_id names, if one is named (section 2).
func (e *Endpoint) readHint(ctx context.Context, q *request) error {
	text := q.params.Get(paramIDTokenHint)
	if text == "" {
		return nil
	}
	hint, err := e.IDTokens.ReadHint(ctx, text)
	if errors.Is(err, idtoken.ErrBadHint) {
		q.stop(web.StoppedHint, oauth.InvalidRequest("id_token_hint is not an ID token of this issuer", err))
		return nil
	}
	if err != nil {
		return err
	}
	id := cmp.Or(q.params.Get(paramClientID), hint.Audience[0])
	if !slices.Contains(hint.Audience, id) {
		q.stop(web.StoppedHint, oauth.InvalidRequest("id_token_hint is for another client", nil))
		return nil
	}
	q.clientID, q.sid = id, hint.SID
	return nil
}

// findClient finds the client of the hint, or else of client_id. A disabled one is nobody's to return to.
func (e *Endpoint) findClient(ctx context.Context, q *request) error {
	id := cmp.Or(q.clientID, q.params.Get(paramClientID))
	if id == "" {
		return nil
	}
	c, err := e.Clients.Get(ctx, id)
	if errors.Is(err, client.ErrNotFound) || err == nil && c.Disabled {
		return nil
	}
	q.client = c
	return err
}

// checkRedirect decides where the browser may go (section 3): exactly where the client registered, with the state
// and nothing else.
func (q *request) checkRedirect() {
	uri := q.params.Get(paramPostLogoutRedirectURI)
	switch {
	case uri == "" || q.stopped != "":
	case q.client == nil:
		q.stop(web.StoppedClient, oauth.InvalidRequest("post_logout_redirect_uri needs a known client", nil))
	case !q.client.MatchPostLogoutRedirectURI(uri):
		q.stop(web.StoppedRedirect, oauth.InvalidRequest("post_logout_redirect_uri is not registered", nil))
	default:
		q.location = uri
		if state := q.params.Get(paramState); state != "" {
			q.location = web.Location(uri, oauth.ResponseModeQuery, []web.Field{{Name: paramState, Value: state}})
		}
	}
}

// meant reports whether the hint proves that the client means the session of this browser: it was issued in that very
// session. One of an earlier sign-in, or of somebody else's, has to be confirmed (section 2).
func (e *Endpoint) meant(ctx context.Context, q *request, sess *session.Session) (bool, error) {
	if sess == nil || q.sid == "" {
		return false, nil
	}
	sid, err := e.Sessions.SID(ctx, sess, q.clientID)
	return err == nil && sid == q.sid, err
}
