// Command xcaddy is Caddy with its standard modules and Gatehouse: the main function that the build tool
// xcaddy generates, kept here so that `go run ./xcaddy run --config Caddyfile.example` needs nothing but Go.
package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard" // the modules every Caddy has

	_ "github.com/seed-5b16f944/gatehouse" // the OpenID Provider and its guard
)

func main() {
	caddycmd.Main()
}
