// Package differential sends requests that two servers could read differently through a real Caddy with a guard to
// upstreams of several kinds: net/http, nginx, Node.js and a WSGI server. Each upstream says of every request that
// reaches it which of its handlers it took and what it would believe about the caller, and the judge holds that
// against what the token of the request was good for.
//
// The requests are made by a generator of which each is a function of a seed and a number:
//
//	go test ./tests/differential -v -requests 10000000 -timeout 5h
//	go test ./tests/differential -v -seed 7 -only 4711
//
// The first is the long run of docs/security.md, the second sends one request again and shows it.
package differential
