package web

import (
	"context"
	"net"
	"net/http"
)

type contextKey int

const (
	clientKey contextKey = iota
	clientIPKey
)

// ForClient notes the client that the request speaks for, so that the log line of a refusal can name
// it. It must be an id that was looked up and found, never one that was only sent.
func ForClient(r *http.Request, id string) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), clientKey, id))
}

func clientOf(ctx context.Context) string {
	id, _ := ctx.Value(clientKey).(string)
	return id
}

// WithClientIP notes the address of who sent the request, as the server in front decided it by its
// own rules on trusted proxies. No forwarding header is read in this package.
func WithClientIP(ctx context.Context, ip string) context.Context {
	return context.WithValue(ctx, clientIPKey, ip)
}

// ClientIP is the address of who sent the request: what WithClientIP noted, else the host part of
// RemoteAddr.
func ClientIP(r *http.Request) string {
	if ip := ClientIPOf(r.Context()); ip != "" {
		return ip
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// ClientIPOf is the address that WithClientIP noted, "" for none.
func ClientIPOf(ctx context.Context) string {
	ip, _ := ctx.Value(clientIPKey).(string)
	return ip
}
