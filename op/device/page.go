package device

import (
	"errors"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

func (e *Endpoint) get(w http.ResponseWriter, r *http.Request) {
	p, err := web.Query(r)
	if err != nil {
		e.Respond.RefusePage(w, r, endpointPage, err)
		return
	}
	who, err := e.SignIn.Current(r)
	switch {
	case err != nil:
		e.Respond.RefusePage(w, r, endpointPage, err)
	case who == nil:
		e.askSignIn(w, r, p.Get(paramUserCode))
	case p.Has(paramDone):
		e.tell(w, r, who, p.Get(paramDone))
	case p.Has(paramInteraction):
		e.found(w, r, who, p.Get(paramInteraction))
	default:
		e.showEnter(w, r, who, enterState{UserCode: p.Get(paramUserCode)})
	}
}

// post is a code or an answer. It counts only from a page of ours, in the browser and for the session that the page
// was made for (RFC 9700 section 4.16): else another site could let a device in.
func (e *Endpoint) post(w http.ResponseWriter, r *http.Request) {
	p, err := web.Form(w, r)
	if err == nil {
		err = web.CheckOrigin(r, e.origin)
	}
	if err != nil {
		e.Respond.RefusePage(w, r, endpointPage, err)
		return
	}
	who, err := e.SignIn.Current(r)
	switch {
	case err != nil:
		e.Respond.RefusePage(w, r, endpointPage, err)
		return
	case who == nil:
		e.askSignIn(w, r, p.Get(paramUserCode))
		return
	}
	use, c, err := e.open(r, p.Get(paramInteraction), who, sealEnter, sealDecide)
	switch {
	case errors.Is(err, errStale) && use == sealEnter:
		e.stale(w, r, who, p.Get(paramUserCode))
	case errors.Is(err, errStale):
		e.stale(w, r, who, c.UserCode)
	case err != nil:
		e.Respond.RefusePage(w, r, endpointPage, err)
	case use == sealEnter:
		e.enter(w, r, who, p.Get(paramUserCode))
	default:
		e.decide(w, r, who, c, p.Get(paramDecision))
	}
}

// found puts the question for a code that was found.
func (e *Endpoint) found(w http.ResponseWriter, r *http.Request, who *signin.Person, text string) {
	_, c, err := e.open(r, text, who, sealFound)
	switch {
	case errors.Is(err, errStale):
		e.stale(w, r, who, c.UserCode)
	case err != nil:
		e.Respond.RefusePage(w, r, endpointPage, err)
	default:
		e.ask(w, r, who, c)
	}
}

// tell says what came of it, on the page that the answer leads to. Without a seal of ours it says nothing.
func (e *Endpoint) tell(w http.ResponseWriter, r *http.Request, who *signin.Person, text string) {
	_, c, err := e.open(r, text, who, sealDone)
	if err != nil {
		e.showEnter(w, r, who, enterState{})
		return
	}
	e.Respond.Page(w, r, http.StatusOK, "device_done", doneView{Allowed: c.Allowed}, web.PageOptions{})
}
