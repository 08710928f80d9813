// Package caddymodule is the Caddy face of the OpenID Provider: it reads the Caddyfile and the JSON
// configuration, turns them into an op.Config, and ties what op builds to Caddy's life cycle. No rule of the
// protocol lives here.
//
// The app openid_provider holds the named providers; the handler openid_provider serves the endpoints of one
// of them and passes every other request on; package guard protects sites and meets the app through the
// interface it declares. A provider's state (store, remembered tokens, throttles) outlives a reload:
// configurations lease it from one pool, at Start or at the first request before it, so that `caddy validate`
// touches nothing.
package caddymodule
