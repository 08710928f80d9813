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
	// ready waits until the subject can be measured.
	ready func(t testing.TB, h *house)
	// fresh starts Caddy anew before each pair and sends each request of the subject once.
	fresh bool
}

// pair is a row measured once.
type pair struct{ base, subject window }

// rows are the table.
var rows = []row{
	guarding("guard, one JWT", "adds <= 4 us", jwts, func(h *house) []string { return []string{h.person} }),
	guarding("guard, many JWTs in turn", "adds <= 6 us", jwts, func(h *house) []string { return h.serviceTokens }),
	guarding("guard, one opaque token", "adds <= 4 us", opaques, func(h *house) []string { return h.opaqueTokens[:1] }),
	guarding("guard, many opaque tokens in turn", "adds <= 6 us", opaques, func(h *house) []string { return h.opaqueTokens }),
	guardingProxy("guard before reverse_proxy, JWT", func(h *house) int { return h.guardedProxy }, func(h *house) string { return h.person }),
	guardingProxy("guard before reverse_proxy, opaque", func(h *house) int { return h.guardedOpaqueProxy }, func(h *house) string { return h.opaqueTokens[0] }),
	guardingBound("guard, one DPoP token", func(h *house) []string { return h.boundTokens[:1] }),
	guardingBound("guard, many DPoP tokens in turn", func(h *house) []string { return h.boundTokens }),
	firstSight("first sight of a service's ES256 token", func(h *house) []string { return h.serviceTokens }),
	firstSight("first sight of a person's ES256 token", func(h *house) []string { return h.personalTokens }),
	posting("introspection, Basic client", "rate >= 0.65, <= 80 us", func(h *house) []byte {
		return h.site.post("/introspect", serviceClient, serviceSecret, url.Values{"token": {h.person}})
	}),
	posting("client_credentials, ES256 JWT", "rate >= 0.30", (*house).ownToken),
	refreshing("refresh with rotation", "rate >= 0.15", func(h *house) []*family { return h.families }),
	refreshing("the same with an RS256 ID token", "", func(h *house) []*family { return h.identified }),
	{
		name: "code flow, signed in (2 requests)",
		base: func(h *house) load { return h.at(h.plain, inTurn(h.connections, false, h.site.get("/authorize"))) },
		subject: func(h *house) load {
			chains := make([]chain, h.connections)
			for i, v := range h.visits {
				chains[i] = v
			}
			return h.at(h.provider, chains)
		},
	},
	posting("discovery", "rate >= 0.90", func(h *house) []byte { return h.site.get("/.well-known/openid-configuration") }),
	posting("JWKS", "rate >= 0.90", func(h *house) []byte { return h.site.get("/jwks") }),
}

// guarding is a guard before an answer of Caddy's own, which has seen every token before.
func guarding(name, aim string, port func(h *house) int, tokens func(h *house) []string) row {
	return row{
		name: name, aim: aim,
		base:    func(h *house) load { return h.at(h.plain, bearing(h, false, tokens(h)...)) },
		subject: func(h *house) load { return h.at(port(h), bearing(h, false, tokens(h)...)) },
		known:   func(h *house) load { return h.at(port(h), bearing(h, true, tokens(h)...)) },
	}
}

func jwts(h *house) int    { return h.guarded }
func opaques(h *house) int { return h.guardedOpaque }

// guardingProxy is a guard before a proxy.
func guardingProxy(name string, port func(h *house) int, token func(h *house) string) row {
	return row{
		name: name, aim: "rate >= 0.98",
		base:    func(h *house) load { return h.at(h.plainProxy, bearing(h, false, token(h))) },
		subject: func(h *house) load { return h.at(port(h), bearing(h, false, token(h))) },
		known:   func(h *house) load { return h.at(port(h), bearing(h, true, token(h))) },
	}
}

// guardingBound is a guard that takes tokens that are bound to a key. Each request has a proof of its own, which the load
// makes for both sides: it costs as much as what is measured, so rates say little here.
func guardingBound(name string, tokens func(h *house) []string) row {
	return row{
		name:    name,
		base:    func(h *house) load { return h.at(h.plain, h.proven(false, tokens(h)...)) },
		subject: func(h *house) load { return h.at(h.guardedBound, h.proven(false, tokens(h)...)) },
		known:   func(h *house) load { return h.at(h.guardedBound, h.proven(true, tokens(h)...)) },
		ready: func(t testing.TB, h *house) {
			t.Helper()
			h.awaitProofs(t, h.guardedBound, func() []byte { return h.bound(tokens(h)[0]) })
		},
	}
}

// firstSight is a guard that sees each token once, in a process that has issued none of them.
func firstSight(name string, tokens func(h *house) []string) row {
	r := guarding(name, "adds <= 130 us", jwts, tokens)
	r.fresh, r.known = true, nil
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
	if r.ready != nil {
		r.ready(t, h)
	}
	if r.known != nil {
		if _, err := r.known(h).run(h, 0, 0); err != nil {
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
	w, err := s(h).run(h, h.warmUp, during)
	done()
	if err != nil {
		t.Fatalf("%s, %s: %v", r.name, which, err)
	}
	return w
}
