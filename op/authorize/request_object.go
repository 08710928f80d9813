package authorize

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// requestTypes are the typ that a request object may have; OIDC Core has none for it, RFC 9101 section 4 the
// first one.
var requestTypes = []string{keys.TypeRequestObject, "application/" + keys.TypeRequestObject, "JWT", ""}

// Why a request object was refused, for the log alone.
var (
	errObjectAlg  = errors.New("request object has an algorithm that is not the client's")
	errObjectType = errors.New("request object has the typ of another kind of JWT")
)

// resolvedRequestObject puts what a request object says in the place of what the request says (OIDC Core section
// 6). It comes before all that reads parameters. What is resolved here is what is sealed: an object is read
// once, and nothing is fetched twice. So a request that comes back from a page of ours has none.
func resolvedRequestObject(ctx context.Context, e *Endpoint, q *request) error {
	if q.resumed || !q.params.Has(paramRequest) && !q.params.Has(paramRequestURI) {
		return nil
	}
	params, err := e.resolve(ctx, q)
	if err == nil {
		q.become(params)
		return nil
	}
	// The redirect_uri beside the object is as good as any to tell of it, if the client registered it.
	if registeredRedirectURI(ctx, e, q) == nil {
		_ = echoableState(ctx, e, q) // else it is told without
	}
	return err
}

// become lets the request be what it resolved to, on its way through our pages too.
func (q *request) become(params oauth.Params) {
	q.params = params
	q.interaction.Request, q.interaction.LoginHint = q.sealed(), params.Get(paramLoginHint)
}

// resolve gives the parameters that a request comes to.
func (e *Endpoint) resolve(ctx context.Context, q *request) (oauth.Params, error) {
	none := oauth.Params{}
	byURI := q.params.Has(paramRequestURI)
	switch {
	case q.misread != nil:
		return none, q.misread
	case byURI && q.params.Has(paramRequest):
		return none, oauth.InvalidRequest("request and request_uri exclude each other", nil)
	}
	text := q.params.Get(paramRequest)
	if byURI {
		var err error
		if text, err = e.requestURIs.get(ctx, q.client, q.params.Get(paramRequestURI)); err != nil {
			return none, err
		}
	}
	payload, err := e.verifyObject(ctx, q.client, text)
	switch {
	case errors.Is(err, oauth.ErrUnavailable):
		return none, err
	case err != nil:
		return none, oauth.InvalidRequestObject("the request object cannot be verified", err)
	}
	object, err := readObject(payload)
	if err != nil {
		return none, oauth.InvalidRequestObject("the request object is malformed", err)
	}
	if err := object.check(q.client.ID, e.Issuer, e.Now()); err != nil {
		return none, oauth.InvalidRequestObject("the request object does not hold here", err)
	}
	merged, err := object.over(q.params)
	if err != nil {
		return none, oauth.InvalidRequestObject("the request object contradicts the request", err)
	}
	return merged, nil
}

// verifyObject gives the payload of an object that the client has signed, with the algorithm it registered if it
// has. Unsigned ones are for clients of the operator's own who registered that they send such.
func (e *Endpoint) verifyObject(ctx context.Context, c *client.Client, text string) ([]byte, error) {
	if c.RequestObjectAlg == keys.AlgNone && c.Configured {
		unsigned, err := keys.ReadUnsecured(text)
		if err == nil {
			err = checkType(unsigned.Type)
		}
		return unsigned.Payload, err
	}
	algs := keys.SigningAlgs
	if c.RequestObjectAlg != "" {
		algs = []string{c.RequestObjectAlg}
	}
	if slices.Contains(algs, keys.AlgNone) {
		return nil, errObjectAlg
	}
	signed, err := e.ClientKeys.Verify(ctx, c, text, algs)
	if err != nil {
		return nil, err
	}
	return signed.Payload, checkType(signed.Type)
}

// checkType keeps what the client signs for other purposes from being requests (RFC 8725 section 3.11).
func checkType(typ string) error {
	if slices.ContainsFunc(requestTypes, func(known string) bool { return strings.EqualFold(known, typ) }) {
		return nil
	}
	return fmt.Errorf("%w: %.40q", errObjectType, typ)
}
