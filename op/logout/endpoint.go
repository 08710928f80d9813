package logout

import (
	"errors"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/frontchannel"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// endpoint is the name in the log.
const endpoint = "end_session"

// Deps are the rooms the endpoint goes through.
type Deps struct {
	// Issuer is the issuer identifier, below which the endpoints lie.
	Issuer string
	// EndOffline is the policy of grant.Deps, for what the page says.
	EndOffline bool

	Clients      *client.Registry
	Users        *user.Directory
	Sessions     *session.Sessions
	Interactions *interaction.Sealer
	IDTokens     *idtoken.Maker
	FrontChannel *frontchannel.Page
	Respond      *web.Responder
	// Trail is told who was signed out.
	Trail *audit.Trail
}

// Endpoint serves <issuer>/end_session.
type Endpoint struct {
	Deps
	origin string
	serve  http.HandlerFunc
}

// New returns the end_session_endpoint of one provider.
func New(d Deps) *Endpoint {
	e := &Endpoint{Deps: d, origin: web.Origin(d.Issuer)}
	e.serve = d.Respond.PageMethods(endpoint, map[string]http.HandlerFunc{http.MethodGet: e.get, http.MethodPost: e.post})
	return e
}

// ServeHTTP serves <issuer>/end_session: logout requests by GET and POST (OpenID Connect RP-Initiated Logout
// section 2), the form of the page that asks, and the page that says that it is done.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.serve(w, r) }

func (e *Endpoint) get(w http.ResponseWriter, r *http.Request) {
	params, err := web.Query(r)
	if err == nil && params.Has(paramDone) {
		e.tell(w, r, params.Get(paramDone))
		return
	}
	e.begin(w, r, params, err)
}

func (e *Endpoint) post(w http.ResponseWriter, r *http.Request) {
	params, err := web.Form(w, r)
	switch {
	case web.CrossSitePost(r):
		if _, large := e.Interactions.SealPosted(endpoint, params.Values()); err != nil || large != nil {
			params = oauth.Params{} // whoever is signed in is asked, and stays here
		}
		e.Interactions.ComeBack(w, r, e.Respond, endpoint, e.url(), params)
	case err == nil && params.Has(paramInteraction):
		e.confirm(w, r, params.Get(paramInteraction))
	default:
		e.begin(w, r, params, err)
	}
}

// begin signs out at once whom the request proves to be meant, and asks anybody else (section 2: a request without
// a valid hint may be a link that somebody planted). Where no session is left there is nothing to ask: that is no
// error, so that a request may be repeated. What came by a POST of another site comes back by GET, or by a POST of our
// own page if it is long.
func (e *Endpoint) begin(w http.ResponseWriter, r *http.Request, params oauth.Params, misread error) {
	if misread == nil && params.Has(interaction.ParamPosted) {
		params, misread = e.Interactions.CameBack(endpoint, params.Get(interaction.ParamPosted))
	}
	q, err := e.judge(r.Context(), params, misread)
	if err != nil {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	sess, err := e.current(r)
	if err != nil {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	meant, err := e.meant(r.Context(), q, sess)
	switch {
	case err != nil:
		e.Respond.RefusePage(w, r, endpoint, err)
	case sess == nil || meant:
		e.end(w, r, q, sess)
	default:
		e.ask(w, r, q, sess, false)
	}
}

// current is the session of this browser that can be ended, nil for none. It counts even if its user is disabled or
// gone: it would be back with them. And it counts if it was idle for too long or is too old: what was granted in it, and
// what applications made of it, goes on until somebody signs out.
func (e *Endpoint) current(r *http.Request) (*session.Session, error) {
	sess, err := e.Sessions.Unended(r.Context(), r)
	if errors.Is(err, session.ErrNone) {
		return nil, nil
	}
	return sess, err
}

func (e *Endpoint) url() string { return e.Issuer + "/end_session" }
