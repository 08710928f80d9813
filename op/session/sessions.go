package session

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// idLength is the length of a session ID, as keys.NewID makes it.
const idLength = 22

// Sessions reads and writes the sessions of one provider.
type Sessions struct {
	store  store.Store
	cookie string
	life   Life
	now    func() time.Time
	told   func()
}

// New returns the sessions kept in s, whose browsers hold a cookie of this name
// ("__Host-gatehouse-<provider>-session").
func New(s store.Store, cookie string, life Life, now func() time.Time) *Sessions {
	return &Sessions{store: s, cookie: cookie, life: life, now: now}
}

// Current returns the session the browser is signed in with and notes that it was seen. ErrNone
// means nobody is signed in; any other error is the store's, and says nothing about the browser.
func (s *Sessions) Current(ctx context.Context, r *http.Request) (*Session, error) {
	sess, err := s.Presented(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := s.Check(ctx, sess); err != nil {
		return nil, err
	}
	return s.Seen(ctx, sess)
}

// Get returns a session by its ID, ended ones too (see Session.Ended). ErrNone means there is none.
func (s *Sessions) Get(ctx context.Context, id string) (*Session, error) {
	record, err := s.store.Get(ctx, store.Sessions, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	sess := &Session{ID: record.Key, version: record.Version}
	if err := record.Decode(sess); err != nil {
		return nil, fmt.Errorf("session record: %w", err)
	}
	return sess, nil
}

// End ends a session: its browser is signed out and everything that hangs from it is dead. Ending
// one that is absent or ended already is no error.
func (s *Sessions) End(ctx context.Context, id string) error {
	return store.Again(func() error {
		sess, err := s.Get(ctx, id)
		if errors.Is(err, ErrNone) {
			return nil
		}
		if err != nil {
			return err
		}
		if sess.Ended() {
			store.Noticed(s.store, store.Sessions, id)
			return nil
		}
		return s.end(ctx, s.ending(sess)...)
	})
}

// Forget removes the cookie from the browser, whose state shows from now on that nobody is signed in. The session
// itself lives on until End.
func (s *Sessions) Forget(w http.ResponseWriter, r *http.Request) {
	web.ClearCookie(w, s.cookie)
	if shown, known := s.state(r); known {
		s.setState(w, shown.next(nil))
	}
}

// seenEvery is how far LastSeen may lag behind: people look at it to tell whether it was them.
const seenEvery = 5 * time.Minute

func (l Life) seenEvery() time.Duration { return min(l.Idle/10, seenEvery) }

// Seen notes that the browser of a session was here, and returns the session as it is then. It moves LastSeen, but not
// at every visit, which should rarely cost a write. Whoever else wrote the record in the meantime saw the session too, or
// ended it, which the next visit will find.
func (s *Sessions) Seen(ctx context.Context, sess *Session) (*Session, error) {
	now := s.now()
	if now.Sub(sess.LastSeen) < s.life.seenEvery() {
		return sess, nil
	}
	moved := *sess
	moved.LastSeen = now
	err := s.store.Commit(ctx, store.Replacing(s.life.record(&moved)))
	if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) {
		return sess, nil
	}
	if err != nil {
		return nil, err
	}
	moved.version++
	return &moved, nil
}

func isBase64URL(s string) bool {
	_, err := base64.RawURLEncoding.DecodeString(s)
	return err == nil && !strings.ContainsAny(s, "\r\n")
}

// ending are the changes that end a session and have its clients told.
func (s *Sessions) ending(sess *Session) []store.Change {
	ended := *sess
	ended.EndedAt = s.now()
	return []store.Change{
		store.Replacing(s.life.record(&ended)), s.noting(Ended{SessionID: sess.ID, Account: sess.Account}),
	}
}
