package session

import (
	"context"
	"net/http"
)

// Presented returns the session whose cookie the browser sent, though it may be over: it says who was signed in there
// last, and nothing of who is. ErrNone means that there is none.
func (s *Sessions) Presented(ctx context.Context, r *http.Request) (*Session, error) {
	return s.presented(ctx, r)
}
