package session

import (
	"context"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// ID takes the ID of a session out of the value of a cookie, and says whether it can be one at all: a cookie is
// whatever somebody sends. Whether such a session is there, and whether the rest of the value fits it, Open says.
func ID(cookie string) (id string, ok bool) {
	id, _, ok = strings.Cut(cookie, ".")
	return id, ok && len(id) == idLength && isBase64URL(id)
}

// Open returns the session that a browser with this value of the cookie holds, over or not. ErrNone means that
// there is none; any other error is the store's.
func (s *Sessions) Open(ctx context.Context, cookie string) (*Session, error) {
	id, ok := ID(cookie)
	if !ok {
		return nil, ErrNone // not even asked for
	}
	sess, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if !keys.Equal(sess.SecretDigest, keys.Digest(cookie[len(id)+1:])) {
		return nil, ErrNone
	}
	return sess, nil
}

// Check says whether a session still signs somebody in: ErrNone once it has ended, was idle for too long, has grown
// too old, or its account was signed out everywhere. Any other error is the store's.
func (s *Sessions) Check(ctx context.Context, sess *Session) error {
	if !sess.Ended() && s.life.over(sess, s.now()) {
		return ErrNone
	}
	return s.checkUnended(ctx, sess)
}

// checkUnended says whether nobody has ended a session on purpose: ErrNone once it was, or its account was signed out
// everywhere. Any other error is the store's.
func (s *Sessions) checkUnended(ctx context.Context, sess *Session) error {
	if sess.Ended() {
		store.Noticed(s.store, store.Sessions, sess.ID)
		return ErrNone
	}
	now, err := s.CutOffs(ctx, sess.Account)
	switch {
	case err != nil:
		return err
	case now != sess.CutOffs:
		store.Noticed(s.store, store.Accounts, sess.Account)
		return ErrNone
	}
	return nil
}

// Until is when a session stops signing anybody in, if its browser is not seen again.
func (s *Sessions) Until(sess *Session) time.Time {
	idle, old := sess.LastSeen.Add(s.life.Idle), sess.CreatedAt.Add(s.life.Max)
	if idle.Before(old) {
		return idle
	}
	return old
}

// Unseen is when the next visit of a session's browser is to be noted by Seen.
func (s *Sessions) Unseen(sess *Session) time.Time { return sess.LastSeen.Add(s.life.seenEvery()) }

// Oldest is the longest that a browser holds the cookie of a session.
func (s *Sessions) Oldest() time.Duration { return s.life.Max }
