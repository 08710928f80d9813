package throttle

import (
	"net/netip"
	"testing"
)

func TestNetwork(t *testing.T) {
	for _, tt := range []struct{ addr, want string }{
		{"192.0.2.7:51000", "192.0.2.7"},
		{"192.0.2.7", "192.0.2.7"},
		{"::ffff:192.0.2.7", "192.0.2.7"},
		{"[::ffff:192.0.2.7]:80", "192.0.2.7"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"[2001:db8:1:2:ffff::1]:443", "2001:db8:1:2::/64"},
		{"2001:db8:1:3::1", "2001:db8:1:3::/64"},
		{"fe80::1%eth0", "fe80::/64"},
		{"[fe80::2%eth1]:1", "fe80::/64"},
		{"", unknownNetwork},
		{"@", unknownNetwork},
		{"localhost:1", unknownNetwork},
		{"192.0.2.07", unknownNetwork},
		{"0x7f.1", unknownNetwork},
	} {
		if got := Network(tt.addr); got != tt.want {
			t.Errorf("Network(%q) = %q, want %q", tt.addr, got, tt.want)
		}
	}
}

// FuzzNetwork: an answer is an address, a /64 or the shared word; and it stands for itself.
func FuzzNetwork(f *testing.F) {
	for _, seed := range []string{"1.2.3.4:5", "[::1]:2", "fe80::1%x", "::ffff:1.2.3.4", "[[::1]]:1", ":", "%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, addr string) {
		got := Network(addr)
		if got == unknownNetwork {
			return
		}
		if prefix, err := netip.ParsePrefix(got); err == nil {
			if prefix.Bits() != 64 || Network(prefix.Addr().String()) != got {
				t.Fatalf("Network(%q) = %q", addr, got)
			}
			return
		}
		if parsed, err := netip.ParseAddr(got); err != nil || !parsed.Is4() || Network(got) != got {
			t.Fatalf("Network(%q) = %q", addr, got)
		}
	})
}
