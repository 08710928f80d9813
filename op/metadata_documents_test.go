package op_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
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
