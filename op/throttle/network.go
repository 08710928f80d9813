package throttle

import (
	"net"
	"net/netip"
)

// unknownNetwork is shared by every address that cannot be read, so that an odd one is no way around.
const unknownNetwork = "unknown"

// Network is the unit a stranger is counted by: an IPv4 address, or the /64 of an IPv6 address, of
// which one line commonly has all addresses. It takes an address with or without a port.
func Network(remoteAddr string) string {
	if host, _, err := net.SplitHostPort(remoteAddr); err == nil {
		remoteAddr = host
	}
	addr, err := netip.ParseAddr(remoteAddr)
	if err != nil {
		return unknownNetwork
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	return netip.PrefixFrom(addr, 64).Masked().String()
}
