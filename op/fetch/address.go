package fetch

import (
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// globalUnicast is all of IPv6 that is given out to the public (RFC 4291 section 2.4). Whatever lies beside it
// is refused without being named: loopback, link-local, unique local (RFC 4193) and site-local addresses,
// multicast, those that stand for an IPv4 address (::/96, 64:ff9b::/96, 64:ff9b:1::/48), discard-only ones.
var globalUnicast = netip.MustParsePrefix("2000::/3")

// special are the ranges that are not the public's or lead somewhere else than they say (IANA IPv4 and IPv6
// Special-Purpose Address Registries, RFC 6890).
var special = prefixes(
	"0.0.0.0/8",        // this network; a kernel takes it for loopback
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // behind a carrier's NAT; the metadata service of one cloud
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // the host of a virtual machine in one cloud
	"169.254.0.0/16",   // link-local; the metadata service of most clouds
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments; the metadata service of one cloud
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // relays of 6to4
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarking
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, broadcast
	"2001::/23",        // protocol assignments: Teredo, benchmarking, ORCHID
	"2001:db8::/32",    // documentation
	"2002::/16",        // 6to4: any IPv4 address in disguise
	"3fff::/20",        // documentation
)

func prefixes(texts ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		parsed = append(parsed, netip.MustParsePrefix(text))
	}
	return parsed
}

// admits reports whether the policy lets a connection be made to an address. One with a zone is on a link of
// ours and in no prefix.
func (p Policy) admits(address netip.Addr) bool {
	if !address.IsValid() || address.Zone() != "" {
		return false
	}
	address = address.Unmap() // ::ffff:127.0.0.1 is 127.0.0.1
	within := func(block netip.Prefix) bool { return block.Contains(address) }
	if slices.ContainsFunc(p.Allow, within) {
		return true
	}
	return (address.Is4() || globalUnicast.Contains(address)) && !slices.ContainsFunc(special, within)
}

// control is asked for each address just before it is dialled. What a name meant when somebody looked before
// does not count, so a resolver that answers in two ways gains nothing (DNS rebinding).
func (p Policy) control(_, address string, _ syscall.RawConn) error {
	dialled, err := netip.ParseAddrPort(address)
	if err != nil || !p.admits(dialled.Addr()) {
		return fmt.Errorf("%w: %s", ErrAddress, address)
	}
	return nil
}
