package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op"
)

// addSite declares the site of a guard that takes browsers: the provider returns people to such a site and to nowhere
// else. Two guards of one audience guard one site.
func (d *declared) addSite(s op.Site) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errTooLate
	}
	if err := s.Check(); err != nil {
		return err
	}
	if earlier, found := d.sites[s.Audience]; found && earlier != s {
		return fmt.Errorf("another guard of this audience has its site at %s", earlier.URL)
	}
	for _, other := range d.sites {
		if other.URL == s.URL && other.Audience != s.Audience {
			return errors.New("another guard has the same site under the audience " + other.Audience)
		}
	}
	d.sites[s.Audience] = s
	return nil
}

// AddSite declares the site of a guard, and returns the cookie by which browsers are signed in there. It is for
// Provision only.
func (i *instance) AddSite(s op.Site) (cookie string, err error) {
	return op.SiteCookie(i.life.config.Name, i.issuer, s), i.declared.addSite(s)
}

// SignedIn is who the value of a site's cookie signs in, op.ErrInactive for nobody, and any other error when nobody
// can tell.
func (i *instance) SignedIn(ctx context.Context, audience, cookie string, visiting bool) (*op.Token, error) {
	running, err := i.begun() //nolint:contextcheck // what begins here outlives the request
	if err != nil {
		return nil, err
	}
	return running.SignedIn(ctx, audience, cookie, visiting)
}

// BeginSite begins to sign in the person of r at a site, and returns the address that their browser goes to.
func (i *instance) BeginSite(w http.ResponseWriter, r *http.Request, audience string, wish op.SiteWish) (string, error) {
	running, err := i.begun()
	if err != nil {
		return "", err
	}
	return running.BeginSite(w, r, audience, wish)
}

// EnterSite takes the code that a browser came back to a site with, and returns where it goes on.
func (i *instance) EnterSite(w http.ResponseWriter, r *http.Request, audience, code string) (string, error) {
	running, err := i.begun()
	if err != nil {
		return "", err
	}
	return running.EnterSite(w, r, audience, code)
}
