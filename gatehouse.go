// Package gatehouse registers the Gatehouse modules with Caddy when it is imported:
//
//	xcaddy build --with github.com/seed-5b16f944/gatehouse
//
// Everything lives in package caddymodule and below.
package gatehouse

import (
	// The app openid_provider, its handler, its commands and the guard.
	_ "github.com/seed-5b16f944/gatehouse/caddymodule"
)
