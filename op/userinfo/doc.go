// Package userinfo is the UserInfo endpoint (OIDC Core section 5.3).
//
// An access token with the openid scope, in the Authorization header or in the body of a POST and never
// in the query, is answered with the claims its scopes release about the person who signed in, and with
// those that its client asked for by name: as JSON, or as the JWT that the client registered for.
package userinfo
