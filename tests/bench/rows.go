package main

import (
	"net/url"
	"testing"
)

// side is one of the two things a row compares.
type side func(h *house) load

// row is one line of the table: what is measured, and the same requests at a site without it.
type row struct {
	name    string
	aim     string // what it should reach
	base    side
	subject side
	// known are requests that the subject is sent once before it is measured.
	known side
	// fresh starts Caddy anew before each pair and sends each request of the subject once.
	fresh bool
}

// pair is a row measured once.
type pair struct{ base, subject window }

// rows are the table.
var rows = []row{
	guarding("guard, one token", "adds <= 4 us", oneToken),
	known(guarding("guard, many tokens in turn", "adds <= 6 us", manyTokens), manyTokens),
	{
		name: "guard before reverse_proxy", aim: "rate >= 0.98",
		base:    func(h *house) load { return h.at(h.plainProxy, bearing(h, false, h.person)) },
		subject: func(h *house) load { return h.at(h.guardedProxy, bearing(h, false, h.person)) },
	},
	firstSight("first sight of a service's ES256 token", func(h *house) []string { return h.serviceTokens }),
	firstSight("first sight of a person's ES256 token", func(h *house) []string { return h.personalTokens }),
	posting("introspection, Basic client", "rate >= 0.65, <= 80 us", func(h *house) []byte {
		return h.site.post("/introspect", serviceClient, serviceSecret, url.Values{"token": {h.person}})
	}),
	posting("client_credentials, ES256 JWT", "rate >= 0.30", (*house).ownToken),
	refreshing("refresh with rotation, SQLite", "rate >= 0.15", func(h *house) []*family { return h.families }),
	refreshing("the same with an RS256 ID token", "", func(h *house) []*family { return h.identified }),
	posting("discovery", "rate >= 0.90", func(h *house) []byte { return h.site.get("/.well-known/openid-configuration") }),
	posting("JWKS", "rate >= 0.90", func(h *house) []byte { return h.site.get("/jwks") }),
}

// guarding is a guard before an answer of Caddy's own.
func guarding(name, aim string, tokens func(h *house) []string) row {
	return row{
		name: name, aim: aim,
		base:    func(h *house) load { return h.at(h.plain, bearing(h, false, tokens(h)...)) },
		subject: func(h *house) load { return h.at(h.guarded, bearing(h, false, tokens(h)...)) },
	}
}

// known lets the guard see every token before it is measured.
func known(r row, tokens func(h *house) []string) row {
	r.known = func(h *house) load { return h.at(h.guarded, bearing(h, true, tokens(h)...)) }
	return r
}

func oneToken(h *house) []string   { return []string{h.person} }
func manyTokens(h *house) []string { return h.serviceTokens }

// firstSight is a guard that sees each token once, in a process that has issued none of them.
func firstSight(name string, tokens func(h *house) []string) row {
	r := guarding(name, "adds <= 130 us", tokens)
	r.fresh = true
	r.subject = func(h *house) load { return h.at(h.guarded, bearing(h, true, tokens(h)...)) }
	return r
}

// posting is an endpoint of the provider that gets the same request over and over.
func posting(name, aim string, request func(h *house) []byte) row {
	return row{
		name: name, aim: aim,
		base:    func(h *house) load { return h.at(h.plain, inTurn(h.connections, false, request(h))) },
		subject: func(h *house) load { return h.at(h.provider, inTurn(h.connections, false, request(h))) },
	}
}

// refreshing has a family of refresh tokens on each connection.
func refreshing(name, aim string, families func(h *house) []*family) row {
	return row{
		name: name, aim: aim,
		base: func(h *house) load {
			return h.at(h.plain, inTurn(h.connections, false, h.site.refreshing(families(h)[0].refresh)))
		},
		subject: func(h *house) load {
			chains := make([]chain, h.connections)
			for i, f := range families(h) {
				chains[i] = f
			}
			return h.at(h.provider, chains)
		},
	}
}

// bearing are requests with these bearer tokens, on every connection.
func bearing(h *house, once bool, tokens ...string) []chain {
	requests := make([][]byte, len(tokens))
	for i, token := range tokens {
		requests[i] = h.site.get("/orders/17", "Authorization: Bearer "+token)
	}
	return inTurn(h.connections, once, requests...)
}

// pair measures a row once; reversed takes the subject first, so that a drift of the machine favours
// neither side.
func (h *house) pair(t testing.TB, r row, reversed bool) (p pair) {
	t.Helper()
	if r.known != nil {
		if _, err := r.known(h).run(h.caddy.PID(), 0, 0); err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
	}
	if r.fresh {
		h.restart(t)
		p.base = h.side(t, r, "base", r.base)
		p.subject = h.side(t, r, "subject", r.subject)
		return p
	}
	if reversed {
		p.subject = h.side(t, r, "subject", r.subject)
		p.base = h.side(t, r, "base", r.base)
		return p
	}
	p.base = h.side(t, r, "base", r.base)
	p.subject = h.side(t, r, "subject", r.subject)
	return p
}

func (h *house) side(t testing.TB, r row, which string, s side) window {
	t.Helper()
	during := h.window
	if r.fresh && which == "subject" {
		during = 0 // each request once
	}
	done := h.profile(t, r.name+" "+which)
	w, err := s(h).run(h.caddy.PID(), h.warmUp, during)
	done()
	if err != nil {
		t.Fatalf("%s, %s: %v", r.name, which, err)
	}
	return w
}
