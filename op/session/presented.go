package session

import (
	"context"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/web"
)

// Presented returns the session whose cookie the browser sent, though it may be over: it says who was signed in there
// last, and nothing of who is. ErrNone means that there is none; any other error is the store's.
func (s *Sessions) Presented(ctx context.Context, r *http.Request) (*Session, error) {
	value, ok := web.Cookie(r, s.cookie)
	if !ok {
		return nil, ErrNone
	}
	return s.Open(ctx, value)
}

// Unended returns the session whose cookie the browser sent, unless it was ended on purpose: nobody may be signed in by
// it any more (see Lapsed), but what was granted in it lives until somebody ends it. ErrNone means that there is none;
// any other error is the store's.
func (s *Sessions) Unended(ctx context.Context, r *http.Request) (*Session, error) {
	sess, err := s.Presented(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := s.checkUnended(ctx, sess); err != nil {
		return nil, err
	}
	return sess, nil
}

// Lapsed reports whether the session signs nobody in any more, because it was idle for too long or has grown too old,
// or was ended.
func (s *Sessions) Lapsed(sess *Session) bool { return s.life.over(sess, s.now()) }
