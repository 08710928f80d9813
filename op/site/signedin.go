package site

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Why a cookie signs nobody in. To the outside each is grant.ErrInactive.
var (
	errUnknown = fmt.Errorf("%w: the cookie is unknown", grant.ErrInactive)
	errOver    = fmt.Errorf("%w: the session is over", grant.ErrInactive)
	errGone    = fmt.Errorf("%w: its user is gone, disabled or has another password", grant.ErrInactive)
)

// SignedIn is who the value of the cookie of a site signs in: a Token of kind grant.KindSession, for the site's
// audience, without client and scopes. grant.ErrInactive is nobody; any other error means that nobody can tell. The
// Token is shared, and keeps its address while it is remembered.
//
// visiting says that the person is here now, which keeps the session from growing idle: a request does, the watch
// over one that is still being answered does not.
//
// A cookie seen before costs one digest, one look-up and a few atomic loads.
func (s *Sites) SignedIn(ctx context.Context, audience, cookie string, visiting bool) (*grant.Token, error) {
	at, err := s.at(audience)
	if err != nil {
		return nil, err
	}
	if len(cookie) > maxCookie {
		return nil, errUnknown
	}
	sum := digestOf(at.Audience, cookie)
	if known, ok := s.facts.GetIfPresent(sum); ok && s.live(known, visiting) {
		s.Lookups.Hit.Inc()
		return known.token, nil
	}
	s.Lookups.Miss.Inc()
	found, err := s.examine(ctx, at, cookie, visiting)
	if err != nil {
		return nil, err
	}
	s.facts.Set(sum, found)
	return found.token, nil
}

// examine finds out from the records.
func (s *Sites) examine(ctx context.Context, at *place, cookie string, visiting bool) (*fact, error) {
	b := basis{users: s.Users.Generation()}
	sess, e, err := s.session(ctx, at, cookie, &b)
	if err != nil {
		return nil, err
	}
	b.on(s.Generations, store.Accounts, sess.Account)
	switch err := s.Sessions.Check(ctx, sess); {
	case errors.Is(err, session.ErrNone):
		return nil, errOver
	case err != nil:
		return nil, err
	}
	who, err := s.SignIn.Behind(ctx, sess)
	switch {
	case err != nil:
		return nil, err
	case who == nil:
		return nil, errGone
	}
	if visiting {
		// What this writes makes the fact stale at once; the next request finds it written.
		if sess, err = s.Sessions.Seen(ctx, sess); err != nil {
			return nil, err
		}
	}
	until := s.Sessions.Until(sess)
	return &fact{basis: b, until: until.UnixNano(), unseen: s.Sessions.Unseen(sess).UnixNano(), token: &grant.Token{
		Kind: grant.KindSession, SignedIn: true, Subject: s.Users.Subject(who.User, s.Secrets.MAC),
		Account: who.User.Account, Username: who.User.Name, Claims: who.User.AllClaims(), Audience: []string{at.Audience},
		IssuedAt: sess.CreatedAt, ExpiresAt: until, AuthTime: e.AuthTime, ACR: e.ACR, AMR: e.AMR,
	}}, nil
}

// session finds the provider's session behind a cookie, over or not, and how the person signed in for it.
func (s *Sites) session(ctx context.Context, at *place, cookie string, b *basis) (*session.Session, entry, error) {
	if !at.own {
		return s.hanging(ctx, at, cookie, b)
	}
	id, ok := session.ID(cookie)
	if !ok {
		return nil, entry{}, errUnknown
	}
	b.on(s.Generations, store.Sessions, id)
	sess, err := s.Sessions.Open(ctx, cookie)
	switch {
	case errors.Is(err, session.ErrNone):
		return nil, entry{}, errUnknown
	case err != nil:
		return nil, entry{}, err
	}
	return sess, entry{AuthTime: sess.AuthTime, ACR: sess.ACR, AMR: sess.AMR}, nil
}

// hanging finds the session at a site, and the one that it hangs from.
func (s *Sites) hanging(ctx context.Context, at *place, cookie string, b *basis) (*session.Session, entry, error) {
	if len(cookie) != tokenLength {
		return nil, entry{}, errUnknown
	}
	key := keys.Digest(cookie)
	b.on(s.Generations, store.SiteSessions, key)
	record, err := s.Store.Get(ctx, store.SiteSessions, key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, entry{}, errUnknown
	case err != nil:
		return nil, entry{}, err
	}
	var e entry
	if err := record.Decode(&e); err != nil {
		return nil, entry{}, err
	}
	if e.Site != at.Audience {
		return nil, entry{}, errUnknown
	}
	b.on(s.Generations, store.Sessions, record.SessionID)
	sess, err := s.Sessions.Get(ctx, record.SessionID)
	switch {
	case errors.Is(err, session.ErrNone), err == nil && sess.Account != record.Subject:
		return nil, entry{}, errOver
	case err != nil:
		return nil, entry{}, err
	}
	return sess, e, nil
}
