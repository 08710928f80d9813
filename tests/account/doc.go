// Package account shows what people can end on their account page, against a real Caddy: the guard
// refuses what they ended on the very next request.
package account
