package userinfo

import (
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

var errNoToken = errors.New("no access token was sent")

// credential is an access token and how it was sent.
type credential struct {
	token string
	// dpop says that it came by the scheme of tokens that are bound to a key.
	dpop bool
}

// token reads the access token of a request (RFC 6750 sections 2.1 and 2.2, RFC 9449 section 7.1). One way at a time: two
// tokens are two readings of one request. A token in the query would end up in logs and is refused
// whether or not there is another.
func token(w http.ResponseWriter, r *http.Request) (credential, error) {
	query, err := web.Query(r)
	if err != nil {
		return credential{}, challenged(err)
	}
	if query.Has("access_token") {
		return credential{}, challenged(oauth.InvalidRequest("access_token belongs in the header or the body", nil))
	}
	headers := r.Header.Values("Authorization")
	inBody, err := bodyToken(w, r)
	switch {
	case err != nil:
		return credential{}, challenged(err)
	case len(headers) > 1 || len(headers) == 1 && inBody != "":
		return credential{}, challenged(oauth.InvalidRequest("more than one access token or credential was sent", nil))
	case inBody != "":
		return credential{token: inBody}, nil
	case len(headers) == 0:
		return credential{}, errNoToken
	}
	if bound, ok := oauth.ParseDPoP(headers[0]); ok {
		return credential{token: bound, dpop: true}, nil
	}
	inHeader, ok := oauth.ParseBearer(headers[0])
	switch scheme, _, _ := strings.Cut(headers[0], " "); {
	case ok:
		return credential{token: inHeader}, nil
	case strings.EqualFold(scheme, "Bearer"), strings.EqualFold(scheme, "DPoP"): // RFC 6750 section 3.1: the request is malformed
		return credential{}, challenged(oauth.InvalidRequest("bearer credentials are malformed", nil))
	}
	return credential{}, errNoToken
}

// bodyToken reads access_token from the form of a POST. A POST with another body, or none, has no token
// in it (RFC 6750 section 2.2).
func bodyToken(w http.ResponseWriter, r *http.Request) (string, error) {
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || mediaType != "application/x-www-form-urlencoded" {
		return "", nil
	}
	p, err := web.Form(w, r)
	return p.Get("access_token"), err
}

// bareChallenge answers a request without a token. It names the realm because a Bearer challenge must have
// a parameter, and no other one applies (RFC 6750 section 3).
const bareChallenge = `Bearer realm="userinfo"`

// challenged adds the Bearer challenge that RFC 6750 section 3 wants with every refusal that is about
// the token or how it was sent.
func challenged(err error) error {
	refusal, ok := errors.AsType[*oauth.Error](err)
	if !ok {
		return err
	}
	told := *refusal
	told.Challenge = `Bearer error="` + told.Code + `"`
	if told.Description != "" {
		told.Challenge += `, error_description="` + told.Description + `"`
	}
	if told.Code == "insufficient_scope" {
		told.Challenge += `, scope="` + oauth.ScopeOpenID + `"`
	}
	return &told
}
