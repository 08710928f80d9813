package logout

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// paramInteraction is the hidden field of the page that asks.
const paramInteraction = "interaction"

// sealAsk is the use of that field's seal: it opens as nothing else, and nothing else as it.
const sealAsk = "end_session"

// asked is what the page that asks carries.
type asked struct {
	// Form are the parameters of the request. They are judged again when the answer comes.
	Form url.Values `json:"form"`
	// Misread says that they could not all be read.
	Misread bool `json:"misread,omitempty"`
}

// endSessionView is what end_session.html shows.
type endSessionView struct {
	Action, Interaction  string
	Account, AccountURL  string
	Client, RedirectHost string
	Stale                bool
}

// ask shows the page that asks. Its form is bound to this browser and to the session that it was shown to. A request
// that is too large for it is not carried on, and its client not returned to, but who wants to sign out can.
func (e *Endpoint) ask(w http.ResponseWriter, r *http.Request, q *request, sess *session.Session, stale bool) {
	account, err := e.displayName(r, sess)
	if err != nil {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	text, err := e.sealAsked(w, r, q, sess)
	if err != nil && !oauth.AsError(err).Ours() {
		q = &request{params: oauth.Params{}}
		q.stop(web.StoppedRequest, err)
		text, err = e.sealAsked(w, r, q, sess)
	}
	if err != nil {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	view := endSessionView{Action: e.url(), Interaction: text, Account: account, AccountURL: e.Issuer + "/account", Stale: stale}
	if q.client != nil {
		languages := append(oauth.ParseLocales(q.params.Get(paramUILocales)), web.Languages(r)...)
		c := q.client.Introduce(languages, q.location)
		view.Client = c.Name
		if q.location != "" {
			view.RedirectHost = c.RedirectHost
		}
	}
	status, options := http.StatusOK, web.PageOptions{Endpoint: endpoint}
	if stale {
		status, options.Err = http.StatusForbidden, oauth.AccessDenied("the form is out of date", nil)
	}
	e.Respond.Page(w, r, status, "end_session", view, options)
}

// displayName is what the person is called. Whoever comes to a browser that nobody is signed in with any more is not
// told who was.
func (e *Endpoint) displayName(r *http.Request, sess *session.Session) (string, error) {
	if e.Sessions.Lapsed(sess) {
		return "", nil
	}
	u, err := e.Users.Lookup(r.Context(), sess.Account)
	if errors.Is(err, user.ErrNotFound) {
		return sess.Account, nil
	}
	if err != nil {
		return "", err
	}
	return u.DisplayName(), nil
}

func (e *Endpoint) sealAsked(w http.ResponseWriter, r *http.Request, q *request, sess *session.Session) (string, error) {
	body, err := json.Marshal(asked{Form: q.params.Values(), Misread: q.stopped == web.StoppedRequest})
	if err != nil {
		return "", fmt.Errorf("logout: encode: %w", err)
	}
	page := e.Interactions.Receive(sealAsk, body)
	page.SessionID = sess.ID
	return e.Interactions.Seal(e.Interactions.Begin(w, r), page)
}

// confirm takes the answer of the page that asks. It counts only from a page of ours, in the browser and for the
// session that it was shown to; otherwise another site could sign people out (RFC 9700 section 4.16).
func (e *Endpoint) confirm(w http.ResponseWriter, r *http.Request, sealed string) {
	if err := web.CheckOrigin(r, e.origin); err != nil {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	page, err := e.Interactions.Open(r, sealed)
	stale := errors.Is(err, interaction.ErrStale)
	var was asked
	if err != nil && !stale || page.Next != sealAsk || json.Unmarshal(page.Request, &was) != nil {
		e.Respond.RefusePage(w, r, endpoint, oauth.AccessDenied("the form does not belong to this browser", err))
		return
	}
	sess, err := e.current(r)
	if err != nil {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	params, misread := oauth.NewParams(was.Form)
	if was.Misread {
		misread = oauth.InvalidRequest("the request could not be read", nil)
	}
	q, err := e.judge(r.Context(), params, misread)
	switch {
	case err != nil:
		e.Respond.RefusePage(w, r, endpoint, err)
	case sess != nil && (stale || sess.ID != page.SessionID):
		e.ask(w, r, q, sess, true)
	default:
		e.end(w, r, q, sess)
	}
}
