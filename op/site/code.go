package site

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// codeLife is how long a browser has to come back with its code.
const codeLife = time.Minute

// Why a code is not good. To the outside each is grant.ErrInactive.
var (
	errCode         = fmt.Errorf("%w: the code is unknown, spent or too old", grant.ErrInactive)
	errOtherBrowser = fmt.Errorf("%w: the sign-in was begun in another browser, or the cookie is gone", grant.ErrInactive)
	errOtherSite    = fmt.Errorf("%w: the code is for another site", grant.ErrInactive)
)

// entry is what a code is good for. It becomes the session at the site, but for the first two.
type entry struct {
	Path    string `json:"path,omitempty"`
	Browser string `json:"browser,omitempty"`
	Site    string `json:"site"`
	// AuthTime, ACR and AMR are those of the sign-in that led here. A later one gives a new cookie; it makes nothing
	// more of one that is about.
	AuthTime time.Time `json:"auth_time"`
	ACR      string    `json:"acr,omitempty"`
	AMR      []string  `json:"amr,omitempty"`
}

// issue makes the code that brings a signed-in browser to its site.
func (s *Sites) issue(ctx context.Context, v visit, sess *session.Session) (string, error) {
	code := keys.NewToken(keys.PrefixSite)
	e := entry{Path: v.Path, Browser: v.Browser, Site: v.Site, AuthTime: sess.AuthTime, ACR: sess.ACR, AMR: sess.AMR}
	return code, s.Store.Commit(ctx, store.Creating(store.Record{
		Kind: store.SiteCodes, Key: keys.Digest(code), ExpiresAt: s.Now().Add(codeLife),
		SessionID: sess.ID, Subject: sess.Account, Body: store.Body(e),
	}))
}

// Enter takes the code that the browser of r came back to a site with, gives it the site's cookie in return, and
// returns where in the site the person was. The code is spent in the same commit, and so is the session that the
// browser had at the site before. grant.ErrInactive is a code that is not good, here or in this browser; one that
// came to another browser is spent by that.
func (s *Sites) Enter(w http.ResponseWriter, r *http.Request, audience, code string) (location string, err error) {
	at, err := s.at(audience)
	if err != nil {
		return "", err
	}
	if at.own {
		return "", errCode // there is none for such a site
	}
	cookie := keys.NewToken("")
	err = store.Again(func() error {
		location, err = s.spend(r, at, code, cookie)
		return err
	})
	if err != nil {
		return "", err
	}
	web.SetCookie(w, at.cookie, cookie, s.Sessions.Oldest())
	return location, nil
}

// spend makes the session of a code, under the cookie's value.
func (s *Sites) spend(r *http.Request, at *place, code, cookie string) (location string, err error) {
	ctx := r.Context()
	record, err := s.Store.Get(ctx, store.SiteCodes, keys.Digest(code))
	if errors.Is(err, store.ErrNotFound) {
		return "", errCode
	}
	if err != nil {
		return "", err
	}
	var e entry
	if err := record.Decode(&e); err != nil {
		return "", err
	}
	spending := store.Deleting(record)
	if refused := s.checkEntry(r, at, e); refused != nil {
		return "", errors.Join(refused, s.Store.Commit(ctx, spending))
	}
	sess, err := s.Sessions.Get(ctx, record.SessionID)
	switch {
	case errors.Is(err, session.ErrNone):
		return "", errCode
	case err != nil:
		return "", err
	}
	before, err := s.before(r, at)
	if err != nil {
		return "", err
	}
	made := entry{Site: e.Site, AuthTime: e.AuthTime, ACR: e.ACR, AMR: e.AMR}
	return at.location(e.Path), s.Store.Commit(ctx, append(before, spending, store.Creating(store.Record{
		Kind: store.SiteSessions, Key: keys.Digest(cookie), ExpiresAt: sess.CreatedAt.Add(s.Sessions.Oldest()),
		SessionID: sess.ID, Subject: sess.Account, Body: store.Body(made),
	}))...)
}

// checkEntry holds a code against where it came to. The browser must be the one that the visit was begun in:
// otherwise a link could sign somebody in as somebody else, and a code that was seen on its way would do.
func (s *Sites) checkEntry(r *http.Request, at *place, e entry) error {
	if e.Site != at.Audience {
		return errOtherSite
	}
	browser, ok := s.browser(r, at)
	if !ok || !keys.Equal(e.Browser, keys.Digest(browser)) {
		return errOtherBrowser
	}
	return nil
}

// before is the change that ends what the browser had at the site until now.
func (s *Sites) before(r *http.Request, at *place) ([]store.Change, error) {
	cookie, ok := web.Cookie(r, at.cookie)
	if !ok || len(cookie) != tokenLength {
		return nil, nil
	}
	record, err := s.Store.Get(r.Context(), store.SiteSessions, keys.Digest(cookie))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []store.Change{store.Deleting(record)}, nil
}
