package account

import (
	"net/http"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/frontchannel"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// endpoint is the name in the log.
const endpoint = "account"

// Deps are the rooms the endpoint goes through.
type Deps struct {
	// Issuer is the issuer identifier, below which the endpoints lie.
	Issuer string
	// EndOffline is the policy of grant.Deps, for what the pages say.
	EndOffline bool

	Clients      *client.Registry
	Sessions     *session.Sessions
	Consents     *consent.Consents
	Interactions *interaction.Sealer
	Resources    *resource.Set
	SignIn       *signin.SignIn
	FrontChannel *frontchannel.Page
	Respond      *web.Responder
	Now          func() time.Time
	// Trail is told what people ended.
	Trail *audit.Trail
}

// Endpoint serves <issuer>/account.
type Endpoint struct {
	Deps
	origin string
	serve  http.HandlerFunc
}

// New returns the account page of one provider.
func New(d Deps) *Endpoint {
	e := &Endpoint{Deps: d, origin: web.Origin(d.Issuer)}
	e.serve = d.Respond.PageMethods(endpoint, map[string]http.HandlerFunc{http.MethodGet: e.get, http.MethodPost: e.post})
	return e
}

// ServeHTTP serves <issuer>/account: GET shows the page to whoever is signed in, and the login form to
// others; POST is the page's form.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.serve(w, r) }

func (e *Endpoint) get(w http.ResponseWriter, r *http.Request) {
	p, err := web.Query(r)
	if err != nil {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	who, err := e.SignIn.Current(r)
	if err != nil {
		e.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	var what act // nothing, at any other address
	sessionID, _ := e.Interactions.OpenNews(r, p.Get(paramDone), sealDone, &what)
	switch {
	case who != nil && who.Session.ID == sessionID:
		e.show(w, r, http.StatusOK, who, remark{Done: what})
	case who != nil:
		e.show(w, r, http.StatusOK, who, remark{})
	case what.Act == actSignOut:
		e.Respond.Page(w, r, http.StatusOK, "signed_out", web.SignedOutView{
			Everywhere: what.Value == everywhere, EndOffline: e.EndOffline, SignInURL: e.url(),
		}, web.PageOptions{})
	default:
		e.signIn(w, r)
	}
}

// signIn asks who it is, and comes back here.
func (e *Endpoint) signIn(w http.ResponseWriter, r *http.Request) {
	e.SignIn.Ask(w, r, e.Interactions.Receive(interaction.NextAccount, nil), signin.Prompt{})
}

func (e *Endpoint) url() string { return e.Issuer + "/account" }
