package device

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/signin"
)

// The uses of seals: one made for one of them opens for no other.
const (
	sealEnter  = "device enter"
	sealFound  = "device found"
	sealDecide = "device decide"
	sealDone   = "device done"
)

// carried is what the seals of the pages carry.
type carried struct {
	// Key names the authorization, and UserCode is what the person typed, in its one spelling.
	Key      string `json:"key,omitempty"`
	UserCode string `json:"user_code,omitempty"`
	// Shown is what the page asked for.
	Shown *shown `json:"shown,omitempty"`
	// Allowed is what came of it.
	Allowed bool `json:"allowed,omitempty"`
}

// shown is what a person said yes or no to.
type shown struct {
	Scopes    oauth.Scopes `json:"scopes"`
	Resources []string     `json:"resources"`
	Terms     string       `json:"terms"`
}

// seal makes the hidden field, or the parameter of our own redirect, for one use, this browser and this session.
func (e *Endpoint) seal(w http.ResponseWriter, r *http.Request, use string, who *signin.Person, c carried) (string, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("device: encode: %w", err)
	}
	page := e.Interactions.Receive(use, body)
	page.SessionID = who.Session.ID
	return e.Interactions.Seal(e.Interactions.Begin(w, r), page)
}

// errStale says that a seal is one of ours for this browser, but too old or for somebody who is not signed in now.
var errStale = errors.New("device: the page is out of date")

// open gives back what seal took, and which of the uses it was made for.
func (e *Endpoint) open(r *http.Request, text string, who *signin.Person, uses ...string) (use string, c carried, err error) {
	page, err := e.Interactions.Open(r, text)
	stale := errors.Is(err, interaction.ErrStale)
	if err != nil && !stale {
		return "", carried{}, oauth.AccessDenied("the form does not belong to this browser", err)
	}
	for _, use := range uses {
		if page.Next != use {
			continue
		}
		if err := json.Unmarshal(page.Request, &c); err != nil {
			return "", carried{}, fmt.Errorf("device: decode: %w", err)
		}
		if stale || page.SessionID != who.Session.ID {
			return use, carried{UserCode: c.UserCode}, errStale
		}
		return use, c, nil
	}
	return "", carried{}, oauth.AccessDenied("the form does not belong to this browser", nil)
}
