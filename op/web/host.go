package web

import (
	"net"
	"strings"
)

// CanonicalHost is one spelling for the authority of a request or URL, without userinfo: lower case, no dot at
// the end, no default port. An IPv6 address without a port has no brackets.
func CanonicalHost(hostport string) string {
	host, port := strings.ToLower(hostport), ""
	if h, p, err := net.SplitHostPort(host); err == nil {
		host, port = h, p
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	if port == "" || port == "443" || port == "80" {
		return host
	}
	return net.JoinHostPort(host, port)
}
