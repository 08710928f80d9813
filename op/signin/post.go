package signin

import (
	"errors"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// post is an answer to one of the pages. It counts only from a page of ours, for the browser that the
// page was made for: otherwise a stranger could sign somebody in to the stranger's account (login
// CSRF, RFC 9700 section 4.7).
func (s *SignIn) post(w http.ResponseWriter, r *http.Request) {
	p, err := web.Form(w, r)
	if err == nil {
		err = web.CheckOrigin(r, s.origin)
	}
	if err != nil {
		s.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	a, err := s.open(r, p.Get("interaction"))
	switch {
	case errors.Is(err, interaction.ErrStale):
		s.showLogin(w, r, a, loginState{Username: p.Get("username"), Problem: "stale"})
		return
	case errors.Is(err, interaction.ErrNotOurs):
		err = oauth.AccessDenied("the form does not belong to this browser", err)
	}
	if err != nil {
		s.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	current, err := s.Current(r)
	if err != nil {
		s.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	switch choice := p.Get("account"); {
	case choice == "current" && current != nil && current.Session.ID == a.SessionID:
		s.proceed(w, r, a.Pending, current.Session, "")
	case choice != "":
		a.SessionID = ""
		s.showLogin(w, r, a, loginState{})
	case resumes(a.Pending, current, p.Get("username")):
		s.proceed(w, r, a.Pending, current.Session, "")
	default:
		s.login(w, r, a, p.Get("username"), p.Get("password"))
	}
}

// resumes reports whether the form was answered before: the person it names has signed in since the
// request came. A second click, or Back and Enter, then goes on instead of asking again.
func resumes(i interaction.Interaction, current *Person, name string) bool {
	if current == nil || current.Session.AuthTime.Before(i.Received) {
		return false
	}
	account, err := user.Canonical(name)
	return err == nil && account == current.Session.Account
}

// proceed binds the pending request to the session and goes on with it. Who has typed a name has
// selected an account as well. ended is the ID of the session that this has ended, "" for none.
func (s *SignIn) proceed(w http.ResponseWriter, r *http.Request, i interaction.Interaction, sess *session.Session, ended string) {
	i.SessionID = sess.ID
	i.Selected = true
	s.goOn(w, r, i, ended)
}
