package account

import (
	"cmp"
	"context"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/signin"
)

// sessions are the browsers that the person is signed in with: this one first, then the one seen last.
// Those of an earlier password are over, though nobody ended them.
func (e *Endpoint) sessions(ctx context.Context, who *signin.Person) (shown []place, more bool, err error) {
	open, more, err := e.Sessions.List(ctx, who.User.Account)
	if err != nil {
		return nil, false, err
	}
	// The one of this request stands, wherever the list ends.
	open = slices.DeleteFunc(open, func(s *session.Session) bool {
		return s.UserStamp != who.User.Stamp() || s.ID == who.Session.ID
	})
	slices.SortFunc(open, func(a, b *session.Session) int {
		return cmp.Or(b.LastSeen.Compare(a.LastSeen), cmp.Compare(a.ID, b.ID))
	})
	open = append([]*session.Session{who.Session}, open...)
	if len(open) > mostShown {
		open, more = open[:mostShown], true
	}
	now := e.Now()
	for _, s := range open {
		shown = append(shown, place{
			ID: s.ID, Browser: s.Browser, Here: s.ID == who.Session.ID,
			Since: momentOf(s.CreatedAt, now), Seen: momentOf(s.LastSeen, now),
		})
	}
	return shown, more, nil
}
