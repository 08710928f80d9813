package caddymodule

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// withVars gives a request the variables that Caddy's server sets.
func withVars(r *http.Request, vars map[string]any) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), caddyhttp.VarsCtxKey, vars))
}

// Threat 72: what a peer says about itself counts only if Caddy was told to trust it.
func TestThreat072_SchemeIsNotTheCallersToSay(t *testing.T) {
	for name, test := range map[string]struct {
		tls     bool
		trusted any
		proto   string
		want    bool
	}{
		"tls":                              {tls: true, want: true},
		"clear":                            {want: false},
		"clear, says https":                {proto: "https", want: false},
		"clear, says https, untrusted":     {trusted: false, proto: "https", want: false},
		"clear, says https, trusted":       {trusted: true, proto: "https", want: true},
		"clear, says http, trusted":        {trusted: true, proto: "http", want: false},
		"clear, says both, trusted":        {trusted: true, proto: "https, http", want: false},
		"tls, says http":                   {tls: true, proto: "http", want: true},
		"clear, says nothing, trusted":     {trusted: true, want: false},
		"clear, says https, not a boolean": {trusted: "true", proto: "https", want: false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "http://id.example.com/authorize", nil)
			if test.tls {
				r.TLS = &tls.ConnectionState{HandshakeComplete: true}
			}
			if test.proto != "" {
				r.Header.Set("X-Forwarded-Proto", test.proto)
			}
			vars := map[string]any{}
			if test.trusted != nil {
				vars[caddyhttp.TrustedProxyVarKey] = test.trusted
			}
			if got := isSecure(withVars(r, vars)); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// Threat 76: what arrives before the handshake is over can be a recording.
func TestThreat076_EarlyDataIsSeen(t *testing.T) {
	for name, test := range map[string]struct {
		method   string
		complete bool
		header   string
		want     bool
	}{
		"post after the handshake":  {http.MethodPost, true, "", false},
		"post before the handshake": {http.MethodPost, false, "", true},
		"post, early at a proxy":    {http.MethodPost, true, "1", true},
		"get before the handshake":  {http.MethodGet, false, "", false},
		"get, early at a proxy":     {http.MethodGet, true, "1", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(test.method, "https://id.example.com/token", nil)
			r.TLS = &tls.ConnectionState{HandshakeComplete: test.complete}
			if test.header != "" {
				r.Header.Set("Early-Data", test.header)
			}
			if got := isEarly(r); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// MUST 86: the client's address is what Caddy found, not what a header says.
func TestMust086_ClientAddressIsCaddys(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "https://id.example.com/login", nil)
	r.Header.Set("X-Forwarded-For", "198.51.100.1")
	if got := clientIP(withVars(r, map[string]any{caddyhttp.ClientIPVarKey: "203.0.113.7"})); got != "203.0.113.7" {
		t.Errorf("got %s", got)
	}
	if got := clientIP(withVars(r, map[string]any{})); got != "" {
		t.Errorf("got %s without Caddy's word", got)
	}
}

func TestLoopbackHosts(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "localhost.": true, "id.localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true,
		"::ffff:127.0.0.1": true, "notlocalhost": false, "localhost.example.com": false, "127.0.0.1.example.com": false, "10.0.0.1": false, "": false,
	} {
		if got := isLoopbackHost(host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
	for authority, want := range map[string]string{"a.example:8443": "a.example", "a.example": "a.example", "[::1]:8443": "::1", "[::1]": "::1"} {
		if got := hostname(authority); got != want {
			t.Errorf("%s: %s", authority, got)
		}
	}
}
