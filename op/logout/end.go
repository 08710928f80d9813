package logout

import (
	"context"
	"net/http"
	"net/url"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// paramDone is the parameter of our own redirect to the page that says that it is done.
const paramDone = "done"

// sealDone is the use of its seal, so that no link makes the page say something.
const sealDone = "end_session done"

// end ends the session, and with it what was granted in it and is not to outlive it: op/grant asks. Only when the
// store has said yes does the browser lose its cookie, is anything said to have happened, or does anybody return
// anywhere.
func (e *Endpoint) end(w http.ResponseWriter, r *http.Request, q *request, sess *session.Session) {
	var ended string
	if sess != nil {
		if err := e.Sessions.End(r.Context(), sess.ID); err != nil {
			e.Respond.RefusePage(w, r, endpoint, err)
			return
		}
		e.tellEnded(r.Context(), q, sess)
		e.Sessions.Forget(w, r)
		ended = sess.ID
	} else {
		e.Sessions.ShowState(w, r, nil) // it may have ended elsewhere, or of itself
	}
	if q.client != nil {
		r = web.ForClient(r, q.client.ID)
	}
	if q.location != "" {
		e.FrontChannel.Leave(w, r, ended, q.location)
		return
	}
	if q.stopped != "" {
		e.Respond.LogRefusal(r, endpoint, q.err)
	}
	told, err := e.Interactions.SealNews(w, r, sealDone, "", q.stopped)
	if err != nil {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	e.FrontChannel.Leave(w, r, ended, e.url()+"?"+paramDone+"="+url.QueryEscape(told))
}

// tellEnded has it told who was signed out, and by which application.
func (e *Endpoint) tellEnded(ctx context.Context, q *request, sess *session.Session) {
	ended := audit.Event{Name: audit.Logout, Account: sess.Account, SessionID: sess.ID, Reason: audit.ReasonAsked}
	if q.client != nil {
		ended.ClientID = q.client.ID
	}
	e.Trail.Tell(ctx, ended)
}

// tell says that nobody is signed in in this browser, if that is so, and why the application is not returned to.
func (e *Endpoint) tell(w http.ResponseWriter, r *http.Request, sealed string) {
	sess, err := e.current(r)
	switch {
	case err != nil:
		e.Respond.RefusePage(w, r, endpoint, err)
	case sess != nil: // since then
		e.ask(w, r, &request{params: oauth.Params{}}, sess, false)
	default:
		var stopped string
		e.Interactions.OpenNews(r, sealed, sealDone, &stopped)
		e.Respond.Page(w, r, http.StatusOK, "signed_out", web.SignedOutView{
			EndOffline: e.EndOffline, Stopped: stopped, SignInURL: e.Issuer + "/account",
		}, web.PageOptions{})
	}
}
