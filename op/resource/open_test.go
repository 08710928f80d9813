package resource

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// TestMust048_OpenScopesAreThoseTheOperatorOpened: a client that registers itself gets nothing that was made for
// the operator's own.
func TestMust048_OpenScopesAreThoseTheOperatorOpened(t *testing.T) {
	standard := oauth.Scopes{"openid", "profile", "email", "address", "phone", "offline_access"}
	for _, tt := range []struct {
		name      string
		resources []Resource
		scopes    []Scope
		want      oauth.Scopes
	}{
		{"nothing", nil, nil, standard},
		{"resources of configured clients", []Resource{{URI: orders, Scopes: oauth.Scopes{"orders:read"}}, {URI: files, Scopes: oauth.Scopes{"files:read"}, Clients: []string{"web"}}}, nil, standard},
		{"an open resource", []Resource{{URI: mcp, Scopes: oauth.Scopes{"tools:call"}, AnyClient: true}}, nil, standard.Union(oauth.Scopes{"tools:call"})},
		{"one of its scopes is not", []Resource{{URI: mcp, Scopes: oauth.Scopes{"tools:call", "tools:admin"}, AnyClient: true}}, []Scope{{Name: "tools:admin", Clients: []string{"web"}}}, standard.Union(oauth.Scopes{"tools:call"})},
		{"claims that nobody opened", nil, []Scope{{Name: "groups", Claims: []string{"groups"}}}, standard},
		{"claims that are open", nil, []Scope{{Name: "groups", Claims: []string{"groups"}, AnyClient: true}}, standard.Union(oauth.Scopes{"groups"})},
		{"a standard scope that is not", nil, []Scope{{Name: "phone", Clients: []string{"web"}}}, standard.Without(oauth.Scopes{"phone"})},
		{"a word about a standard scope", nil, []Scope{{Name: "phone", Description: "Call you"}}, standard},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := NewSet(issuer, tt.resources, tt.scopes)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, s.OpenScopes()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(standard, oauth.IdentityScopes); diff != "" {
				t.Errorf("the vocabulary was written to:\n%s", diff)
			}
		})
	}
}

func TestCheckClientsOfAScope(t *testing.T) {
	for _, scope := range []Scope{
		{Name: "groups", AnyClient: true, Clients: []string{"web"}},
		{Name: "openid", Clients: []string{"web"}},
	} {
		if _, err := NewSet(issuer, nil, []Scope{scope}); err == nil {
			t.Errorf("%+v is accepted", scope)
		}
	}
	named := Scope{Name: "groups", Clients: []string{"web"}}
	if !named.For("web") || named.For("other") || !(Scope{Name: "groups"}).For("other") {
		t.Error("a list of clients is not what it says")
	}
}
