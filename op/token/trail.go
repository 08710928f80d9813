package token

import (
	"context"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// tellIssued has it told what a client got.
func (e *Endpoint) tellIssued(ctx context.Context, p oauth.Params, issued *grant.Issued) {
	of := issued.Grant
	e.trail.Tell(ctx, audit.Event{
		Name: audit.TokenIssued, GrantType: e.grantType(p), ClientID: of.ClientID, Account: of.Account,
		SessionID: of.SessionID, GrantID: of.ID, Scopes: issued.Scopes, Audience: issued.Audience,
	})
}

// refuse answers a request that gets nothing, and has it told. c is nil for a client that did not prove itself.
func (e *Endpoint) refuse(w http.ResponseWriter, r *http.Request, c *client.Client, p oauth.Params, err error) {
	refused := audit.Event{Name: audit.TokenRefused, GrantType: e.grantType(p), Err: err}
	if c != nil {
		refused.ClientID, r = c.ID, web.ForClient(r, c.ID)
	}
	e.trail.Tell(r.Context(), refused)
	e.respond.Refuse(w, r, name, err)
}

// grantType is what was asked for, if there is such a grant type.
func (e *Endpoint) grantType(p oauth.Params) string {
	asked := p.Get("grant_type")
	for _, known := range e.grantTypes {
		if known.name == asked {
			return asked
		}
	}
	return ""
}
