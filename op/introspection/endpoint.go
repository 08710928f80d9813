package introspection

import (
	"errors"
	"net/http"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/metrics"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// name is the endpoint's name in log lines.
const name = "introspection"

var errPublic = errors.New("a public client proves nothing by its client_id")

// Deps are the rooms the endpoint uses.
type Deps struct {
	Clients   *client.Authenticator
	Protector *client.Protector
	Grants    *grant.Grants
	Resources *resource.Set
	Respond   *web.Responder
	Issuer    string
	Now       func() time.Time
	// Count counts the answers.
	Count *metrics.Provider
}

// Endpoint is the introspection endpoint of one configuration.
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

// ServeHTTP answers an introspection request; only POST is served (RFC 7662 section 2.1).
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.serve(w, r) }

func (e *Endpoint) post(w http.ResponseWriter, r *http.Request) {
	p, err := web.Form(w, r)
	if err != nil {
		e.refuse(w, r, err)
		return
	}
	caller, err := e.caller(r, p)
	if err != nil {
		e.refuse(w, r, err)
		return
	}
	r = web.ForClient(r, caller.ID)
	told, err := e.introspect(r, caller, p.Get("token"))
	if err != nil {
		e.refuse(w, r, err)
		return
	}
	e.Count.Introspection(told.outcome())
	e.write(w, r, caller, told)
}

func (e *Endpoint) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e.Count.Introspection(metrics.OutcomeOf(err))
	e.Respond.Refuse(w, r, name, err)
}

// caller authenticates the client. A public one would let everybody who knows a client_id search for
// tokens (RFC 7662 sections 2.1 and 4).
func (e *Endpoint) caller(r *http.Request, p oauth.Params) (*client.Client, error) {
	c, err := e.Clients.Authenticate(r.Context(), r, p)
	if err != nil {
		return nil, err
	}
	if c.Public() {
		return nil, oauth.InvalidClient("client authentication failed", errPublic)
	}
	return c, nil
}

// introspect says what the caller may know about the token. token_type_hint is not needed: a token
// shows its kind.
func (e *Endpoint) introspect(r *http.Request, caller *client.Client, token string) (*answer, error) {
	if token == "" {
		return nil, oauth.InvalidRequest("token is missing", nil)
	}
	found, err := e.Grants.IntrospectAny(r.Context(), token)
	if errors.Is(err, grant.ErrInactive) {
		return &answer{}, nil
	}
	if err != nil {
		return nil, err
	}
	return e.tell(caller, found), nil
}
