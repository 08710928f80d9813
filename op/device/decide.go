package device

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// The buttons of the page that asks.
const (
	decisionAllow = "allow"
	decisionDeny  = "deny"
)

// decide takes the person's answer. Of several answers the first counts, by whichever page it came.
func (e *Endpoint) decide(w http.ResponseWriter, r *http.Request, who *signin.Person, c carried, decision string) {
	if decision != decisionAllow && decision != decisionDeny {
		e.Respond.RefusePage(w, r, endpointPage, oauth.InvalidRequest("decision is not known", nil))
		return
	}
	allows := decision == decisionAllow
	err := e.answer(r.Context(), who, c, allows)
	if errors.Is(err, session.ErrNone) { // ended since, in another window
		e.askSignIn(w, r, c.UserCode)
		return
	}
	if err != nil {
		e.cannot(w, r, who, c, err)
		return
	}
	text, err := e.seal(w, r, sealDone, who, carried{Allowed: allows})
	if err != nil {
		e.Respond.RefusePage(w, r, endpointPage, err)
		return
	}
	e.Respond.SeeOther(w, r, e.url()+"?"+paramDone+"="+url.QueryEscape(text))
}

// answer stores what the person said to the question as it is now: what a concurrent request changes in the meantime
// has it looked at again.
func (e *Endpoint) answer(ctx context.Context, who *signin.Person, c carried, allows bool) error {
	return store.Again(func() error {
		q, err := e.question(ctx, c.Key)
		switch {
		case err != nil:
			return err
		case !allows:
			return e.deny(ctx, who, q)
		case !q.was(c.Shown):
			return errReask
		}
		return e.allow(ctx, who, q)
	})
}

// deny stores that the person said no.
func (e *Endpoint) deny(ctx context.Context, who *signin.Person, q *question) error {
	err := e.Store.Commit(ctx, q.authorization.Denying()...)
	if err == nil {
		e.tellAnswer(ctx, audit.ConsentRefused, who, q, "")
	}
	return err
}

// tellAnswer has it told what the person answered.
func (e *Endpoint) tellAnswer(ctx context.Context, name audit.Name, who *signin.Person, q *question, grantID string) {
	e.Trail.Tell(ctx, audit.Event{
		Name: name, ClientID: q.client.ID, Account: who.User.Account, SessionID: who.Session.ID, GrantID: grantID,
		GrantType: oauth.GrantDeviceCode, Scopes: q.scopes, Audience: q.resources,
	})
}

// allow makes, in one commit with the answer, the grant that the device may fetch tokens for, the consent that it
// hangs from and that the person can take back, and the client's name for the session.
func (e *Endpoint) allow(ctx context.Context, who *signin.Person, q *question) error {
	subject, err := grant.SubjectOf(e.Users, who.User, q.client, e.Secrets.MAC)
	if err != nil {
		return err
	}
	sid, changes, err := e.Sessions.Join(ctx, who.Session, q.client.ID, subject)
	if err != nil {
		return err
	}
	remembered, err := e.Consents.Get(ctx, who.User.Account, q.client.ID)
	if err != nil {
		return err
	}
	given, remembering := e.Consents.Remember(remembered, consent.Request{
		Account: who.User.Account, ClientID: q.client.ID, Scopes: q.scopes, Resources: q.resources, Terms: consent.Terms(q.client),
	})
	using, err := e.Clients.Using(ctx, q.client)
	if err != nil {
		return err
	}
	made, err := e.Grants.Authorize(grant.Grant{
		ClientID: q.client.ID, Account: who.User.Account, Subject: subject, UserStamp: who.User.Stamp(),
		SessionID: who.Session.ID, CutOffs: who.Session.CutOffs, SID: sid, Scopes: q.scopes, Resources: q.resources,
		ConsentKey: consent.Key(given.Account, given.ClientID), ConsentID: given.ID,
		Offline: q.scopes.Has(oauth.ScopeOfflineAccess), Refresh: q.client.Refreshes(q.scopes),
		AuthTime: who.Session.AuthTime, ACR: who.Session.ACR, AMR: who.Session.AMR,
	}, q.client, who.User, grant.Yield{Until: q.authorization.ValidUntil})
	if err != nil {
		return err
	}
	changes = append(changes, remembering)
	changes = append(changes, using...)
	changes = append(changes, made.Changes...)
	if err := e.Store.Commit(ctx, append(changes, q.authorization.Allowing(made.Grant)...)...); err != nil {
		return err
	}
	e.tellAnswer(ctx, audit.Consent, who, q, made.Grant.ID)
	return nil
}
