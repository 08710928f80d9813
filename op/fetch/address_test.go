package fetch

import (
	"errors"
	"net/http"
	"net/netip"
	"testing"
)

// specials are addresses that are not the public's, one of each kind and the edges of some.
var specials = []string{
	"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1", "127.255.0.1",
	"168.63.129.16", "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1",
	"198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
	"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
	"64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:2::1", "2001:10::1", "2001:20::1",
	"2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1",
	"ff02::1", "4000::1", "2606:4700::1111%1",
}

var publics = []string{
	"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1", "192.0.1.1", "198.17.0.1",
	"198.20.0.1", "223.255.255.255", "::ffff:8.8.8.8", "2001:200::1", "2606:4700::1111", "2a00:1450::1", "3ffe::1",
}

func TestThreat043_EveryRangeThatIsNotPublicIsRefused(t *testing.T) {
	for _, text := range specials {
		if (Policy{}).admits(netip.MustParseAddr(text)) {
			t.Errorf("%s is reached", text)
		}
	}
	for _, text := range publics {
		if !(Policy{}).admits(netip.MustParseAddr(text)) {
			t.Errorf("%s is refused", text)
		}
	}
	if (Policy{}).admits(netip.Addr{}) {
		t.Error("no address at all is reached")
	}
}

func TestThreat043_AllowOpensWhatItNamesAndNoMore(t *testing.T) {
	p := Policy{Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00:1::/32"), netip.MustParsePrefix("fe80::/10")}}
	for text, want := range map[string]bool{
		"10.1.2.3": true, "::ffff:10.1.2.3": true, "fd00:1::5": true, "8.8.8.8": true, "fe80::1": true,
		"10.2.0.1": false, "64:ff9b::a01:203": false, "2002:a01:203::": false, "::10.1.2.3": false, "fd00:2::1": false, "fe80::1%eth0": false, "127.0.0.1": false,
	} {
		if got := p.admits(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestThreat043_ControlSeesWhatIsDialled(t *testing.T) {
	for _, address := range []string{"127.0.0.1:443", "[::1]:443", "[fe80::1%lo]:443", "[::ffff:10.0.0.1]:443", "/run/socket", "", "localhost:443"} {
		if err := (Policy{}).control("tcp", address, nil); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %v", address, err)
		}
	}
	if err := (Policy{}).control("tcp4", "8.8.8.8:443", nil); err != nil {
		t.Error(err)
	}
}

// TestThreat041_NothingPrivateIsReached: whatever spelling leads to the server on loopback, nobody asks it.
func TestThreat041_NothingPrivateIsReached(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	c := New(Policy{Roots: s.policy().Roots})
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "[::]", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"} {
		if _, err := c.Get(t.Context(), "https://"+host+":"+s.port()+"/"); err == nil {
			t.Errorf("%s was read", host)
		}
	}
	if s.asked.Load() != 0 {
		t.Error("the server was asked")
	}
}

// TestThreat044_ANameThatMovesIsCheckedEachTime: the first answer of the resolver is allowed, the second is not.
func TestThreat044_ANameThatMovesIsCheckedEachTime(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	n := &names{addresses: []string{"127.0.0.1", "127.0.0.2"}}
	c := newClient(s.policy(), n.resolver(t))
	address := "https://www.example.com.:" + s.port() + "/"
	if _, err := c.Get(t.Context(), address); err != nil {
		t.Fatalf("what is allowed: %v", err)
	}
	if _, err := c.Get(t.Context(), address); !errors.Is(err, ErrAddress) {
		t.Errorf("after the name has moved: %v", err)
	}
	if s.asked.Load() != 1 {
		t.Errorf("asked %d times", s.asked.Load())
	}
}
