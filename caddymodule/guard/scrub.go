package guard

import (
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/web"
)

// scrubber takes out of a request what only the guard may say and what no upstream needs.
type scrubber struct {
	// names holds the folded names of what is removed by their length, so that most headers of a request are
	// dismissed by theirs.
	names   [][]string
	cookies []string
	forward bool
}

// pathHeaders tell some upstreams another path than the request line does: frameworks that know IIS and its
// rewriting, and gunicorn, which takes the first as the beginning of the path from any proxy on its machine. What was
// judged is what the upstream gets, so they go.
var pathHeaders = []string{"Script-Name", "Path-Info", "X-Original-Url", "X-Rewrite-Url"}

func newScrubber(identity, cookies []string, forward bool) scrubber {
	s := scrubber{cookies: cookies, forward: forward}
	for _, name := range slices.Concat(identity, pathHeaders, methodHeaders[:]) {
		for len(s.names) <= len(name) {
			s.names = append(s.names, nil)
		}
		s.names[len(name)] = append(s.names[len(name)], foldName(name))
	}
	return s
}

// scrub removes identity headers in every spelling, header and trailer, and those that speak of another path; the
// Connection tokens that would make a proxy remove ours; upgrades to protocols that would carry requests past the
// guard; and, unless they are to be forwarded, the credentials that were meant for the guard. A header that speaks
// of another method stays under its own name, by which it was judged.
func (s *scrubber) scrub(r *http.Request) {
	h := r.Header
	for name := range h {
		if s.protects(name) && !slices.Contains(methodHeaders[:], name) {
			delete(h, name)
		}
	}
	scrubConnection(h)
	if !s.forward {
		delete(h, "Authorization")
		delete(h, "Dpop")
		web.DropCookies(h, s.cookies)
	}
	if r.Trailer != nil {
		s.scrubTrailer(r)
	}
}

// protects reports whether a server could take name for a header that is not the caller's to send: CGI and its heirs
// fold case and every character that is no letter or digit (WSGI and PHP some of them) into one.
func (s *scrubber) protects(name string) bool {
	if len(name) >= len(s.names) {
		return false
	}
	for _, protected := range s.names[len(name)] {
		if foldsTo(name, protected) {
			return true
		}
	}
	return false
}

func foldsTo(name, folded string) bool {
	for i := range len(folded) {
		if fold(name[i]) != folded[i] {
			return false
		}
	}
	return true
}

func foldName(name string) string {
	folded := make([]byte, len(name))
	for i := range folded {
		folded[i] = fold(name[i])
	}
	return string(folded)
}

func fold(c byte) byte {
	switch {
	case 'A' <= c && c <= 'Z':
		return c | 0x20
	case alphanumeric(c):
		return c
	}
	return '-'
}

// scrubConnection keeps close, keep-alive and an upgrade to WebSocket. Any other token names a header
// that a proxy then removes (RFC 9110 section 7.6.1), which would let a caller unset an identity. Any
// other upgrade (h2c above all) turns the connection into a tunnel for requests the guard never sees.
func scrubConnection(h http.Header) {
	upgrade := false
	if values, ok := h["Upgrade"]; ok {
		upgrade = len(values) == 1 && strings.EqualFold(textproto.TrimString(values[0]), "websocket")
		if !upgrade {
			delete(h, "Upgrade")
		}
	}
	delete(h, "Http2-Settings") // of an h2c upgrade; it was hop-by-hop only by its Connection token
	values, ok := h["Connection"]
	if !ok {
		return
	}
	var kept []string
	for _, value := range values {
		for token := range strings.SplitSeq(value, ",") {
			switch token = strings.ToLower(textproto.TrimString(token)); {
			case token == "close", token == "keep-alive", token == "upgrade" && upgrade:
				kept = append(kept, token)
			}
		}
	}
	if len(kept) == 0 {
		delete(h, "Connection")
		return
	}
	h["Connection"] = []string{strings.Join(kept, ", ")}
}
