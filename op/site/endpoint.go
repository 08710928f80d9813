package site

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// ServeHTTP serves <issuer>/site, to which sites send people who have to sign in. It leads back to the site that
// sealed the visit, and there to where the person was or to EnterPath; no address of the request's is ever used.
func (s *Sites) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.serve(w, r) }

func (s *Sites) get(w http.ResponseWriter, r *http.Request) {
	v, err := s.asked(r)
	if err != nil && !errors.Is(err, errStale) {
		s.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	at, known := s.known[v.Site]
	switch {
	case !known: // it was, when the visit began
		s.Respond.RefusePage(w, r, endpoint, oauth.InvalidRequest("the site is not known", nil))
	case err != nil:
		// An old tab or a bookmark of the login page: the site begins again.
		s.Respond.SeeOther(w, r, at.location(v.Path))
	default:
		s.answer(w, r, at, v)
	}
}

// asked is the visit of the request: as the site sealed it, or as it comes back from the login page.
func (s *Sites) asked(r *http.Request) (visit, error) {
	p, err := web.Query(r)
	if err != nil {
		return visit{}, err
	}
	if !p.Has(paramInteraction) {
		v, err := s.openVisit(p.Get(paramVisit))
		if errors.Is(err, errNotSealed) {
			err = oauth.InvalidRequest("the address is not one that a site of this service sends people to", err)
		}
		return v, err
	}
	i, err := s.Interactions.Open(r, p.Get(paramInteraction))
	if i.Next != interaction.NextSite {
		return visit{}, oauth.AccessDenied("the address does not belong to this browser", err)
	}
	v, readErr := s.readVisit(i.Request)
	switch {
	case errors.Is(readErr, errNotSealed):
		return visit{}, oauth.InvalidRequest("the request cannot be read", readErr)
	case err != nil:
		return v, errStale
	}
	return v, readErr
}

// answer sends whoever is signed in as the site wants it back there, and asks everybody else.
func (s *Sites) answer(w http.ResponseWriter, r *http.Request, at *place, v visit) {
	who, err := s.SignIn.Current(r)
	if err == nil && who != nil {
		var enough bool
		if enough, err = s.enough(who, v); enough {
			s.sendBack(w, r, at, v, who)
			return
		}
	}
	if err != nil {
		s.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	body, err := json.Marshal(v)
	if err != nil {
		s.Respond.RefusePage(w, r, endpoint, fmt.Errorf("site: encode: %w", err))
		return
	}
	s.SignIn.Ask(w, r, s.Interactions.Receive(interaction.NextSite, body), signin.Prompt{Client: s.introduce(at)})
}

// introduce tells a person which site they sign in for: by its name, if the operator gave it one, and where it is.
func (s *Sites) introduce(at *place) client.Introduction {
	if r, declared := s.Resources.Get(at.Audience); declared && r.Name != "" {
		return client.Introduction{Name: r.Name, RedirectHost: at.Host()}
	}
	return client.Introduction{Name: at.Host()}
}

// enough reports whether the sign-in is what the site wants. The error is for one that is not, though it was just
// made for this visit: asking again would go on for ever.
func (s *Sites) enough(who *signin.Person, v visit) (bool, error) {
	since := !who.Session.AuthTime.Before(v.Received)
	if v.Login && !since || v.MaxAge > 0 && !since && s.Now().Sub(who.Session.AuthTime) > v.MaxAge {
		return false, nil
	}
	if len(v.ACR) == 0 {
		return true, nil
	}
	_, met := signin.MeetACR(who.Session.ACR, v.ACR)
	if !met && since {
		return false, oauth.UnmetAuthenticationRequirements("no sign-in here is what the site asks for", nil)
	}
	return met, nil
}

// sendBack returns the browser to the site: with a code, if the site has a cookie of its own.
func (s *Sites) sendBack(w http.ResponseWriter, r *http.Request, at *place, v visit, who *signin.Person) {
	if at.own {
		s.Respond.SeeOther(w, r, at.location(v.Path))
		return
	}
	code, err := s.issue(r.Context(), v, who.Session)
	if err != nil {
		s.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	s.Respond.SeeOther(w, r, at.URL+EnterPath+"?"+paramCode+"="+url.QueryEscape(code))
}
