package guard

import (
	"io"
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"golang.org/x/net/http/httpguts"

	"github.com/seed-5b16f944/gatehouse/op/web"
)

// privateResponse keeps shared caches from serving one caller's answer to another: an answer without
// Cache-Control becomes private, and one whose Vary lacks Authorization gets it, and Cookie where browsers are taken. That is decided when
// the header is written, because what the upstream said goes first. Flush, hijack and deadlines reach
// the real writer through Unwrap, as http.ResponseController has it.
type privateResponse struct {
	caddyhttp.ResponseWriterWrapper
	marked bool
	// nonced says that the answer has a nonce for DPoP proofs. Such an answer must not serve a later request: its nonce
	// would be too old by then (RFC 9449 sections 8.2 and 9).
	nonced bool
	// public says that the answer is the same for everybody, and may be kept for others.
	public bool
	// browsers says that answers depend on the cookies by which browsers are signed in.
	browsers bool
	// ours are the cookies of the provider, which an upstream must not set: it would sign the browser in as somebody
	// else. None where they sign nobody in.
	ours []string
	// values back the headers that are set: each answer has its own, for other handlers may change
	// them in place.
	values [2]string
}

// publicly is the writer of an answer that is for everybody, in which an upstream sets none of our cookies either.
func publicly(w http.ResponseWriter, ours []string) *privateResponse {
	p := &privateResponse{public: true, ours: ours}
	p.ResponseWriter = w
	return p
}

// WriteHeader marks the final answer. Those before it, and 101, are kept by no cache, but a browser takes cookies from
// the answer that opens a WebSocket as from any other (WebSockets Standard section 2.2).
func (p *privateResponse) WriteHeader(status int) {
	if status >= http.StatusOK {
		p.mark()
	} else {
		web.DropSetCookies(p.Header(), p.ours)
	}
	p.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (p *privateResponse) Write(b []byte) (int, error) {
	p.mark()
	return p.ResponseWriter.Write(b)
}

// ReadFrom implements io.ReaderFrom.
func (p *privateResponse) ReadFrom(r io.Reader) (int64, error) {
	p.mark()
	return p.ResponseWriterWrapper.ReadFrom(r)
}

// FlushError implements what http.ResponseController looks for; a flush writes the header too.
func (p *privateResponse) FlushError() error {
	p.mark()
	return http.NewResponseController(p.ResponseWriter).Flush()
}

func (p *privateResponse) mark() {
	if p.marked {
		return
	}
	p.marked = true
	h := p.Header()
	web.DropSetCookies(h, p.ours)
	if p.public {
		return
	}
	switch _, ok := h["Cache-Control"]; {
	case p.nonced:
		h["Cache-Control"] = []string{"no-store"}
	case !ok:
		p.values[0] = "private"
		h["Cache-Control"] = p.values[:1:1]
	}
	on := "Authorization"
	if p.browsers {
		on = "Authorization, Cookie"
	}
	vary, ok := h["Vary"]
	if !ok {
		p.values[1] = on
		h["Vary"] = p.values[1:2:2]
		return
	}
	if !varies(vary, "Authorization") || p.browsers && !varies(vary, "Cookie") {
		h["Vary"] = append(vary, on)
	}
}

// varies reports whether an answer is known to depend on a header of its request.
func varies(vary []string, name string) bool {
	return httpguts.HeaderValuesContainsToken(vary, name) || httpguts.HeaderValuesContainsToken(vary, "*")
}

// Interface guards
var (
	_ http.ResponseWriter = (*privateResponse)(nil)
	_ http.Pusher         = (*privateResponse)(nil)
	_ io.ReaderFrom       = (*privateResponse)(nil)
)
