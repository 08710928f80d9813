package signin

import (
	"errors"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/session"
)

// before is the session that the browser had when somebody signed in, nil for none.
func (s *SignIn) before(r *http.Request) (*session.Session, error) {
	sess, err := s.Sessions.Presented(r.Context(), r)
	if errors.Is(err, session.ErrNone) {
		return nil, nil
	}
	return sess, err
}

// ended is the ID of the session that a sign-in has ended, "" for none: that of somebody else, or of an earlier
// password. One that had merely grown old was not ended, and what applications made of it may go on.
func ended(before, now *session.Session) string {
	if before == nil || before.Ended() || before.Account == now.Account && before.UserStamp == now.UserStamp {
		return ""
	}
	return before.ID
}
