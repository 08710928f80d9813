package authorize

import (
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// The buttons of the consent page.
const (
	decisionAllow  = "allow"
	decisionDeny   = "deny"
	decisionSwitch = "switch"
)

const (
	paramDecision   = "decision"
	endpointConsent = "consent"
)

// decide takes the person's answer from the consent page. It counts only from a page of ours, in the
// browser the page was made for (RFC 9700 section 4.16); the request then goes the whole way again, so
// that a yes answers nothing but the question of consent.
func (e *Endpoint) decide(w http.ResponseWriter, r *http.Request) {
	q, err := e.decision(w, r)
	if err != nil {
		e.Respond.RefusePage(w, r, endpointConsent, err)
		return
	}
	e.proceed(w, r, q)
}

func (e *Endpoint) decision(w http.ResponseWriter, r *http.Request) (*request, error) {
	params, err := web.Form(w, r)
	if err != nil {
		return nil, err
	}
	if err := web.CheckOrigin(r, e.origin); err != nil {
		return nil, err
	}
	q, err := e.open(r, params.Get(paramInteraction))
	if err != nil {
		return nil, err
	}
	switch decision := params.Get(paramDecision); decision {
	case decisionAllow, decisionDeny, decisionSwitch:
		if !q.stale { // what was answered on a page too old is asked again
			q.decision = decision
		}
		return q, nil
	}
	return nil, oauth.InvalidRequest("decision is not known", nil)
}
