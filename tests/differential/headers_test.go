package differential

import (
	"fmt"
	"strings"
)

// headerTricks add something to a request that somebody between or behind could believe.
var headerTricks = []func(g *generator){
	// Who is calling.
	(*generator).spoof, (*generator).spoof, (*generator).spoof,
	func(g *generator) {
		g.add(pick(g, []string{"X-Forwarded-User", "X-Remote-User", "X-Auth-Request-User", "X-WEBAUTH-USER", "REMOTE_USER", "HTTP_REMOTE_USER", "Auth-Type", "X-Client-Cert", "From"}), "evil")
	},
	// What the proxy is to take away.
	func(g *generator) {
		name := pick(g, identityHeaders)
		g.add("Connection", pick(g, []string{
			name, strings.ToLower(name), strings.ToUpper(name), "close, " + name, "keep-alive," + name, name + ", close", "," + name + ",", "\t" + name, strings.ReplaceAll(name, "-", "_"),
			name + "\r\nConnection: " + pick(g, identityHeaders), "upgrade, " + name, "X-Mark-Not, " + name, "\"" + name + "\"", name + ";q=1",
		}))
	},
	func(g *generator) {
		g.add(pick(g, []string{"Keep-Alive", "Proxy-Connection", "TE", "Trailer"}), pick(g, append([]string{"trailers", "timeout=5"}, identityHeaders...)))
	},
	// Another path, another method.
	func(g *generator) { g.add(g.spell(pick(g, otherPathHeaders)), g.place(areas)) },
	func(g *generator) {
		g.add(g.spell(pick(g, []string{"X-Original-URI", "X-Forwarded-URI", "X-Forwarded-Path", "X-Forwarded-Prefix", "X-Script-Name", "Destination", "X-Envoy-Original-Path", "Referer"})), g.place(areas))
	},
	func(g *generator) {
		// gunicorn takes it for the beginning of the path.
		if at := strings.LastIndexByte(g.target, '/'); at > 0 {
			g.add(pick(g, []string{"SCRIPT_NAME", "Script-Name", "Script.Name", "script_name"}), g.target[:at])
		}
	},
	func(g *generator) {
		if g.odds(2) {
			g.method = "POST"
		}
		g.add(g.spell(pick(g, otherMethodHeaders)), pick(g, []string{"DELETE", "GET", "PUT", "delete", "PATCH", "OPTIONS", "HEAD"}))
	},
	// Where it comes from and goes to.
	func(g *generator) {
		g.add(pick(g, []string{"X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Method", "Via", "X-Cluster-Client-IP", "True-Client-IP"}),
			pick(g, []string{"127.0.0.1", "for=127.0.0.1;host=localhost;proto=https", "localhost", "https", "DELETE", "evil.example", "::1", "1.1 localhost"}))
	},
	func(g *generator) {
		if g.odds(2) {
			g.header[0].value = pick(g, []string{"evil.example", "LOCALHOST", "localhost.", "", "a b", "localhost:99999", "[::1]", "localhost/admin", "x@localhost", "localhost:80:80", "evil.example#", "é.example"})
		} else {
			g.add(pick(g, []string{"Host", "host", "HOST"}), pick(g, []string{"evil.example", "localhost", g.header[0].value}))
		}
		g.alone = true
	},
	// Preflights and other requests that some let through.
	func(g *generator) {
		g.add("Origin", "https://evil.example")
		g.add("Access-Control-Request-Method", pick(g, []string{"GET", "DELETE"}))
		if g.odds(2) {
			g.method = "OPTIONS"
		}
	},
	func(g *generator) {
		g.add("User-Agent", pick(g, []string{"kube-probe/1.30", "ELB-HealthChecker/2.0", "GoogleHC/1.0"}))
	},
	func(g *generator) {
		g.add("Cookie", pick(g, []string{"__Host-gatehouse-main-session=evil", "theirs=1; __Host-gatehouse-main-session=evil; other=2", "$Version=1; __Host-gatehouse-main-session=\"evil", "X-User-Id=evil"}))
	},
	// Other protocols.
	func(g *generator) {
		g.add("Connection", pick(g, []string{"Upgrade", "upgrade, X-User-Id", "Upgrade, HTTP2-Settings", "keep-alive, Upgrade"}))
		g.add("Upgrade", pick(g, []string{"websocket", "WebSocket", "h2c", "websocket, h2c", "HTTP/2.0", "TLS/1.0", "websocket\r\nUpgrade: h2c", "connect-udp"}))
		if g.odds(2) {
			g.add("HTTP2-Settings", "AAMAAABkAAQAAP__")
		} else {
			g.add("Sec-WebSocket-Version", pick(g, []string{"13", "1"}))
			g.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
		}
		if g.over == overHTTP1 && g.body == "" && g.odds(2) {
			g.body = g.smuggled() // meant for whoever believes that this is a tunnel now
		}
		g.alone = true
	},
	func(g *generator) {
		g.pseudo = append(g.pseudo, pick(g, []field{
			{":protocol", "websocket"}, {":protocol", "connect-udp"}, {":path", "/health"}, {":method", "GET"}, {":authority", "evil.example"}, {":scheme", "javascript"}, {":status", "200"}, {":x-user-id", "evil"},
		}))
		if g.pseudo[0].name == ":protocol" && g.over == overHTTP2 && !g.odds(4) {
			g.method = "CONNECT"
		}
	},
	// Bodies: where one ends is where the next request begins.
	(*generator).frame, (*generator).frame,
	func(g *generator) { g.sendBody("{\"a\":1}") },
	func(g *generator) {
		g.add("Content-Type", "application/x-www-form-urlencoded")
		g.sendBody("_method=DELETE&X-User-Id=evil")
	},
	func(g *generator) { g.add("Expect", pick(g, []string{"100-continue", "100-Continue", "200-ok", ""})) },
	(*generator).trail, (*generator).trail,
	// Lines that are none.
	(*generator).malform,
	func(g *generator) { g.add("X-Padding", strings.Repeat("x", 1+g.IntN(3000))) },
	func(g *generator) {
		g.version = pick(g, []string{"HTTP/1.0", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/1.1 ", "HTTP/0.9", "", "HTTP/01.1", "HTTP/1.1\r\nX-User-Id: evil"})
		g.alone = true
	},
}

// spoof says who is calling.
func (g *generator) spoof() {
	name := g.spell(pick(g, identityHeaders))
	for range 1 + g.IntN(2) {
		g.add(name, pick(g, []string{"evil", "evil", "", "evil, evil", "admin", "dikr0001", " evil ", "evil\x00", "\xc3\xa9vil", "reader"}))
	}
}

// spell is a header's name in one of the ways that some server takes for it.
func (g *generator) spell(name string) string {
	switch g.IntN(8) {
	case 0:
		return strings.ToLower(name)
	case 1:
		return strings.ToUpper(name)
	case 2:
		return strings.ReplaceAll(name, "-", "_")
	case 3:
		return strings.ToLower(strings.ReplaceAll(name, "-", pick(g, []string{"_", ".", "~", "!", "*", "+", "'", "`", "|", "$", "%", "&", "^", "#"})))
	case 4:
		return strings.Replace(name, "-", pick(g, []string{"_", ".", "~"}), 1)
	case 5:
		return name + pick(g, []string{" ", "\t", "\x00", ":", "_", "-", "\r\n", ";", "\xa0"})
	case 6:
		return pick(g, []string{" ", "\t", "_", "-", "HTTP_", "http-", "Http_", "\x00"}) + name
	}
	return name
}

// frame says in several ways, or wrongly, where the body ends; what follows is a request of nobody.
func (g *generator) frame() {
	if g.over != overHTTP1 {
		g.add(pick(g, []string{"Transfer-Encoding", "Content-Length", "Connection"}), pick(g, []string{"chunked", "0", "4", "5000", "X-User-Id", "close"}))
		if g.body == "" {
			g.body = g.smuggled()
		}
		return
	}
	if g.body != "" {
		return
	}
	g.alone = true
	next := g.smuggled()
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(next), next)
	length, encoding := "Content-Length", "Transfer-Encoding"
	switch g.IntN(12) {
	case 0: // CL.TE
		g.add(length, fmt.Sprint(len("0\r\n\r\n")+len(next)))
		g.add(encoding, "chunked")
		g.body = "0\r\n\r\n" + next
	case 1: // TE.CL
		g.add(encoding, "chunked")
		g.add(length, "4")
		g.body = chunked
	case 2:
		g.add(length, "0")
		g.add(length, fmt.Sprint(len(next)))
		g.body = next
	case 3:
		g.add(length, pick(g, []string{"+0", "-1", "0x0", "0, 0", "0,5", "00", " 0", "0 ", "1e0", "0\x00", "٠"}))
		g.body = next
	case 4:
		g.add(g.spell(encoding), pick(g, []string{"chunked", "Chunked", "chunked ", "\tchunked", "chunked, identity", "identity, chunked", "xchunked", "chunked\x0b", "\"chunked\"", "chunked;q=1", "gzip, chunked", "chunked\r\nTransfer-Encoding: x"}))
		g.body = chunked
	case 5:
		g.add(encoding, "chunked")
		g.body = pick(g, []string{"0;x=y\r\n\r\n", "00\r\n\r\n", "0x0\r\n\r\n", "0\n\n", "0\r\n\n", "0 \r\n\r\n", "-0\r\n\r\n", "0\r\r\n\r\n", "0;\n\r\n\r\n", "1\r\nx\r\n0\r\n\r\n", "1\r\nxx0\r\n\r\n"}) + next
	case 6:
		g.body = next // no length at all
	case 7:
		g.add(length, "0")
		g.body = "\r\n" + next
	case 8:
		g.add(encoding, "chunked")
		g.version = "HTTP/1.0"
		g.body = chunked
	case 9:
		g.add(g.spell(length), fmt.Sprint(len(next)))
		g.body = next
	case 10:
		g.add(encoding, "chunked\r\n")
		g.body = chunked
	default:
		g.add("Expect", "100-continue")
		g.add(length, "0")
		g.body = next
	}
}

// trail puts what belongs into the header behind the body.
func (g *generator) trail() {
	if g.body != "" || strings.EqualFold(g.method, "CONNECT") {
		return
	}
	name, announced := g.spell(pick(g, append([]string{"Authorization", "Host", "Cookie"}, identityHeaders...))), "X-Harmless"
	if g.odds(2) {
		announced = pick(g, []string{name, name + ", X-Harmless", strings.ToLower(name), pick(g, identityHeaders)})
	}
	g.add("Trailer", announced)
	g.trailer = []field{{name, "evil"}, {"X-Harmless", "yes"}, {"X-User-Id", "evil"}}
	if g.over != overHTTP1 {
		g.body = "body"
		return
	}
	g.add("Transfer-Encoding", "chunked")
	g.body = "4\r\nbody\r\n0\r\n"
	for _, f := range g.trailer {
		g.body += f.name + ": " + f.value + "\r\n"
	}
	g.body += "\r\n"
	g.alone = true
}

// malform adds a line that no library would send.
func (g *generator) malform() {
	evil := pick(g, identityHeaders)
	g.header = append(g.header, pick(g, []field{
		{evil + " ", "evil"},
		{" " + evil, "evil"},
		{"X-A: b\r\n" + evil, "evil"},
		{"X-A", "a\r\n" + evil + ": evil"},
		{"X-A", "a\n" + evil + ": evil"},
		{"X-A", "a\r" + evil + ": evil"},
		{"X-A", "a\x00" + evil + ": evil"},
		{"X-A", "a\r\n " + evil + ": evil"},
		{"X-A", "a\r\n\t" + evil + ": evil"},
		{"", "evil"},
		{evil + "\x00", "evil"},
		{evil + "\xff", "evil"},
		{"\xe2\x80\x8b" + evil, "evil"},
		{evil + "(x)", "evil"},
		{evil + ":", "evil"},
		{"X-A", "\u2028" + evil + ": evil"},
		{"X-A", "a\x85" + evil + ": evil"},
		{"X-A", "a\x0b" + evil + ": evil"},
		{"X-A", "\u560d\u560a" + evil + ": evil"},
		{evil, "evil\r\n\r\n"},
	}))
	g.alone = true
}
