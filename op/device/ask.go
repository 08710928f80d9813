package device

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/devicecode"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// What a code may turn out to be when it is looked at again.
var (
	errAnswered = errors.New("device: it has been answered")
	errExpired  = errors.New("device: its time is over")
	errReask    = errors.New("device: the question has changed")
)

// question is what a person is asked: who wants what.
type question struct {
	authorization *devicecode.Authorization
	client        *client.Client
	scopes        oauth.Scopes
	resources     []string
}

// question looks at an authorization again, and at its client: what it may not have any more is not asked for.
// errAnswered, errExpired, or the store's error.
func (e *Endpoint) question(ctx context.Context, key string) (*question, error) {
	a, err := e.Codes.ByKey(ctx, key)
	switch {
	case errors.Is(err, devicecode.ErrNotFound):
		return nil, errExpired
	case err != nil:
		return nil, err
	case !a.Waits():
		return nil, errAnswered
	case a.Expired(e.Now()):
		return nil, errExpired
	}
	c, err := e.Clients.Get(ctx, a.ClientID)
	switch {
	case errors.Is(err, client.ErrNotFound):
		return nil, errExpired // together with its client
	case err != nil:
		return nil, err
	case c.Disabled || !c.AllowsGrantType(oauth.GrantDeviceCode):
		return nil, errExpired
	}
	q := &question{authorization: a, client: c, scopes: a.Scopes.Only(c.Scopes), resources: a.Resources}
	if !c.MayRefresh() {
		q.scopes = q.scopes.Without(oauth.Scopes{oauth.ScopeOfflineAccess})
	}
	return q, nil
}

// shown is what the page tells of the question.
func (q *question) shown() *shown {
	return &shown{Scopes: q.scopes, Resources: q.resources, Terms: consent.Terms(q.client)}
}

// was reports whether a page asked this very question.
func (q *question) was(s *shown) bool {
	return s != nil && slices.Equal(s.Scopes, q.scopes) && slices.Equal(s.Resources, q.resources) && s.Terms == consent.Terms(q.client)
}

// ask shows the page that asks.
func (e *Endpoint) ask(w http.ResponseWriter, r *http.Request, who *signin.Person, c carried) {
	q, err := e.question(r.Context(), c.Key)
	if err != nil {
		e.cannot(w, r, who, c, err)
		return
	}
	text, err := e.seal(w, r, sealDecide, who, carried{Key: c.Key, UserCode: c.UserCode, Shown: q.shown()})
	if err != nil {
		e.Respond.RefusePage(w, r, endpointPage, err)
		return
	}
	told := introduce(r, q.client)
	e.Respond.Page(w, r, http.StatusOK, "device_confirm", askView{
		Action: e.url(), Interaction: text, Account: who.User.DisplayName(), UserCode: c.UserCode,
		Client: told.Name, Host: told.RedirectHost, ClientHost: told.ClientHost, Scopes: e.scopeLines(q.scopes), Resources: e.Resources.Others(q.resources, e.Issuer),
		LogoURI: told.LogoURI, PolicyURI: told.PolicyURI, TOSURI: told.TOSURI, Unchecked: told.Unchecked,
	}, web.PageOptions{Endpoint: endpointPage, Image: told.LogoURI})
}

// cannot tells why there is no question, or puts it anew.
func (e *Endpoint) cannot(w http.ResponseWriter, r *http.Request, who *signin.Person, c carried, err error) {
	switch {
	case errors.Is(err, errAnswered):
		e.Respond.Page(w, r, http.StatusConflict, "answered", struct{}{}, web.PageOptions{Endpoint: endpointPage})
	case errors.Is(err, errExpired):
		e.expired(w, r, who)
	case errors.Is(err, errReask):
		e.ask(w, r, who, c)
	default:
		e.Respond.RefusePage(w, r, endpointPage, err)
	}
}
