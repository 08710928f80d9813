package op_test

import (
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op"
)

// Whether there is such a thing is told to clients, and not while there is none.
func TestMetadataDocumentsAreAdvertised(t *testing.T) {
	for _, on := range []bool{false, true} {
		c := config()
		c.MetadataDocuments.On = on
		p := start(t, c, open(t, op.Location{Driver: op.DriverMemory}))
		r := httptest.NewRequest(http.MethodGet, p.Issuer()+"/.well-known/oauth-authorization-server", nil)
		handler, found := p.Handler(r)
		if !found {
			t.Fatal("no metadata")
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		var told map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil {
			t.Fatal(err)
		}
		if got, is := told["client_id_metadata_document_supported"]; is != on || on && got != true {
			t.Errorf("on %t: %v", on, got)
		}
		if challenges, _ := told["code_challenge_methods_supported"].([]any); len(challenges) != 1 || challenges[0] != "S256" {
			t.Errorf("code challenges: %v", told["code_challenge_methods_supported"])
		}
	}
}

// TestMust020_NoSubIsTheURLOfAClient: nobody's sub may be what a client could be called.
func TestMust020_NoSubIsTheURLOfAClient(t *testing.T) {
	c := config()
	c.Users = append(c.Users, &op.User{Name: "eve", PasswordHash: "x", Sub: "https://app.example.com/client.json"})
	if faults := c.Check(); len(faults) > 0 {
		t.Fatalf("without documents: %v", faults)
	}
	c.MetadataDocuments.On = true
	if faults := c.Check(); len(faults) != 1 || !strings.Contains(faults[0].Error(), "eve") {
		t.Errorf("%v", faults)
	}
}

func TestMetadataDocumentsThatMeanNothing(t *testing.T) {
	c := config()
	c.MetadataDocuments.Allow = []string{"app.example.com"}
	if faults := c.Check(); len(faults) != 1 || faults[0].Error() != "metadata_documents: allow: means nothing while metadata documents are off" {
		t.Errorf("%v", faults)
	}
	c = config()
	c.Resources = []op.Resource{{URI: "https://mcp.example.com/mcp", Scopes: []string{"tools"}, AnyClient: true}}
	c.Clients = nil
	warned := len(c.Warnings())
	c.MetadataDocuments.On = true
	if now := len(c.Warnings()); warned != 1 || now != 0 {
		t.Errorf("%d and %d warnings of a resource that everybody may have", warned, now)
	}
}

// TestThreat041_ADocumentIsReadAtPrivateAddressesOfNamedHostsAlone: what the operator opened for applications of the
// house is not open to whoever makes up a client_id, before anybody has signed in.
func TestThreat041_ADocumentIsReadAtPrivateAddressesOfNamedHostsAlone(t *testing.T) {
	var asked atomic.Int64
	inside := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.NotFound(w, r)
	}))
	t.Cleanup(inside.Close)
	roots := x509.NewCertPool()
	roots.AddCert(inside.Certificate())
	host := strings.TrimPrefix(inside.URL, "https://")
	for _, test := range []struct {
		allow        []string
		asked        int64
		moreWarnings int
	}{
		{nil, 0, 1},
		{[]string{"app.example.com"}, 0, 0},
		{[]string{host}, 1, 0},
	} {
		c := config()
		warned := len(c.Warnings())
		c.Outbound = op.Outbound{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Roots: roots}
		c.MetadataDocuments = op.MetadataDocuments{On: true, Allow: test.allow}
		if got := len(c.Warnings()) - warned; got != test.moreWarnings {
			t.Errorf("%q: %d more warnings: %q", test.allow, got, c.Warnings())
		}
		p := start(t, c, open(t, op.Location{Driver: op.DriverMemory}))
		asked.Store(0)
		r := httptest.NewRequest(http.MethodGet, p.Issuer()+"/authorize?response_type=code&client_id="+url.QueryEscape(inside.URL+"/client.json"), nil)
		handler, found := p.Handler(r)
		if !found {
			t.Fatal("no authorization endpoint")
		}
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, r); w.Code != http.StatusBadRequest || asked.Load() != test.asked {
			t.Errorf("%q: %d, asked %d times", test.allow, w.Code, asked.Load())
		}
	}
}
