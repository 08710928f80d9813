package device

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/devicecode"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// The parameters of the page.
const (
	paramUserCode    = "user_code" // RFC 8628 section 3.3.1
	paramInteraction = "interaction"
	paramDecision    = "decision"
	paramDone        = "done"
)

// enterState is what the page to type the code says beside its form.
type enterState struct {
	UserCode, Problem string
	// Wait is how long until another attempt counts, with "throttled".
	Wait time.Duration
	// Status is 200 when it is 0.
	Status int
	// Err is what the log is told.
	Err error
}

// askSignIn has the person sign in first. Nothing is looked up before: a code that they came with comes back with them.
func (e *Endpoint) askSignIn(w http.ResponseWriter, r *http.Request, typed string) {
	var request json.RawMessage
	if code, ok := devicecode.ParseUserCode(typed); ok {
		request, _ = json.Marshal(code) // a string of ASCII letters has a JSON form
	}
	e.SignIn.Ask(w, r, e.Interactions.Receive(interaction.NextDevice, request), signin.Prompt{})
}

// showEnter writes the page to type the code. A code in the link to it stands in the form, and waits for the person:
// to follow a link is not to have seen the code on a device.
func (e *Endpoint) showEnter(w http.ResponseWriter, r *http.Request, who *signin.Person, state enterState) {
	text, err := e.seal(w, r, sealEnter, who, carried{})
	if err != nil {
		e.Respond.RefusePage(w, r, endpointPage, err)
		return
	}
	if state.Status == 0 {
		state.Status = http.StatusOK
	}
	if code, ok := devicecode.ParseUserCode(state.UserCode); ok {
		state.UserCode = code
	} else if state.Problem == "" {
		state.UserCode = ""
	}
	e.Respond.Page(w, r, state.Status, "device", enterView{
		Action: e.url(), Interaction: text, Account: who.User.DisplayName(), UserCode: state.UserCode,
		Problem: state.Problem, Minutes: int((state.Wait + time.Minute - 1) / time.Minute),
	}, web.PageOptions{Endpoint: endpointPage, Err: state.Err})
}

// stale shows the form again: nothing was done.
func (e *Endpoint) stale(w http.ResponseWriter, r *http.Request, who *signin.Person, userCode string) {
	e.showEnter(w, r, who, enterState{
		UserCode: userCode, Problem: "stale", Status: http.StatusForbidden, Err: oauth.AccessDenied("the form is out of date", nil),
	})
}

// expired shows the form again for a code whose time is over.
func (e *Endpoint) expired(w http.ResponseWriter, r *http.Request, who *signin.Person) {
	e.showEnter(w, r, who, enterState{Problem: "expired", Err: oauth.InvalidRequest("user_code has expired", nil)})
}

// enter looks a code up that a person typed, and sends them to the question. A wrong one counts, and a right one takes
// back only itself (RFC 8628 section 5.1).
func (e *Endpoint) enter(w http.ResponseWriter, r *http.Request, who *signin.Person, typed string) {
	code, ok := devicecode.ParseUserCode(typed)
	if !ok { // no code can be that, so nothing is guessed
		e.unknown(w, r, who, typed)
		return
	}
	guess, wait, err := e.Budgets.Guess(r.Context(), who.User.Account, throttle.Network(web.ClientIP(r)))
	if err != nil {
		e.Respond.RefusePage(w, r, endpointPage, err)
		return
	}
	if wait > 0 {
		e.showEnter(w, r, who, enterState{
			UserCode: code, Problem: "throttled", Wait: wait, Status: http.StatusTooManyRequests,
			Err: web.RetryAfter(oauth.TooManyRequests("too many attempts at user codes", nil), wait),
		})
		return
	}
	a, err := e.Codes.ByUserCode(r.Context(), code)
	switch {
	case errors.Is(err, devicecode.ErrNotFound):
		e.unknown(w, r, who, typed)
		return
	case err != nil:
		_ = guess.GiveBack(r.Context()) // it was never judged
		e.Respond.RefusePage(w, r, endpointPage, err)
		return
	}
	_ = guess.GiveBack(r.Context()) // what the store does not take back stays counted
	text, err := e.seal(w, r, sealFound, who, carried{Key: a.Key(), UserCode: code})
	if err != nil {
		e.Respond.RefusePage(w, r, endpointPage, err)
		return
	}
	e.Respond.SeeOther(w, r, e.url()+"?"+paramInteraction+"="+url.QueryEscape(text))
}

func (e *Endpoint) unknown(w http.ResponseWriter, r *http.Request, who *signin.Person, typed string) {
	const longest = 20 // of what is shown again
	if len(typed) > longest {
		typed = ""
	}
	e.showEnter(w, r, who, enterState{
		UserCode: typed, Problem: "unknown", Err: oauth.AccessDenied("user_code is not known", nil),
	})
}
