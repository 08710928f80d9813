package caddymodule

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestResponseTypesAreReadInAnyOrderOfTheirParts(t *testing.T) {
	p, err := parse(t, `{
		issuer https://id.example.com
		response_types code "token id_token" "id_token code" none
		client web {
			auth none
			response_types "token id_token code"
		}
	}`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"code", "id_token token", "code id_token", "none"}, p.ResponseTypes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"code id_token token"}, p.Clients[0].ResponseTypes); diff != "" {
		t.Error(diff)
	}
}

func TestResponseTypesThatNobodyServes(t *testing.T) {
	for _, line := range []string{"response_types token", "response_types code token", `response_types "code code"`, "response_types", `response_types ""`} {
		if _, err := parse(t, "{\n"+line+"\n}"); err == nil {
			t.Errorf("%q is taken", line)
		}
	}
}

// JSON is written by hand too.
func TestResponseTypesOfJSON(t *testing.T) {
	p := &Provider{
		Issuer: "https://id.example.com", ResponseTypes: []string{"token id_token", "id_token token"},
		Clients: []*Client{{ID: "web", Auth: []string{"none"}, RedirectURIs: []string{"https://a.example/"}, ResponseTypes: []string{"token"}}},
	}
	_, faults := p.config("main")
	for i, want := range []string{"client web: response_types: unknown response type 'token'", `response_types: "id_token token" is named twice`} {
		if len(faults) != 2 || !strings.HasPrefix(faults[i].Error(), want) {
			t.Errorf("faults %v, want %s", faults, want)
		}
	}
}
