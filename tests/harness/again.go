package harness

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"syscall"
)

// Again asks once more when a connection that was opened for the request is reset before a byte of an
// answer. Caddy, whatever it serves, resets the connections that wait to be accepted when the old listener
// of a reload closes: nobody has read the request, so nothing was refused. net/http asks again by itself
// only on a connection that was used before.
type Again struct {
	Next http.RoundTripper
	// Resets counts how often that was.
	Resets *atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (a Again) RoundTrip(r *http.Request) (*http.Response, error) {
	for {
		var reused, answered atomic.Bool
		traced := r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
			GetConn:              func(string) { reused.Store(false) },
			GotConn:              func(info httptrace.GotConnInfo) { reused.Store(info.Reused) },
			GotFirstResponseByte: func() { answered.Store(true) },
		}))
		if r.GetBody != nil {
			body, err := r.GetBody()
			if err != nil {
				return nil, err
			}
			traced.Body = body
		}
		resp, err := a.Next.RoundTrip(traced)
		if err == nil || reused.Load() || answered.Load() || !unaccepted(err) || (r.Body != nil && r.GetBody == nil) {
			return resp, err
		}
		a.Resets.Add(1)
	}
}

// unaccepted reports whether the connection ended without a word from the other side.
func unaccepted(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.EOF)
}

// CloseIdleConnections is what http.Client asks of its transport.
func (a Again) CloseIdleConnections() {
	if closer, ok := a.Next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}
