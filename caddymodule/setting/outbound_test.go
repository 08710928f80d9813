package setting

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-5b16f944/gatehouse/op"
)

// certificateFile holds the certificate of a test server, and is one to read it from.
func certificateFile(t *testing.T) (path string, certificate *x509.Certificate) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	t.Cleanup(server.Close)
	path = filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, server.Certificate()
}

func readOutbound(text string) (*Outbound, error) {
	d := caddyfile.NewTestDispenser(text)
	d.Next()
	o := &Outbound{}
	return o, o.UnmarshalCaddyfile(d)
}

func TestOutbound(t *testing.T) {
	path, certificate := certificateFile(t)
	o, err := readOutbound("outbound {\n allow 10.0.0.0/8 127.0.0.1 ::1\n allow ::ffff:192.168.0.1 10.1.2.3/16\n trust_pool file " + path + "\n}")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	defer cancel()
	got, faults := o.Config(ctx)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	var allow []string
	for _, prefix := range got.Allow {
		allow = append(allow, prefix.String())
	}
	if diff := cmp.Diff([]string{"10.0.0.0/8", "127.0.0.1/32", "::1/128", "192.168.0.1/32", "10.1.0.0/16"}, allow); diff != "" {
		t.Error(diff)
	}
	want := x509.NewCertPool()
	want.AddCert(certificate)
	if !got.Roots.Equal(want) {
		t.Error("the pool is another")
	}
}

func TestOutboundFaults(t *testing.T) {
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	defer cancel()
	noCertificate := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(noCertificate, []byte("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		outbound Outbound
		want     string
	}{
		{Outbound{TrustPoolRaw: []byte(`{"provider":"file","pem_files":["` + noCertificate + `"]}`)}, "outbound: trust_pool: has no certificate"},
		{Outbound{Allow: []string{"localhost"}}, `outbound: allow: "localhost" is not an address or a CIDR range`},
		{Outbound{Allow: []string{"10.0.0.0/33"}}, `outbound: allow: "10.0.0.0/33" is not`},
		{Outbound{Allow: []string{"fe80::1%eth0"}}, `outbound: allow: "fe80::1%eth0" is not`},
		{Outbound{Allow: []string{"::ffff:10.0.0.0/104"}}, `outbound: allow: "::ffff:10.0.0.0/104" is not`},
		{Outbound{Allow: []string{""}}, `outbound: allow: "" is not`},
		{Outbound{TrustPoolRaw: []byte(`{"provider":"unknown"}`)}, "outbound: trust_pool: "},
		{Outbound{TrustPoolRaw: []byte(`{"provider":"file","pem_files":["/does/not/exist"]}`)}, "outbound: trust_pool: "},
	} {
		if _, faults := tt.outbound.Config(ctx); len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), tt.want) {
			t.Errorf("%v, want %s", faults, tt.want)
		}
	}
	for text, want := range map[string]string{
		"outbound 10.0.0.0/8":                       "wrong argument count",
		"outbound {\n allow\n}":                     "wrong argument count",
		"outbound {\n trust_pool\n}":                "wrong argument count",
		"outbound {\n trust_pool unknown\n}":        "there is no pool 'unknown'; certificates in a file are: trust_pool file <path>",
		"outbound {\n proxy http://127.0.0.1:80\n}": "unknown word 'proxy' in outbound",
	} {
		if _, err := readOutbound(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestThreat041_TheDefaultReachesNothingPrivate: without the word, and with an empty block.
func TestThreat041_TheDefaultReachesNothingPrivate(t *testing.T) {
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	defer cancel()
	for _, o := range []*Outbound{nil, {}} {
		got, faults := o.Config(ctx)
		if diff := cmp.Diff(op.Outbound{}, got, cmpopts.EquateComparable(netip.Prefix{}), cmpopts.IgnoreTypes(&x509.CertPool{})); diff != "" || len(faults) > 0 || got.Roots != nil {
			t.Errorf("%s %v", diff, faults)
		}
	}
}
