package signin

import (
	"net/http"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// Prompt says what to ask for.
type Prompt struct {
	// Client is who the person signs in for; the zero value is nobody in particular.
	Client client.Introduction
	// LoginHint fills in the username.
	LoginHint string
	// Select offers the account that is signed in beside another one (prompt=select_account). With
	// nobody signed in it is an ordinary login.
	Select bool
}

// Ask shows the login page, or the choice of an account, for a pending request. The interaction is
// sealed anew for this browser; what the person answers comes back to <issuer>/login, and from there
// the browser returns to the authorization endpoint with it.
func (s *SignIn) Ask(w http.ResponseWriter, r *http.Request, i interaction.Interaction, prompt Prompt) {
	if prompt.LoginHint != "" {
		i.LoginHint = prompt.LoginHint
	}
	a := asked{Pending: i, Client: prompt.Client}
	if prompt.Select {
		current, err := s.Current(r)
		if err != nil {
			s.Respond.RefusePage(w, r, endpoint, err)
			return
		}
		if current != nil {
			s.showSelect(w, r, a, current)
			return
		}
	}
	s.showLogin(w, r, a, loginState{Username: i.LoginHint})
}

// loginState is what the login page says beside its form.
type loginState struct {
	Username, Problem string
	// Wait is how long until another attempt counts, with "throttled".
	Wait time.Duration
	// Status is 200 when it is 0.
	Status int
	// Err is what the log is told.
	Err error
}

// showLogin writes the login page.
func (s *SignIn) showLogin(w http.ResponseWriter, r *http.Request, a asked, state loginState) {
	sealed, err := s.seal(w, r, a)
	if err != nil {
		s.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	if state.Status == 0 {
		state.Status = http.StatusOK
	}
	s.Respond.Page(w, r, state.Status, "login", loginView{
		Action: s.url(), Interaction: sealed, clientView: introduced(a.Client),
		Username: state.Username, Problem: state.Problem, Minutes: int((state.Wait + time.Minute - 1) / time.Minute),
	}, web.PageOptions{Endpoint: endpoint, Err: state.Err, Image: a.Client.LogoURI})
}

// showSelect writes the choice of an account. The page is bound to the session it shows, so that a
// choice made after somebody else signed in in another tab does not count for them.
func (s *SignIn) showSelect(w http.ResponseWriter, r *http.Request, a asked, current *Person) {
	a.SessionID = current.Session.ID
	sealed, err := s.seal(w, r, a)
	if err != nil {
		s.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	s.Respond.Page(w, r, http.StatusOK, "select", selectView{
		Action: s.url(), Interaction: sealed, clientView: introduced(a.Client),
		Account: current.User.Name, DisplayName: current.User.DisplayName(),
	}, web.PageOptions{Image: a.Client.LogoURI})
}
