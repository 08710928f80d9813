package revocation

import (
	"context"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// name is the endpoint's name in log lines.
const name = "revocation"

// Deps are the rooms the endpoint uses.
type Deps struct {
	Clients *client.Authenticator
	Grants  *grant.Grants
	Respond *web.Responder
}

// Endpoint is the revocation endpoint of one configuration.
type Endpoint struct {
	Deps
	serve http.HandlerFunc
}

// New makes the endpoint.
func New(d Deps) *Endpoint {
	e := &Endpoint{Deps: d}
	e.serve = d.Respond.Methods(name, map[string]http.HandlerFunc{http.MethodPost: e.post})
	return e
}

// ServeHTTP answers a revocation request; only POST is served (RFC 7009 section 2.1).
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.serve(w, r) }

func (e *Endpoint) post(w http.ResponseWriter, r *http.Request) {
	p, err := web.Form(w, r)
	if err != nil {
		e.Respond.Refuse(w, r, name, err)
		return
	}
	c, err := e.Clients.Authenticate(r.Context(), r, p)
	if err != nil {
		e.Respond.Refuse(w, r, name, err)
		return
	}
	web.NarrowOrigin(w, r, c.AllowsOrigin)
	if err := e.revoke(r.Context(), c, p); err != nil {
		e.Respond.Refuse(w, web.ForClient(r, c.ID), name, err)
		return
	}
	// Section 2.2: the status says it all, the body is ignored.
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	w.WriteHeader(http.StatusOK)
}

// revoke ends the token. token_type_hint is not needed: a token shows its kind. Only nil means that
// the token is dead: an error of the store is never answered with 200.
func (e *Endpoint) revoke(ctx context.Context, c *client.Client, p oauth.Params) error {
	token := p.Get("token")
	if token == "" {
		return oauth.InvalidRequest("token is missing", nil)
	}
	return e.Grants.RevokeToken(ctx, c.ID, token)
}
