package differential

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// The ways a request is sent.
const (
	overHTTP1 = iota
	overHTTP2 // without TLS by prior knowledge, except at sites with TLS
	overHTTP3 // at sites with TLS
)

// field is a line of a header as it is written; nothing in it has to be well-formed.
type field struct{ name, value string }

// request is one request, as it goes over the wire.
type request struct {
	mark
	upstream int
	over     int

	method, target, version string
	header                  []field
	body                    string
	trailer                 []field // only with chunked bodies, and over HTTP/2
	pseudo                  []field // more pseudo-headers, over HTTP/2
	// alone is a request after which the connection is not used again: it could leave something in it.
	alone bool
}

// String shows a request in a failure.
func (r *request) String() string {
	return fmt.Sprintf("%s over HTTP/%d to %s:\n%s", r.mark, r.over+1, variants[r.variant].name, r.wire())
}

// wire is the request in HTTP/1.
func (r *request) wire() []byte {
	out := make([]byte, 0, 512)
	out = append(out, r.method...)
	out = append(append(out, ' '), r.target...)
	out = append(append(append(out, ' '), r.version...), "\r\n"...)
	for _, f := range r.header {
		out = append(append(append(append(out, f.name...), ": "...), f.value...), "\r\n"...)
	}
	return append(append(out, "\r\n"...), r.body...)
}

func (r *request) add(name, value string) { r.header = append(r.header, field{name, value}) }

// generator makes requests. All that is random in one comes from its seed and number.
type generator struct {
	*rand.Rand
	*request
	token string
}

// generate makes the request of a number for one of the variants.
func (w *world) generate(seed, number uint64, among []int) *request {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, number))}
	variant := among[g.IntN(len(among))]
	v := variants[variant]
	g.request = &request{
		mark:    mark{number: number, variant: variant, caller: g.IntN(len(callers))},
		version: "HTTP/1.1",
	}
	if g.upstream = g.IntN(len(w.upstreams)); w.upstreams[g.upstream].name == "wsgi" && g.odds(2) {
		g.upstream = 0 // it is the slowest of them
	}
	switch n := g.IntN(10); {
	case v.tls && n < 2:
		g.over = overHTTP3
	case v.tls && n < 9, n < 3:
		g.over = overHTTP2
	}
	audience := oneSource
	if v.audience != "" {
		audience = v.audience
	}
	g.token = w.token[g.caller][audience]
	g.method = g.aMethod()
	g.target = g.aTarget(v.prefix)
	host := fmt.Sprintf("localhost:%d", w.ports[variant][g.upstream])
	g.add("Host", host)
	g.authorize()
	g.marked()
	for range g.some() {
		pick(g, headerTricks)(g)
	}
	if g.over == overHTTP1 && g.odds(10) {
		g.target = g.otherForm(host)
	}
	return g.request
}

// marked writes the mark before whatever ends the header too soon.
func (g *generator) marked() {
	g.header = slices.Insert(g.header, 1, field{"X-Mark", g.mark.String()})
}

// some is how many tricks a request has: often one or none.
func (g *generator) some() int { return pick(g, []int{0, 0, 0, 1, 1, 1, 2, 3}) }

// odds is true once in n times.
func (g *generator) odds(n int) bool { return g.IntN(n) == 0 }

func pick[T any](g *generator, from []T) T { return from[g.IntN(len(from))] }

// aMethod is mostly one that exists.
func (g *generator) aMethod() string {
	if !g.odds(6) {
		return pick(g, []string{"GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
	}
	return pick(g, []string{
		"get", "Post", "delete", "TRACE", "CONNECT", "PROPFIND", "LOCK", "MKCOL", "QUERY", "M-SEARCH", "PURGE", "LINK", "FOO", "PRI", "GETX", "XGET",
		"G%45T", "GET/admin", "DELETE\t", "GE\x00T", "G\u0130T", "_GET", "OPTIONS", "HEAD", "ACL", "REPORT", "COPY", "MOVE", "SUBSCRIBE", "SOURCE",
	})
}

// authorize adds the caller's token. Sometimes it comes in a way in which it must not count.
func (g *generator) authorize() {
	if g.token == "" {
		return
	}
	bearer := "Bearer " + g.token
	if !g.odds(12) {
		g.add("Authorization", bearer)
		return
	}
	switch g.IntN(10) {
	case 0:
		g.add(pick(g, []string{"authorization", "AUTHORIZATION", "AuthorizatioN"}), pick(g, []string{"bearer ", "BEARER ", "Bearer   "})+g.token)
	case 1:
		g.add("Authorization", bearer)
		g.add("Authorization", pick(g, []string{bearer, "Bearer x", "Basic eDp5", ""}))
	case 2:
		g.nowhere("Authorization", pick(g, []string{bearer + ", " + bearer, bearer + "x", "Bearer " + g.token[:len(g.token)-1], "Basic " + g.token, g.token, "DPoP " + g.token, "Bearer \"" + g.token + "\""}))
	case 3:
		g.nowhere(pick(g, []string{"Authorization_", "X-Authorization", "Proxy-Authorization", "X-Forwarded-Authorization", "Authorization.", "WWW-Authenticate"}), bearer)
	case 4:
		g.nowhere("Cookie", "access_token="+g.token+"; Authorization="+bearer)
	case 5:
		g.nowhere("X-Access-Token", g.token)
		g.target += "?access_token=" + g.token
	case 6:
		g.nowhere("Content-Type", "application/x-www-form-urlencoded")
		g.sendBody("access_token=" + g.token)
	case 7:
		g.add("Authorization", bearer)
		g.add("Connection", pick(g, []string{"Authorization", "close, authorization", "keep-alive, Authorization"}))
	case 8:
		g.add("Authorization", bearer)
		g.add("DPoP", "eyJ.eyJ.x")
	default:
		g.add("Authorization", bearer+pick(g, []string{" ", "\t", "\r\n\t", "\r\n ", "\x00", "\n"}))
		g.alone = true
	}
}

// nowhere sends the token where no guard may take it from: whoever sends it is nobody.
func (g *generator) nowhere(name, value string) {
	g.add(name, value)
	g.caller = nobody
}

// sendBody gives the request a body with its length.
func (g *generator) sendBody(body string) {
	if g.body != "" || strings.EqualFold(g.method, "CONNECT") {
		return
	}
	g.body = body
	g.add("Content-Length", fmt.Sprint(len(body)))
}

// smuggled is a request that a body may hold: if anybody takes it for one, nobody sent it.
func (g *generator) smuggled() string {
	of := mark{number: g.number, variant: g.variant, caller: nobody}
	return "GET /admin/users HTTP/1.1\r\nHost: localhost\r\nX-Mark: " + of.String() + "\r\n\r\n"
}
