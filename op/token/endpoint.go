package token

import (
	"context"
	"net/http"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/devicecode"
	"github.com/seed-5b16f944/gatehouse/op/dpop"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// name is the endpoint's name in log lines.
const name = "token"

// Deps are the rooms the endpoint uses.
type Deps struct {
	Clients   *client.Authenticator
	Grants    *grant.Grants
	IDTokens  *idtoken.Maker
	Resources *resource.Set
	Respond   *web.Responder
	Now       func() time.Time
	// Proofs judges DPoP proofs, which have to be made for one of URLs, the endpoint's own. Nonce says that each needs a
	// nonce.
	Proofs *dpop.Proofs
	URLs   []string
	Nonce  bool
	// Devices are those that wait for their person, and DeviceBudgets say how often they may ask.
	Devices       *devicecode.Codes
	DeviceBudgets *devicecode.Budgets
	// Trail is told what was issued and what was refused.
	Trail *audit.Trail
}

// Endpoint is the token endpoint of one configuration.
type Endpoint struct {
	clients    *client.Authenticator
	respond    *web.Responder
	trail      *audit.Trail
	grantTypes []grantType
	serve      http.HandlerFunc

	proofs     *dpop.Proofs
	target     dpop.Target
	needsNonce bool
}

// grantType is one way to get tokens. handle runs after the shared phases: the client is authenticated
// and may use the grant type, each parameter but resource was sent at most once, and what is issued is to be bound to
// what the request proved.
type grantType struct {
	name   string
	handle func(ctx context.Context, c *client.Client, p oauth.Params, by grant.Possession) (*response, error)
}

// New makes the endpoint.
func New(d Deps) *Endpoint {
	ids := &idTokens{maker: d.IDTokens}
	code := &codeGrant{grants: d.Grants, ids: ids, now: d.Now}
	refresh := &refreshGrant{grants: d.Grants, ids: ids}
	own := &clientGrant{grants: d.Grants, resources: d.Resources}
	device := &deviceGrant{codes: d.Devices, budgets: d.DeviceBudgets, grants: d.Grants, ids: ids, now: d.Now}
	// The issuer has been checked; of no target nothing could be proved.
	target, _ := dpop.TargetOf(d.URLs...)
	e := &Endpoint{
		clients: d.Clients, respond: d.Respond, trail: d.Trail, proofs: d.Proofs, target: target, needsNonce: d.Nonce,
		grantTypes: []grantType{
			{oauth.GrantAuthorizationCode, code.redeem},
			{oauth.GrantRefreshToken, refresh.rotate},
			{oauth.GrantClientCredentials, own.issue},
			{oauth.GrantDeviceCode, device.redeem},
		},
	}
	e.serve = d.Respond.Methods(name, map[string]http.HandlerFunc{http.MethodPost: e.post})
	return e
}

// ServeHTTP answers a token request; only POST is served (RFC 6749 section 3.2).
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.serve(w, r) }

func (e *Endpoint) post(w http.ResponseWriter, r *http.Request) {
	p, err := web.Form(w, r, "resource") // RFC 8707 section 2 alone allows repeating
	if err != nil {
		e.refuse(w, r, nil, p, err)
		return
	}
	c, err := e.clients.Authenticate(r.Context(), r, p)
	if err != nil {
		e.refuse(w, r, nil, p, err)
		return
	}
	web.NarrowOrigin(w, r, c.AllowsOrigin)
	by, err := e.possession(w, r, c)
	if err != nil {
		e.refuse(w, r, c, p, err)
		return
	}
	answer, err := e.grant(r.Context(), c, p, by)
	if err != nil {
		e.refuse(w, r, c, p, err)
		return
	}
	e.tellIssued(r.Context(), p, answer.issued)
	e.respond.JSON(w, r, http.StatusOK, answer)
}

// grant finds the grant type that was asked for and hands the request to it.
func (e *Endpoint) grant(ctx context.Context, c *client.Client, p oauth.Params, by grant.Possession) (*response, error) {
	asked := p.Get("grant_type")
	if asked == "" {
		return nil, oauth.InvalidRequest("grant_type is missing", nil)
	}
	for _, known := range e.grantTypes {
		switch {
		case known.name != asked:
			continue
		case !c.AllowsGrantType(asked):
			return nil, oauth.UnauthorizedClient("client may not use this grant type", nil)
		}
		return known.handle(ctx, c, p, by)
	}
	return nil, oauth.UnsupportedGrantType("grant type is not supported", nil)
}
