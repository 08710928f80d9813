// Package web is the provider's HTTP manners, the same for every endpoint: it reads forms,
// queries and JSON objects within limits, answers JSON and pages with their security headers, sets cookies, and
// decides whether a form post came from a page of ours.
// AnyOrigin and ClientOrigins alone let pages of other origins read an answer (CORS), never with cookies;
// an endpoint that is not wrapped in one of them has no such headers.
//
// An endpoint reads its request with Form, Query or Object, and answers through a Responder: JSON for a
// client, Page for a person, Refuse or RefusePage for an error, which is also the one place where
// that error is logged. Pages holds the templates and the style sheet of ui/, any of which an
// operator's directory may replace. All pages live directly below the issuer, so they reach their
// assets by the relative path assets/<name>.
package web
