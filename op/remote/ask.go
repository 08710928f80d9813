package remote

import (
	"context"
	"encoding/base64"
	"errors"
	"mime"
	"net/url"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/fact"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// The media types of an answer.
const (
	plainType  = "application/json"
	signedType = "application/" + keys.TypeIntrospection
)

const (
	// assertionType is that of RFC 7523 section 2.2, assertionTyp the typ of its revision.
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	assertionTyp  = "client-authentication+jwt"
	// assertionLife is how long an assertion of ours is good.
	assertionLife = time.Minute
)

// Why there is no answer.
var (
	errType   = errors.New("the answer is of another media type")
	errAnswer = errors.New("the answer is not one JSON object with active true or false")
)

// ask sends a token to the endpoint and gives the members of its answer, active among them and a boolean. Nothing in
// an error is from the answer or from what was sent.
func (r *Remote) ask(ctx context.Context, token string) (fact.Said, error) {
	q := fetch.Question{Form: url.Values{"token": {token}, "token_type_hint": {"access_token"}}, Accept: plainType}
	if r.config.Signed {
		q.Accept = signedType
	}
	if err := r.prove(&q); err != nil {
		return nil, err
	}
	document, err := r.network.Ask(ctx, r.config.Endpoint, q)
	if err != nil {
		return nil, err
	}
	if mediaType, _, err := mime.ParseMediaType(document.ContentType); err != nil || mediaType != q.Accept {
		return nil, errType
	}
	var members map[string]any
	if r.config.Signed {
		members, err = r.open(ctx, string(document.Body))
	} else if members, err = oauth.ReadObject(document.Body); err != nil {
		err = errAnswer
	}
	if err != nil {
		return nil, err
	}
	if _, ok := members["active"].(bool); !ok { // "true" and 1 are none
		return nil, errAnswer
	}
	return members, nil
}

// prove says who asks: by the secret in the header (RFC 6749 section 2.3.1), or by an assertion (RFC 7523 section 3).
func (r *Remote) prove(q *fetch.Question) error {
	if r.config.Key == nil {
		pair := url.QueryEscape(r.config.ClientID) + ":" + url.QueryEscape(string(r.config.Secret))
		q.Authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
		return nil
	}
	now := r.now()
	assertion, err := r.config.Key.Sign(assertionTyp, map[string]any{
		"iss": r.config.ClientID, "sub": r.config.ClientID, "aud": r.config.Issuer, "jti": keys.NewID(),
		"iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	q.Form.Set("client_assertion_type", assertionType)
	q.Form.Set("client_assertion", assertion)
	return err
}
