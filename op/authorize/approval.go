package authorize

import (
	"context"
	"errors"

	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// approval asks whether the person has to consent, and grants if they need not or just have. What a
// concurrent request changes in the meantime (a consent that grew or was withdrawn, a client that
// joined the session) makes the commit fail and the question be put again.
func (e *Endpoint) approval(ctx context.Context, q *request, who *person) (answer, error) {
	var given answer
	err := store.Again(func() (err error) {
		given, err = e.approve(ctx, q, who)
		return err
	})
	return given, err
}

// approve is approval as things are now. ErrConflict and ErrExists say that they have just changed.
func (e *Endpoint) approve(ctx context.Context, q *request, who *person) (answer, error) {
	remembered, err := e.Consents.Get(ctx, who.user.Account, q.client.ID)
	if err != nil {
		return nil, err
	}
	asked := e.asked(q, who, remembered)
	needed := consent.Needed(q.client, q.prompts, remembered, asked)
	if needed && !q.approved(who, asked) {
		if q.prompts.Has(oauth.PromptNone) {
			return nil, oauth.ConsentRequired("the person has to consent", nil)
		}
		return e.askConsent(q, who, remembered, asked), nil
	}
	if !needed && !q.begunBy(who) {
		// Somebody else has signed in since, in another tab. No page would have told them, or the
		// person before them, as whom the client is answered.
		return e.askAccount(q), nil
	}
	issued, err := e.grant(ctx, q, who, &outcome{asked: asked, remembered: remembered, approved: needed})
	switch {
	case err == nil:
		return e.give(q, issued), nil
	case lost(err, store.Answered):
		return e.alreadyAnswered, nil
	}
	return nil, err
}

// asked is what the person is asked for. offline_access is dropped unless it may be granted (OIDC Core
// section 11).
func (e *Endpoint) asked(q *request, who *person, remembered *consent.Consent) consent.Request {
	asked := consent.Request{
		Account: who.user.Account, ClientID: q.client.ID, Scopes: q.scopes, Resources: q.resources,
		RedirectURI: q.redirectURI, Terms: consent.Terms(q.client),
	}
	if !q.mayStay(asked, remembered) {
		asked.Scopes = asked.Scopes.Without(oauth.Scopes{oauth.ScopeOfflineAccess})
	}
	asked.Claims = e.claimsBeyond(q, asked.Scopes)
	return asked
}

// mayStay reports whether offline_access may be granted: the client may refresh, and the person sees
// consent for it now, has seen it before, or the operator has seen it for them.
func (q *request) mayStay(asked consent.Request, remembered *consent.Consent) bool {
	if !q.mayRefresh() {
		return false
	}
	asked.Scopes, asked.Resources = oauth.Scopes{oauth.ScopeOfflineAccess}, nil
	return q.prompts.Has(oauth.PromptConsent) || consent.Skipped(q.client, q.redirectURI) ||
		consent.Remembered(q.client, remembered, asked)
}

// mayRefresh also needs a code: no other response leads to the token endpoint.
func (q *request) mayRefresh() bool { return q.yields("code") && q.client.MayRefresh() }

// refresh decides whether there will be a refresh token.
func (q *request) refresh(granted oauth.Scopes) bool {
	return q.yields("code") && q.client.Refreshes(granted)
}

// approved reports whether the person has just said yes: on a page of this request, that was made for
// the session that is here now, and that told them everything that is asked for.
func (q *request) approved(who *person, asked consent.Request) bool {
	return q.decision == decisionAllow && q.interaction.SessionID == who.session.ID && q.shown.covers(asked)
}

// answered reports whether a request that comes back has had its answer. The commit decides; this spares
// the person a page that leads nowhere.
func (e *Endpoint) answered(ctx context.Context, q *request) (bool, error) {
	if !q.resumed || q.stale {
		return false, nil
	}
	change := interaction.Answered(q.interaction, e.Interactions.Until(q.interaction))
	_, err := e.Store.Get(ctx, change.Record.Kind, change.Record.Key)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// answering marks the request as answered. One that was never on a page cannot come a second time.
func (e *Endpoint) answering(q *request) []store.Change {
	if !q.resumed {
		return nil
	}
	return []store.Change{interaction.Answered(q.interaction, e.Interactions.Until(q.interaction))}
}

// lost reports whether a commit failed because a record of this kind was in the way.
func lost(err error, kind store.Kind) bool {
	loser, ok := errors.AsType[*store.LostError](err)
	return ok && loser.Kind == kind
}
