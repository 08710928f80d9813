package account

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// The buttons of the page: the name of one says what to do, its value to what.
const (
	actWithdraw = "withdraw" // a client_id
	actEnd      = "end"      // the ID of a session
	actSignOut  = "sign_out" // here or everywhere
)

// The values of actSignOut.
const (
	here       = "here"
	everywhere = "everywhere"
)

var acts = []string{actWithdraw, actEnd, actSignOut}

// act is a button that was pressed.
type act struct {
	Act   string `json:"act"`
	Value string `json:"value"`
}

// post is an answer to the page. It counts only from a page of ours, in the browser and for the session
// that it was made for: otherwise another site could sign people out or take from them what they
// allowed (RFC 9700 section 4.16, RFC 6819 section 4.4.1.10).
func (e *Endpoint) post(w http.ResponseWriter, r *http.Request) {
	p, err := web.Form(w, r)
	if err == nil {
		err = web.CheckOrigin(r, e.origin)
	}
	if err != nil {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	sessionID, err := e.openPage(r, p.Get(paramInteraction))
	if err != nil && !errors.Is(err, interaction.ErrStale) {
		e.Respond.RefusePage(w, r, endpoint, oauth.AccessDenied("the form does not belong to this browser", err))
		return
	}
	stale := err != nil
	who, err := e.SignIn.Current(r)
	switch {
	case err != nil:
		e.Respond.RefusePage(w, r, endpoint, err)
	case who == nil:
		e.signIn(w, r)
	case stale:
		e.show(w, r, http.StatusForbidden, who, remark{Stale: true, Err: oauth.AccessDenied("the page was open for too long", nil)})
	case who.Session.ID != sessionID:
		e.show(w, r, http.StatusForbidden, who, remark{Stale: true, Err: oauth.AccessDenied("the form belongs to another session", nil)})
	default:
		e.perform(w, r, p, who)
	}
}

// perform does what the button says and tells of it on the next page. Until the store has said yes,
// nothing is said to have happened and the browser keeps its cookie.
func (e *Endpoint) perform(w http.ResponseWriter, r *http.Request, p oauth.Params, who *signin.Person) {
	what, err := pressed(p)
	if err != nil {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	if what.Act == actEnd && what.Value == who.Session.ID {
		what = act{actSignOut, here}
	}
	if err := e.end(r.Context(), what, who); err != nil {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	told, err := e.Interactions.SealNews(w, r, sealDone, who.Session.ID, what)
	if err != nil {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	ended := "" // in this browser: others hear nothing of it
	if what.Act == actSignOut {
		e.Sessions.Forget(w, r)
		ended = who.Session.ID
	}
	e.FrontChannel.Leave(w, r, ended, e.url()+"?"+paramDone+"="+url.QueryEscape(told))
}

// pressed is the one button of the form.
func pressed(p oauth.Params) (act, error) {
	var what act
	for _, name := range acts {
		value := p.Get(name)
		if value == "" {
			continue
		}
		if what.Act != "" {
			return act{}, oauth.InvalidRequest("the form says two things at once", nil)
		}
		what = act{name, value}
	}
	if what.Act == "" || what.Act == actSignOut && what.Value != here && what.Value != everywhere {
		return act{}, oauth.InvalidRequest("what to do is not known", nil)
	}
	return what, nil
}

// end is one write to what everything else hangs from.
func (e *Endpoint) end(ctx context.Context, what act, who *signin.Person) error {
	account := who.User.Account
	switch {
	case what.Act == actWithdraw:
		return e.withdraw(ctx, account, what.Value)
	case what.Act == actEnd:
		return e.endSession(ctx, account, what.Value)
	case what.Value == everywhere:
		err := e.Sessions.CutOff(ctx, account)
		return e.told(ctx, err, audit.Event{Name: audit.Logout, Account: account, Reason: audit.ReasonEverywhere})
	}
	return e.signOut(ctx, who.Session)
}

// withdraw takes a consent back, unless that would end nothing.
func (e *Endpoint) withdraw(ctx context.Context, account, clientID string) error {
	c, err := e.Clients.Get(ctx, clientID)
	if err != nil && !errors.Is(err, client.ErrNotFound) {
		return err
	}
	if err == nil && byOperator(c) {
		return oauth.AccessDenied("the operator allows this application", nil)
	}
	given, err := e.Consents.Withdraw(ctx, account, clientID)
	if given != nil {
		e.Trail.Tell(ctx, audit.Event{Name: audit.ConsentWithdrawn, Account: account, ClientID: given.ClientID, Scopes: given.Scopes})
	}
	return err
}

// endSession ends a session of the account, and of nobody else. One that is not there, or not theirs, is
// the same: it is not among those they are signed in with.
func (e *Endpoint) endSession(ctx context.Context, account, id string) error {
	sess, err := e.Sessions.Get(ctx, id)
	if errors.Is(err, session.ErrNone) || err == nil && sess.Account != account {
		return nil
	}
	if err != nil {
		return err
	}
	return e.signOut(ctx, sess)
}

// signOut ends one session.
func (e *Endpoint) signOut(ctx context.Context, sess *session.Session) error {
	err := e.Sessions.End(ctx, sess.ID)
	return e.told(ctx, err, audit.Event{
		Name: audit.Logout, Account: sess.Account, SessionID: sess.ID, Reason: audit.ReasonAsked,
	})
}

// told has it told what was done, unless that failed.
func (e *Endpoint) told(ctx context.Context, err error, done audit.Event) error {
	if err == nil {
		e.Trail.Tell(ctx, done)
	}
	return err
}
