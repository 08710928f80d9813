// Package guard is the Caddy handler openid_guard: it lets a request through to what it protects only
// if the request carries a bearer token that is live, meant for this audience and wide enough, and it
// tells the upstream who is calling in headers nobody else can set. With browser, a request without a token is
// judged by whether its browser is signed in at the provider, and whoever goes to a page without is sent to do that.
//
// A Guard declares its audience as a resource to the provider of the same process when it is
// provisioned, and asks that provider with a function call for every request, so a revocation bites on
// the next one. ServeHTTP is short on purpose: decide, scrub, then either refuse or set the identity
// and go on. Everything decide cannot answer with a clear yes is a no: its zero value denies, and a
// panic or an outage below it is a 503 that the upstream never sees.
//
// What a request must bring is found by its method and path: rules lead to a route, which holds the scopes and
// the refusals that name them. What the audience tells of itself (RFC 9728) the guard answers before it asks for a token.
//
// What is let through stays under watch until it is answered: streams closes it when its token ends.
//
// The package imports op and Caddy. It meets the app that holds the providers through the interface
// App, which the app implements.
package guard
