package authorize

import (
	"errors"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// paramInteraction is a request that comes back from a page of ours.
const paramInteraction = "interaction"

func (e *Endpoint) get(w http.ResponseWriter, r *http.Request) {
	params, err := web.Query(r, paramResource)
	if err != nil {
		e.misread(w, r, params, err)
		return
	}
	e.read(w, r, params)
}

func (e *Endpoint) post(w http.ResponseWriter, r *http.Request) {
	params, err := web.Form(w, r, paramResource)
	switch {
	case err != nil:
		e.misread(w, r, params, err)
	case web.CrossSitePost(r):
		e.Interactions.ComeBack(w, r, e.Respond, endpoint, e.url(), params)
	default:
		e.read(w, r, params)
	}
}

// misread answers a request of which not everything can be read. If what can be read says to whom, they
// are told, like of any other fault (RFC 6749 section 4.1.2.1).
func (e *Endpoint) misread(w http.ResponseWriter, r *http.Request, params oauth.Params, err error) {
	if !params.Has(paramClientID) || !params.Has(paramRedirectURI) {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	q := e.begin(params)
	q.misread = err
	e.proceed(w, r, q)
}

// read tells a new request from one that comes back. A client that sends a parameter of a name of ours
// has a client_id beside it, and is not heard on that parameter.
func (e *Endpoint) read(w http.ResponseWriter, r *http.Request, params oauth.Params) {
	var q *request
	var err error
	switch {
	case params.Has(paramClientID):
		q = e.begin(params)
	case params.Has(paramInteraction):
		q, err = e.open(r, params.Get(paramInteraction))
	case params.Has(interaction.ParamPosted):
		q, err = e.openPosted(params.Get(interaction.ParamPosted))
	default:
		q = e.begin(params)
	}
	if err != nil {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	e.proceed(w, r, q)
}

// open gives back a request that this browser was sent away with. One that was away for too long
// begins again, under a new seal and with nothing done for it.
func (e *Endpoint) open(r *http.Request, text string) (*request, error) {
	i, err := e.Interactions.Open(r, text)
	stale := errors.Is(err, interaction.ErrStale)
	switch {
	case stale:
		i = e.Interactions.Renew(i)
	case errors.Is(err, interaction.ErrNotOurs):
		return nil, oauth.AccessDenied("the request does not belong to this browser", err)
	case err != nil:
		return nil, err
	}
	if i.Next != interaction.NextAuthorize {
		return nil, oauth.InvalidRequest("there is no request to go on with", nil)
	}
	q, err := resume(i)
	if err != nil {
		return nil, err
	}
	q.stale = stale
	if stale {
		q.shown = nil
	}
	return q, nil
}

func (e *Endpoint) openPosted(text string) (*request, error) {
	params, err := e.Interactions.CameBack(endpoint, text, paramResource)
	if err != nil {
		return nil, err
	}
	return e.begin(params), nil
}
