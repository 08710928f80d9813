package authorize

import (
	"strconv"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// mode is the response mode in which the client is answered, whatever the answer is and however little of the
// request was checked: the one asked for if it fits the response type, else the default of that. A response
// type that is missing or not known is answered in the query.
//
// Nothing asked for brings a token into the query, nor a code into the fragment of a client that looks for none
// there: a code that nobody takes waits in the address for whatever script finds it.
func (q *request) mode() string {
	asked := q.params.Get(paramResponseMode)
	responseType, known := oauth.ParseResponseType(q.params.Get(paramResponseType))
	switch {
	case asked == oauth.ResponseModeFormPost:
		return asked
	case known && asked == oauth.ResponseModeFragment && q.client.ReadsFragments():
		return asked
	case known:
		return oauth.DefaultResponseMode(responseType)
	}
	return oauth.ResponseModeQuery
}

// yields reports whether the response type has a part: code, id_token or token.
func (q *request) yields(part string) bool { return oauth.Yields(q.responseType, part) }

// success are the parameters of a granted request (RFC 6749 sections 4.1.2 and 4.2.2, OIDC Core sections 3.2.2.5
// and 3.3.2.5); none for response_type=none.
func success(made *grant.Authorized, idToken string) []web.Field {
	var fields []web.Field
	if made.AccessToken != "" {
		fields = append(fields,
			web.Field{Name: "access_token", Value: made.AccessToken},
			web.Field{Name: "token_type", Value: grant.Bearer},
			web.Field{Name: "expires_in", Value: strconv.FormatInt(int64(made.ExpiresIn/time.Second), 10)},
			web.Field{Name: "scope", Value: made.Scopes.String()},
		)
	}
	if idToken != "" {
		fields = append(fields, web.Field{Name: "id_token", Value: idToken})
	}
	if made.Code != "" {
		fields = append(fields, web.Field{Name: "code", Value: made.Code})
	}
	return fields
}
