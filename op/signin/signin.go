package signin

import (
	"net/http"
	"net/url"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/frontchannel"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/metrics"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// endpoint is the name in the log.
const endpoint = "login"

// Policy limits guessing: Attempts wrong passwords for one account from one network within Window.
// Budgets that are tens of times larger bound one network over all accounts and one account over all
// networks.
type Policy struct {
	Attempts int
	Window   time.Duration
}

// Deps are the rooms that a sign-in goes through.
type Deps struct {
	Users        *user.Directory
	Sessions     *session.Sessions
	Interactions *interaction.Sealer
	// Throttle counts guesses at passwords, at all nodes.
	Throttle     *throttle.Joint
	Respond      *web.Responder
	FrontChannel *frontchannel.Page
	// Issuer is the issuer identifier, below which the endpoints lie.
	Issuer string
	Policy Policy
	// Trail is told who signed in, and what was refused; Count counts both.
	Trail *audit.Trail
	Count *metrics.Provider
}

// SignIn serves <issuer>/login and shows its pages for others.
type SignIn struct {
	Deps
	origin string
	serve  http.HandlerFunc
}

// New returns the sign-in of one provider.
func New(d Deps) *SignIn {
	s := &SignIn{Deps: d, origin: web.Origin(d.Issuer)}
	s.serve = d.Respond.Methods(endpoint, map[string]http.HandlerFunc{http.MethodGet: s.get, http.MethodPost: s.post})
	return s
}

// ServeHTTP serves <issuer>/login: GET shows the form, or who is signed in; POST is the form, or the
// choice of an account.
func (s *SignIn) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.serve(w, r) }

// get is a login that no application asked for. `prompt=login` shows the form though somebody is
// signed in.
func (s *SignIn) get(w http.ResponseWriter, r *http.Request) {
	p, err := web.Query(r)
	if err != nil {
		s.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	current, err := s.Current(r)
	if err != nil {
		s.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	if current != nil && p.Get("prompt") != "login" {
		s.Respond.Page(w, r, http.StatusOK, "signed_in", signedInView{
			Account: current.User.Name, DisplayName: current.User.DisplayName(), SwitchURL: s.url() + "?prompt=login",
			AccountURL: s.accountURL(),
		}, web.PageOptions{})
		return
	}
	s.showLogin(w, r, asked{Pending: s.Interactions.Receive("", nil)}, loginState{})
}

// goOn sends the browser where the interaction leads, and has the applications told of the session that was ended on
// the way. The places are ours and fixed, so there is no address that a request could choose.
func (s *SignIn) goOn(w http.ResponseWriter, r *http.Request, i interaction.Interaction, ended string) {
	location := s.url()
	switch i.Next {
	case interaction.NextAuthorize, interaction.NextSite:
		sealed, err := s.Interactions.Seal(s.Interactions.Begin(w, r), i)
		if err != nil {
			s.Respond.RefusePage(w, r, endpoint, err)
			return
		}
		location = s.Issuer + "/" + i.Next + "?interaction=" + url.QueryEscape(sealed)
	case interaction.NextAccount:
		location = s.accountURL()
	case interaction.NextDevice:
		location = s.deviceURL(i.Request)
	}
	s.FrontChannel.Leave(w, r, ended, location)
}

func (s *SignIn) url() string        { return s.Issuer + "/login" }
func (s *SignIn) accountURL() string { return s.Issuer + "/account" }
