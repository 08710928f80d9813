package signin

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
)

// nextLogin marks the seal of a page of this package. A seal made for the consent page or for the way
// back to the authorization endpoint does not count as a login form, nor the other way round.
const nextLogin = "login"

// asked is what a page of this package carries in its seal: the request that it interrupts and what
// the page needs when it has to be shown again.
type asked struct {
	Pending interaction.Interaction `json:"pending"`
	Client  client.Introduction     `json:"client,omitzero"`
	// SessionID is the session that the page offered to go on with, "" for none.
	SessionID string `json:"session,omitempty"`
}

// seal makes the hidden field of a page, anew for each page: no two hold the same text, and none can
// be guessed from the size of a compressed answer (BREACH). It keeps the pending request's time, so
// that the page grows stale together with it.
func (s *SignIn) seal(w http.ResponseWriter, r *http.Request, a asked) (string, error) {
	request, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("signin: encode: %w", err)
	}
	return s.Interactions.Seal(s.Interactions.Begin(w, r), interaction.Interaction{
		ID: a.Pending.ID, Received: a.Pending.Received, Next: nextLogin, Request: request,
	})
}

// open reads the hidden field back. With interaction.ErrStale the request in it is renewed already.
func (s *SignIn) open(r *http.Request, sealed string) (asked, error) {
	page, openErr := s.Interactions.Open(r, sealed)
	if openErr != nil && page.ID == "" {
		return asked{}, openErr
	}
	var a asked
	if err := json.Unmarshal(page.Request, &a); err != nil || page.Next != nextLogin {
		return asked{}, interaction.ErrNotOurs
	}
	if openErr != nil {
		a = asked{Pending: s.Interactions.Renew(a.Pending), Client: a.Client}
	}
	return a, openErr
}
