package userinfo

import (
	"errors"
	"maps"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/dpop"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// name is the endpoint's name in log lines.
const name = "userinfo"

// Deps are the rooms the endpoint uses.
type Deps struct {
	Issuer    string
	Grants    *grant.Grants
	Users     *user.Directory
	Clients   *client.Registry
	Protector *client.Protector
	Resources *resource.Set
	Respond   *web.Responder
	// Proofs judges the proofs of tokens that are bound to a key, which have to be made for one of URLs, the
	// endpoint's own. DPoPNonce says that each needs a nonce.
	Proofs    *dpop.Proofs
	URLs      []string
	DPoPNonce bool
}

// Endpoint is the UserInfo endpoint of one configuration.
type Endpoint struct {
	Deps
	target dpop.Target
	serve  http.HandlerFunc
}

// New makes the endpoint.
func New(d Deps) *Endpoint {
	// The issuer has been checked; of no target nothing could be proved.
	target, _ := dpop.TargetOf(d.URLs...)
	e := &Endpoint{Deps: d, target: target}
	e.serve = d.Respond.Methods(name, map[string]http.HandlerFunc{http.MethodGet: e.answer, http.MethodPost: e.answer})
	return e
}

// ServeHTTP answers GET and POST (OIDC Core section 5.3.1).
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.serve(w, r) }

func (e *Endpoint) answer(w http.ResponseWriter, r *http.Request) {
	sent, err := token(w, r)
	if errors.Is(err, errNoToken) {
		// RFC 6750 section 3.1: a request without a token gets a challenge and no error code.
		w.Header().Set("WWW-Authenticate", bareChallenge)
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if err != nil {
		e.Respond.Refuse(w, r, name, err)
		return
	}
	claims, clientID, err := e.claims(w, r, sent)
	if err != nil {
		e.Respond.Refuse(w, r, name, sent.challenged(err))
		return
	}
	e.write(w, r, clientID, claims)
}

// claims are what the token's scopes release about its person (OIDC Core section 5.4), and what its client
// asked for by name with the person's consent (section 5.5). What the token is for is not asked: every access
// token with openid opens this door. sub is the one the client knows from its ID token, whatever the claims
// say. The client is the one they are told.
func (e *Endpoint) claims(w http.ResponseWriter, r *http.Request, sent credential) (claims map[string]any, clientID string, err error) {
	ctx := r.Context()
	t, err := e.Grants.Introspect(ctx, sent.token)
	switch {
	case errors.Is(err, grant.ErrInactive):
		return nil, "", oauth.InvalidToken("access token is not active", err)
	case err != nil:
		return nil, "", err
	}
	if err := e.checkBound(w, r, sent, t); err != nil {
		return nil, "", err
	}
	switch {
	case !t.SignedIn || !t.Scopes.Has(oauth.ScopeOpenID):
		return nil, "", oauth.InsufficientScope("access token has no openid scope", nil)
	}
	u, err := e.Users.Lookup(ctx, t.Account)
	switch {
	case errors.Is(err, user.ErrNotFound): // gone since the token was looked at
		return nil, "", oauth.InvalidToken("access token is not active", err)
	case err != nil:
		return nil, "", err
	}
	told, custom := user.Selection{
		Scopes: t.Scopes, Names: t.UserinfoClaims, Locales: t.Grant.Claims.Locales,
	}, e.Resources.Scopes()
	claims = user.ClaimsFor(u, told, custom)
	maps.Copy(claims, user.ClaimsElsewhere(u, told, custom))
	claims["sub"] = t.Subject
	return claims, t.ClientID, nil
}
