package account

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

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

// doneLife is how long the page tells what was done: when it is opened again later, that is no news.
const doneLife = time.Minute

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

// sealDone makes the part of the address that tells the next page what was done, so that no link can
// make the page say that something was.
func (e *Endpoint) sealDone(w http.ResponseWriter, r *http.Request, what act, sessionID string) (string, error) {
	told, err := json.Marshal(what)
	if err != nil {
		return "", fmt.Errorf("account: encode: %w", err)
	}
	done := e.Interactions.Receive(sealDone, told)
	done.SessionID = sessionID
	return e.Interactions.Seal(e.Interactions.Begin(w, r), done)
}

// openDone gives what was done and the session it was done in. The zero act is nothing: a page that is
// asked for by any other address has nothing to tell.
func (e *Endpoint) openDone(r *http.Request, sealed string) (what act, sessionID string) {
	done, err := e.Interactions.Open(r, sealed)
	if err != nil || done.Next != sealDone || e.Now().Sub(done.Received) > doneLife {
		return act{}, ""
	}
	if err := json.Unmarshal(done.Request, &what); err != nil {
		return act{}, ""
	}
	return what, done.SessionID
}
