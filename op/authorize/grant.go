package authorize

import (
	"context"

	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/signin"
)

// outcome is how the question of consent ended.
type outcome struct {
	asked      consent.Request
	remembered *consent.Consent
	// approved means that the person was asked and said yes.
	approved bool
}

// grant makes the code and, in the one commit that everything of an answer is part of, the grant behind
// it, the consent it hangs from, the client's name for the session and the mark that the request is
// answered. The mark comes first: of several answers to one request it says which was late.
func (e *Endpoint) grant(ctx context.Context, q *request, who *person, o *outcome) (code string, err error) {
	changes := e.answering(q)
	sid, joining, err := e.Sessions.Join(ctx, who.session, q.client.ID)
	if err != nil {
		return "", err
	}
	changes = append(changes, joining...)

	made := grant.Grant{
		ClientID: q.client.ID, Account: who.user.Account, Subject: who.subject, UserStamp: who.user.Stamp(),
		SessionID: who.session.ID, CutOffs: who.session.CutOffs, SID: sid, Scopes: o.asked.Scopes, Resources: o.asked.Resources,
		Offline: o.asked.Scopes.Has(oauth.ScopeOfflineAccess), Refresh: q.refresh(o.asked.Scopes),
		Claims: q.askedClaims, AuthTime: who.session.AuthTime, AMR: who.session.AMR,
	}
	made.ACR, _ = signin.MeetACR(who.session.ACR, q.acrValues)
	standing := o.remembered
	switch {
	case o.approved:
		given, remembering := e.Consents.Remember(o.remembered, o.asked)
		standing, changes = given, append(changes, remembering)
	case consent.Skipped(q.client, q.redirectURI):
		standing = nil // the operator's word, which nobody can withdraw
	default:
		changes = append(changes, e.Consents.Use(standing)...)
	}
	if standing != nil {
		made.ConsentKey, made.ConsentID = consent.Key(standing.Account, standing.ClientID), standing.ID
	}

	using, err := e.Clients.Using(ctx, q.client)
	if err != nil {
		return "", err
	}
	changes = append(changes, using...)
	code, issuing := e.Grants.Authorize(made, grant.CodeRequest{
		RedirectURI: q.redirectURI, Challenge: q.challenge, Nonce: q.params.Get(paramNonce),
	})
	return code, e.Store.Commit(ctx, append(changes, issuing...)...)
}
