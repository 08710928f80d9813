package device

import (
	"net/http"
	"net/url"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/devicecode"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// response is what a device is told (RFC 8628 section 3.2), times in seconds.
type response struct {
	DeviceCode              string `json:"device_code"`
	UserCode                string `json:"user_code"`
	VerificationURI         string `json:"verification_uri"`
	VerificationURIComplete string `json:"verification_uri_complete"`
	ExpiresIn               int64  `json:"expires_in"`
	Interval                int64  `json:"interval"`
}

// begin answers a device authorization request. The client authenticates as at the token endpoint.
func (e *Endpoint) begin(w http.ResponseWriter, r *http.Request) {
	p, err := web.Form(w, r, "resource") // RFC 8707 section 2 alone allows repeating
	if err != nil {
		e.Respond.Refuse(w, r, endpoint, err)
		return
	}
	c, err := e.Authenticator.Authenticate(r.Context(), r, p)
	if err != nil {
		e.Respond.Refuse(w, r, endpoint, err)
		return
	}
	begun, err := e.authorize(r, c, p)
	if err != nil {
		e.Respond.Refuse(w, web.ForClient(r, c.ID), endpoint, err)
		return
	}
	e.Respond.JSON(w, r, http.StatusOK, response{
		DeviceCode: begun.DeviceCode, UserCode: begun.UserCode, VerificationURI: e.url(),
		VerificationURIComplete: e.url() + "?" + paramUserCode + "=" + url.QueryEscape(begun.UserCode),
		ExpiresIn:               int64(begun.ExpiresIn / time.Second), Interval: int64(begun.Interval / time.Second),
	})
}

// authorize finds out what the device asks for and stores it, if there is room. Unknown scopes, and those that are not
// for the client, are dropped as at the authorization endpoint; the token answer's scope tells.
func (e *Endpoint) authorize(r *http.Request, c *client.Client, p oauth.Params) (*devicecode.Begun, error) {
	if !c.AllowsGrantType(oauth.GrantDeviceCode) {
		return nil, oauth.UnauthorizedClient("client may not use this grant type", nil)
	}
	scopes, err := oauth.ParseScopes(p.Get("scope"))
	if err != nil {
		return nil, err
	}
	admits := func(r resource.Resource) bool { return r.Admits(c.ID, c.Scopes, c.Configured) }
	resolved, err := e.Resources.Resolve(p.All("resource"), scopes, admits, c.DefaultResource)
	if err != nil {
		return nil, err
	}
	stranger := c.Public() || !c.Configured
	if err := e.Budgets.Request(r.Context(), throttle.Network(web.ClientIP(r)), stranger); err != nil {
		return nil, err
	}
	return e.Codes.Begin(r.Context(), c.ID, resolved.Scopes.Only(c.Scopes), resolved.Resources)
}
