package client

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func subject(t testing.TB, name pkix.Name) []byte {
	t.Helper()
	der, err := asn1.Marshal(name.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestDistinguishedNames(t *testing.T) {
	plain := subject(t, pkix.Name{CommonName: "billing", Organization: []string{"Example, Inc."}, Country: []string{"SE"}})
	for text, want := range map[string]bool{
		`CN=billing,O=Example\, Inc.,C=SE`:                true,
		`cn=billing, o=Example\, Inc. , c=SE`:             true,
		`2.5.4.3=billing,2.5.4.10=Example\2C Inc.,C=SE`:   true,
		`CN=\62illing,O=Example\, Inc.,C=SE`:              true,
		`CN=Billing,O=Example\, Inc.,C=SE`:                false,
		`C=SE,O=Example\, Inc.,CN=billing`:                false, // another order
		`CN=billing,O=Example\, Inc.`:                     false,
		`CN=billing,O=Example\, Inc.,C=SE,ST=x`:           false,
		`CN=billing+O=Example\, Inc.,C=SE`:                false,
		`CN=billing\ ,O=Example\, Inc.,C=SE`:              false,
		`CN=billing,O=Example\, Inc.,C=SE\00`:             false,
		`OU=billing,O=Example\, Inc.,C=SE`:                false,
		`1.2.840.113549.1.9.1=x,O=Example\, Inc.,C=SE`:    false,
		`CN=billing,O=Example\, Inc.,C=SE,CN=billing`:     false,
		`CN=billing,O=Example\, Inc.,2.5.4.6=SE`:          true,
		`CN=bill\c3\a5ing,O=Example\, Inc.,2.5.4.6=SE`:    false,
		`CN=billing,O=\45xample\, Inc.,countryName=SE`:    false,
		`EMAILADDRESS=a@example.org,CN=billing,O=x,C=SE`:  false,
		`CN=billing,O=Example\, Inc.,C=SE,DC=example,L=x`: false,
	} {
		name, err := parseDN(text)
		if got := err == nil && name.is(plain); got != want {
			t.Errorf("%s: %t, %v", text, got, err)
		}
	}
	name, err := parseDN("CN=a")
	if err != nil || name.is(nil) || name.is([]byte("no DER")) || name.is(append(subject(t, pkix.Name{CommonName: "a"}), 0)) {
		t.Errorf("%v: what is no name is one", err)
	}
}

func TestMalformedDistinguishedNames(t *testing.T) {
	for _, text := range []string{
		"", "billing", "CN", "CN=", "=billing", "CN=billing,", "CN=billing,,C=SE", "CN=billing+", "X=1", "2.5.x=1", "2=1", "CN=#0401",
		`CN=a\`, `CN=a\x`, `CN=a\4`, `CN=a"b"`, "CN=a<b", "CN=a>b", "CN=a;C=SE", "CN=a\x00",
	} {
		if name, err := parseDN(text); err == nil {
			t.Errorf("%q is read as %v", text, name)
		}
	}
}

// What Go writes of a name is read as that name, and as no other.
func TestDistinguishedNamesAsGoWritesThem(t *testing.T) {
	word := rapid.StringMatching(`[a-zåö ,+"\\<>;#=]{0,6}[a-z]`)
	rapid.Check(t, func(t *rapid.T) {
		name := pkix.Name{CommonName: word.Draw(t, "cn"), Organization: []string{word.Draw(t, "o"), word.Draw(t, "another o")}, Country: []string{"SE"}}
		der, err := asn1.Marshal(name.ToRDNSequence())
		if err != nil {
			t.Fatal(err)
		}
		text := name.ToRDNSequence().String()
		read, err := parseDN(text)
		if err != nil || !read.is(der) {
			t.Fatalf("%s is not read as itself: %v, %v", text, read, err)
		}
		name.CommonName = strings.ToUpper(name.CommonName)
		if der, err = asn1.Marshal(name.ToRDNSequence()); err != nil || read.is(der) {
			t.Fatalf("%s is another name too: %v", text, err)
		}
	})
}
