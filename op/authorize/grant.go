package authorize

import (
	"context"
	"errors"

	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// outcome is how the question of consent ended.
type outcome struct {
	asked      consent.Request
	remembered *consent.Consent
	// approved means that the person was asked and said yes.
	approved bool
}

// grant makes what the response type yields and, in the one commit that everything of an answer is part of, the
// grant behind it, the consent it hangs from, the client's name for the session and the mark that the request is
// answered. The mark comes first: of several answers to one request it says which was late. Whatever can fail is
// made before the commit, so that no answer is spent that nobody gets.
func (e *Endpoint) grant(ctx context.Context, q *request, who *person, o *outcome) ([]web.Field, error) {
	changes := e.answering(q)
	sid, joining, err := e.join(ctx, q, who)
	if err != nil {
		return nil, err
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
		return nil, err
	}
	changes = append(changes, using...)
	issued, err := e.Grants.Authorize(made, q.client, who.user, q.wanted())
	if err != nil {
		return nil, err
	}
	idToken, err := e.idToken(ctx, q, who, issued)
	if err != nil {
		return nil, err
	}
	if changes = append(changes, issued.Changes...); len(changes) > 0 {
		if err := e.Store.Commit(ctx, changes...); err != nil {
			return nil, err
		}
	}
	e.tellGranted(ctx, o, issued)
	return success(issued, idToken), nil
}

// join gives the session its name at the client. A client that is told nothing of the session has no use for one.
// One that has ended since is joined by nobody.
func (e *Endpoint) join(ctx context.Context, q *request, who *person) (sid string, joining []store.Change, err error) {
	if q.responseType == oauth.ResponseTypeNone {
		return "", nil, nil
	}
	sid, joining, err = e.Sessions.Join(ctx, who.session, q.client.ID, who.subject)
	if errors.Is(err, session.ErrNone) {
		err = oauth.LoginRequired("the session has ended", err)
	}
	return sid, joining, err
}

// wanted is what the response type yields beside an ID token.
func (q *request) wanted() grant.Yield {
	want := grant.Yield{AccessToken: q.yields("token")}
	if q.yields("code") {
		want.Code = &grant.CodeRequest{
			RedirectURI: q.redirectURI, Challenge: q.challenge, Nonce: q.params.Get(paramNonce),
			JKT: q.params.Get(paramDPoPJKT),
		}
	}
	return want
}
