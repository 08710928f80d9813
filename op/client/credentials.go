package client

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// challenge answers an attempt by the Authorization header (RFC 6749 section 5.2, RFC 7617 section 2).
const challenge = `Basic realm="token endpoint", charset="UTF-8"`

// maxSecret bounds what is hashed for a stranger, in bytes.
const maxSecret = 1024

// credentials are what a request shows of its client; the method says how.
type credentials struct {
	method, id, secret string
	// assertion is a JWT that stands in place of a secret.
	assertion string
	basic     bool
}

// refuse is the one answer for every reason.
func (c credentials) refuse(cause error) error {
	refusal := oauth.InvalidClient("client authentication failed", cause)
	if c.basic {
		refusal.Challenge = challenge
	}
	return refusal
}

// from names these credentials as they are shown from one network; no others have that name.
func (c credentials) from(network string) string {
	return c.method + " " + network + " " + strconv.Itoa(len(c.id)) + " " + c.id + c.secret
}

// read finds the one method by which a request authenticates its client.
func read(r *http.Request, p oauth.Params) (credentials, error) {
	if err := checkURL(r); err != nil {
		return credentials{}, err
	}
	headers := r.Header.Values("Authorization")
	if len(headers) > 1 {
		return credentials{}, oauth.InvalidRequest("more than one Authorization header", nil)
	}
	if len(headers) == 1 {
		return readBasic(headers[0], p)
	}
	shown := credentials{method: oauth.AuthNone, id: p.Get("client_id"), secret: p.Get("client_secret")}
	assertion := p.Has("client_assertion") || p.Has("client_assertion_type")
	switch {
	case assertion && shown.secret != "":
		return credentials{}, oauth.InvalidRequest("more than one client authentication method", nil)
	case assertion:
		return readAssertion(p)
	case shown.id == "":
		return credentials{}, shown.refuse(errNoClient)
	case shown.secret == "":
		return shown, nil
	}
	shown.method = oauth.AuthClientSecretPost
	return shown, shown.checkSize()
}

// readBasic reads the Authorization header. The same client_id in the form is no second method, since
// widespread libraries send it.
func readBasic(header string, p oauth.Params) (credentials, error) {
	shown := credentials{method: oauth.AuthClientSecretBasic, basic: true}
	id, secret, isBasic, err := oauth.ParseBasic(header)
	switch {
	case !isBasic:
		return credentials{}, shown.refuse(errUnsupported)
	case err != nil:
		return credentials{}, err
	case p.Has("client_secret") || p.Has("client_assertion") || p.Has("client_assertion_type"):
		return credentials{}, oauth.InvalidRequest("more than one client authentication method", nil)
	case p.Has("client_id") && p.Get("client_id") != id:
		return credentials{}, shown.refuse(errOtherClient)
	}
	shown.id, shown.secret = id, secret
	return shown, shown.checkSize()
}

// checkSize refuses what no client of ours can have, before anything is hashed.
func (c credentials) checkSize() error {
	if len(c.secret) > maxSecret {
		return c.refuse(errSecret)
	}
	return nil
}

// checkURL refuses a secret in the URL, which logs and histories keep (RFC 6749 section 2.3.1).
func checkURL(r *http.Request) error {
	if r.URL.RawQuery == "" {
		return nil
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return oauth.InvalidRequest("query is malformed", nil)
	}
	if slices.ContainsFunc([]string{"client_secret", "client_assertion"}, query.Has) {
		return oauth.InvalidRequest("client credentials are not accepted in the URL", nil)
	}
	return nil
}
