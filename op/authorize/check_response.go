package authorize

import (
	"context"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func servedResponseMode(_ context.Context, _ *Endpoint, q *request) error {
	switch q.params.Get(paramResponseMode) {
	case "", oauth.ResponseModeQuery, oauth.ResponseModeFragment, oauth.ResponseModeFormPost:
		return nil
	}
	return oauth.InvalidRequest("response_mode is not supported", nil)
}

// allowedResponseType wants what the provider offers to everybody and the client uses. Only a client of the
// operator's own can have more: nobody registers what is not offered.
func allowedResponseType(_ context.Context, e *Endpoint, q *request) error {
	text := q.params.Get(paramResponseType)
	if text == "" {
		return oauth.InvalidRequest("response_type is missing", nil)
	}
	responseType, known := oauth.ParseResponseType(text)
	offered := known && slices.Contains(e.ResponseTypes, responseType)
	used := known && q.client.AllowsResponseType(responseType)
	switch {
	case used && (offered || q.client.Configured):
		q.responseType = responseType
		return nil
	case offered:
		return oauth.UnauthorizedClient("the client may not use this response_type", nil)
	}
	return oauth.UnsupportedResponseType("response_type is not supported", nil)
}

// fittingResponseMode refuses a mode that the answer would not be given in (OAuth 2.0 Multiple Response Type
// Encoding Practices sections 3 and 5).
func fittingResponseMode(_ context.Context, _ *Endpoint, q *request) error {
	if asked := q.params.Get(paramResponseMode); asked != "" && asked != q.mode() {
		return oauth.InvalidRequest("response_mode does not fit response_type", nil)
	}
	return nil
}

// presentNonce demands what ties an ID token that comes through the browser to the request that it answers
// (OIDC Core sections 3.2.2.1 and 3.3.2.11).
func presentNonce(_ context.Context, _ *Endpoint, q *request) error {
	if q.yields("id_token") && q.params.Get(paramNonce) == "" {
		return oauth.InvalidRequest("nonce is missing", nil)
	}
	return nil
}

// openIDForIDToken refuses what could only be answered with less than the response type says (OIDC Core section
// 3.1.2.1). It counts what is left of the scopes for this client.
func openIDForIDToken(_ context.Context, _ *Endpoint, q *request) error {
	if q.yields("id_token") && !q.scopes.Has(oauth.ScopeOpenID) {
		return oauth.InvalidScope("an ID token needs the scope openid", nil)
	}
	return nil
}
