package signin

import (
	"context"
	"errors"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// Person is who is signed in in a browser.
type Person struct {
	Session *session.Session
	User    *user.User
}

// Current is who is signed in in the browser of r, nil for nobody. A session does not outlive its user,
// nor the password that it was begun with.
func (s *SignIn) Current(r *http.Request) (*Person, error) {
	sess, err := s.Sessions.Current(r.Context(), r)
	if errors.Is(err, session.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.Behind(r.Context(), sess)
}

// Behind is the person of a session, nil for one whose user is gone, disabled or has another password now. Whether
// the session itself still signs anybody in is not asked here.
func (s *SignIn) Behind(ctx context.Context, sess *session.Session) (*Person, error) {
	u, err := s.Users.Lookup(ctx, sess.Account)
	if errors.Is(err, user.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if u.Disabled || u.Stamp() != sess.UserStamp {
		return nil, nil
	}
	return &Person{sess, u}, nil
}
