package account

import (
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/interaction"
)

const (
	paramInteraction = "interaction"
	paramDone        = "done"
)

// The uses of this package's seals. None opens as the other, nor as a pending request or a login form.
const (
	sealPage = "account page"
	sealDone = "account done"
)

// sealPage makes the hidden field of the page, anew for each: it binds the form to this browser and to
// the session that the page was shown to.
func (e *Endpoint) sealPage(w http.ResponseWriter, r *http.Request, sessionID string) (string, error) {
	page := e.Interactions.Receive(sealPage, nil)
	page.SessionID = sessionID
	return e.Interactions.Seal(e.Interactions.Begin(w, r), page)
}

// openPage gives the session that a form was made for. The error is interaction.ErrStale for a page that
// was open for too long, and interaction.ErrNotOurs for whatever is no such form.
func (e *Endpoint) openPage(r *http.Request, sealed string) (sessionID string, err error) {
	page, err := e.Interactions.Open(r, sealed)
	if page.Next != sealPage {
		return "", interaction.ErrNotOurs
	}
	return page.SessionID, err
}
