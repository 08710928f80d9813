package authorize

import (
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// answer writes what a request comes to: a page, or a redirect to the client.
type answer func(w http.ResponseWriter, r *http.Request)

// give is the answer that carries what was issued.
func (e *Endpoint) give(q *request, issued []web.Field) answer {
	return func(w http.ResponseWriter, r *http.Request) { e.respond(w, r, q, issued, nil) }
}

// refuse tells a failure where it may be told. To the client it is error, error_description, state, iss and
// session_state, and nothing else (RFC 6749 section 4.1.2.1, OpenID Connect Session Management section 2).
func (e *Endpoint) refuse(w http.ResponseWriter, r *http.Request, q *request, refused *refusal) {
	if refused.fails != redirect {
		e.Respond.RefusePage(w, r, endpoint, refused.err)
		return
	}
	told := oauth.AsError(refused.err)
	fields := []web.Field{{Name: "error", Value: told.Code}}
	if told.Description != "" {
		fields = append(fields, web.Field{Name: "error_description", Value: told.Description})
	}
	e.respond(w, r, q, fields, refused.err)
}

// respond sends fields to the proven redirect_uri in the response mode that applies. Every answer says who
// gives it, so that a client with several providers cannot be made to mistake one for another (RFC 9207
// section 2).
func (e *Endpoint) respond(w http.ResponseWriter, r *http.Request, q *request, fields []web.Field, err error) {
	if q.state != "" {
		fields = append(fields, web.Field{Name: paramState, Value: q.state})
	}
	fields = append(fields, web.Field{Name: "iss", Value: e.Issuer})
	if state := e.sessionState(w, r, q); state != "" {
		fields = append(fields, web.Field{Name: "session_state", Value: state})
	}
	mode := q.mode()
	if mode == oauth.ResponseModeFormPost {
		e.Respond.Page(w, r, http.StatusOK, "form_post", web.FormPostView{Action: q.redirectURI, Fields: fields},
			web.PageOptions{FormAction: q.redirectURI, Endpoint: endpoint, Err: err})
		return
	}
	if err != nil {
		e.Respond.LogRefusal(r, endpoint, err)
	}
	e.Respond.SeeOther(w, r, web.Location(q.redirectURI, mode, fields))
}

// noting names the client in the log, once it is known to exist.
func noting(r *http.Request, q *request) *http.Request {
	if q.client == nil {
		return r
	}
	return web.ForClient(r, q.client.ID)
}
