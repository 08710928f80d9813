package differential

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/quic-go/quic-go/http3"
	"golang.org/x/net/http/httpguts"
)

// newHTTP3 is a client of HTTP/3. It refuses to send some of what the others write; the rest counts.
func (w *world) newHTTP3() *http3.Transport {
	return &http3.Transport{TLSClientConfig: &tls.Config{RootCAs: w.roots}, DisableCompression: true}
}

// fitsHTTP3 reports whether the client writes such a request; it waits for the answer to others, that it never sent.
func (r *request) fitsHTTP3() bool {
	return r.method != "CONNECT" && strings.HasPrefix(r.target, "/") && !strings.HasPrefix(r.target, "//") && httpguts.ValidHostHeader(r.header[0].value) &&
		!strings.Contains(r.header[0].value, "/")
}

// send3 sends a request over HTTP/3 and returns its status.
func (s *sender) send3(r *request) (status int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	outgoing := (&http.Request{
		Method: r.method, URL: &url.URL{Scheme: "https", Host: "localhost:" + portText(s.ports[r.variant][r.upstream]), Opaque: r.target},
		Host: r.header[0].value, Header: http.Header{}, Proto: "HTTP/3.0", ProtoMajor: 3,
	}).WithContext(ctx)
	for _, f := range r.header[1:] {
		outgoing.Header[f.name] = append(outgoing.Header[f.name], f.value)
	}
	if r.body != "" {
		outgoing.Body, outgoing.ContentLength = io.NopCloser(strings.NewReader(r.body)), -1
	}
	if len(r.trailer) > 0 {
		outgoing.Trailer = http.Header{}
		for _, f := range r.trailer {
			outgoing.Trailer[f.name] = []string{f.value}
		}
	}
	answer, err := s.third.RoundTrip(outgoing)
	if err != nil {
		if ctx.Err() != nil {
			return statusStalled, nil
		}
		return statusNone, nil // the client itself, or the server, wants none of it
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16))
	return answer.StatusCode, nil
}

var plainClient = http.Client{Timeout: 10 * time.Second}
