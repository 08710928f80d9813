package authorize

import (
	"context"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/grant"
)

// implicit is the grant type of what the authorization endpoint issues (OIDC Dynamic Client Registration section 2).
const implicit = "implicit"

// tellGranted has it told what a person allowed, if they were asked, and that a token was issued for it here. A code
// is not told of: it is worth what the token endpoint makes of it.
func (e *Endpoint) tellGranted(ctx context.Context, o *outcome, issued *grant.Authorized) {
	of := issued.Grant
	told := audit.Event{
		Name: audit.Consent, ClientID: of.ClientID, Account: of.Account, SessionID: of.SessionID, GrantID: of.ID,
		Scopes: of.Scopes, Audience: of.Resources,
	}
	if o.approved {
		e.Trail.Tell(ctx, told)
	}
	if issued.AccessToken != "" {
		told.Name, told.GrantType, told.Scopes = audit.TokenIssued, implicit, issued.Scopes
		e.Trail.Tell(ctx, told)
	}
}

// tellDenied has it told that a person said no. Who they are was not looked at again; their session tells.
func (e *Endpoint) tellDenied(ctx context.Context, q *request) {
	e.Trail.Tell(ctx, audit.Event{
		Name: audit.ConsentRefused, ClientID: q.client.ID, SessionID: q.interaction.SessionID, Scopes: q.scopes, Audience: q.resources,
	})
}
