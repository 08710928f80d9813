package frontchannel

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// endpoint is the name in the log.
const endpoint = "frontchannel_logout"

// paramLeft is the parameter of the page's address.
const paramLeft = "left"

// sealLeft is the use of its seal, so that no link has frames loaded or leads anywhere.
const sealLeft = "frontchannel_logout"

// leftLife is how long the page has anything to tell. Opened again later it goes straight on: an application that does
// not look which session is meant would sign the person out of one that they have begun since.
const leftLife = time.Minute

// patience is for how long a browser without scripts shows the page after all frames have loaded; with scripts it
// does not wait (frontchannel.js).
const patience = 3 * time.Second

// Deps are the rooms the page goes through.
type Deps struct {
	// Issuer is the issuer identifier, below which the page lies.
	Issuer string

	Clients      *client.Registry
	Sessions     *session.Sessions
	Interactions *interaction.Sealer
	Respond      *web.Responder
	Now          func() time.Time
}

// Page serves <issuer>/frontchannel_logout.
type Page struct {
	Deps
	origin string
	serve  http.HandlerFunc
}

// New returns the page of one provider.
func New(d Deps) *Page {
	p := &Page{Deps: d, origin: web.Origin(d.Issuer)}
	p.serve = d.Respond.PageMethods(endpoint, map[string]http.HandlerFunc{http.MethodGet: p.get})
	return p
}

// ServeHTTP serves <issuer>/frontchannel_logout, where Leave sends browsers.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.serve(w, r) }

// Leave sends the browser with 303 to location, which is ours or proven to be a client's, over the page if applications
// are to be told that the session of that ID has ended. It must have ended in the store by now; "" is for none.
// If nobody can tell who has joined it, the page is asked again, which can be reloaded.
func (p *Page) Leave(w http.ResponseWriter, r *http.Request, sessionID, location string) {
	if sessionID == "" {
		p.Respond.SeeOther(w, r, location)
		return
	}
	frames, err := p.frames(r.Context(), sessionID)
	if err != nil {
		p.Respond.LogRefusal(r, endpoint, err)
	}
	if err == nil && len(frames) == 0 {
		p.Respond.SeeOther(w, r, location)
		return
	}
	text, err := p.seal(w, r, sessionID, location)
	if err != nil { // it would be longer than any address may be: the person goes where they were going
		p.Respond.LogRefusal(r, endpoint, err)
		p.Respond.SeeOther(w, r, location)
		return
	}
	p.Respond.SeeOther(w, r, p.Issuer+"/frontchannel_logout?"+paramLeft+"="+url.QueryEscape(text))
}

func (p *Page) seal(w http.ResponseWriter, r *http.Request, sessionID, location string) (string, error) {
	body, err := json.Marshal(location)
	if err != nil {
		return "", fmt.Errorf("frontchannel: encode: %w", err)
	}
	left := p.Interactions.Receive(sealLeft, body)
	left.SessionID = sessionID
	return p.Interactions.Seal(p.Interactions.Begin(w, r), left)
}

func (p *Page) get(w http.ResponseWriter, r *http.Request) {
	params, err := web.Query(r)
	if err != nil {
		p.Respond.RefusePage(w, r, endpoint, err)
		return
	}
	left, err := p.Interactions.Open(r, params.Get(paramLeft))
	stale := errors.Is(err, interaction.ErrStale)
	var location string
	if err != nil && !stale || left.Next != sealLeft || json.Unmarshal(left.Request, &location) != nil {
		p.Respond.RefusePage(w, r, endpoint, oauth.AccessDenied("the page does not belong to this browser", err))
		return
	}
	var frames []string
	if !stale && p.Now().Sub(left.Received) <= leftLife {
		if frames, err = p.frames(r.Context(), left.SessionID); err != nil {
			p.Respond.RefusePage(w, r, endpoint, err)
			return
		}
	}
	if len(frames) == 0 {
		p.Respond.SeeOther(w, r, location)
		return
	}
	// Without scripts the browser goes on by this: it counts from when the frames have loaded (HTML section 4.2.5.3).
	w.Header().Set("Refresh", strconv.Itoa(int(patience/time.Second))+"; url="+location)
	p.Respond.Page(w, r, http.StatusOK, "frontchannel", web.FrontchannelView{Frames: frames, Location: location}, web.PageOptions{
		Endpoint: endpoint, Frames: frames,
	})
}
