package interaction

import (
	"encoding/json"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Where a person is sent after they signed in: back to the authorization endpoint, to the account page, or to the
// guarded site that they wanted to see, or to the page for the code of a device, which is the Request, a string.
const (
	NextAuthorize = "authorize"
	NextAccount   = "account"
	NextSite      = "site"
	NextDevice    = "device"
)

// Interaction is a pending request and what has been done for it so far. Everything in it is trusted once it
// comes out of its seal, and nothing that a page shows or a form posts stands in for it.
type Interaction struct {
	// ID names the request; it is answered once.
	ID string `json:"id"`
	// Received is when it came. prompt=login and max_age=0 are met by an authentication from then on.
	Received time.Time `json:"received"`
	// Next says what follows signing in: NextAuthorize, NextAccount, NextSite, NextDevice, or "" for the signed-in page.
	Next string `json:"next,omitempty"`
	// Request is the authorization request as it was resolved: neither a request object nor a request_uri is
	// read twice.
	Request json.RawMessage `json:"request,omitempty"`
	// SessionID is the session the person signed in with for this request, "" before.
	SessionID string `json:"session,omitempty"`
	// Selected says that the person has chosen their account in this request.
	Selected bool `json:"selected,omitempty"`
	// LoginHint is a name to begin with on the login page.
	LoginHint string `json:"login_hint,omitempty"`
}

// Answered is the change that answers an interaction, made in the commit that issues its code or its error.
// For a second answer that commit fails with store.ErrExists. until must not be before Sealer.Until:
// afterwards the interaction could be answered again.
func Answered(i Interaction, until time.Time) store.Change {
	return store.Creating(store.Record{Kind: store.Answered, Key: i.ID, SessionID: i.SessionID, ExpiresAt: until})
}

// Receive begins an interaction for a request that came now.
func (s *Sealer) Receive(next string, request json.RawMessage) Interaction {
	return Interaction{ID: keys.NewID(), Received: s.now(), Next: next, Request: request}
}

// Renew begins a stale interaction again: the same request as if it came now, under a new id and with nothing
// done for it.
func (s *Sealer) Renew(i Interaction) Interaction {
	fresh := s.Receive(i.Next, i.Request)
	fresh.LoginHint = i.LoginHint
	return fresh
}

// Until is when no node opens a seal of i any more. The record of its answer is kept that long.
func (s *Sealer) Until(i Interaction) time.Time { return i.Received.Add(s.life + lag) }
