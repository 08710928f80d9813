package oauth

import (
	"net/netip"
	"strings"
)

// PlainHost reports whether host, without port and brackets, is an IP address or has only the letters of a host name
// (RFC 1123 section 2.1) and the underscore. Names in other scripts are written as xn--: percent-encoded, a browser
// takes them for those too, but a page that shows them as they are decoded shows any letters that look alike,
// in any direction. A host that ends in a number is an address to browsers, whatever its spelling (URL
// Standard, ends-in-a-number checker), so it has to be one here: 127.1 and 0x7f.1 are not.
func PlainHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Zone() == ""
	}
	return host != "" && !strings.ContainsFunc(host, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_'
	}) && !endsInNumber(host)
}

func endsInNumber(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndexByte(host, '.')+1:]
	if hex, is := strings.CutPrefix(last, "0x"); is {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}
