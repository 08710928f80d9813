package resource

import (
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestAdmits(t *testing.T) {
	orders := Resource{URI: "https://api.example.com", Scopes: oauth.Scopes{"orders:read", "orders:write"}}
	open := orders
	open.AnyClient = true
	listed := orders
	listed.Clients = []string{"web", "billing"}

	for _, tt := range []struct {
		name       string
		resource   Resource
		client     string
		scopes     oauth.Scopes
		configured bool
		want       bool
	}{
		{"clients any admits a client that registered itself", open, "dyn", nil, false, true},
		{"a listed client is admitted", listed, "web", nil, true, true},
		{"a client that is not listed is not", listed, "cli", oauth.Scopes{"orders:read"}, true, false},
		{"a configured client with one of the scopes is admitted", orders, "web", oauth.Scopes{"openid", "orders:read"}, true, true},
		{"a configured client without one is not", orders, "web", oauth.Scopes{"openid"}, true, false},
		{"a registered client is not, whatever its scopes", orders, "dyn", oauth.Scopes{"orders:read"}, false, false},
		{"the zero resource admits nobody", Resource{}, "web", oauth.Scopes{"openid"}, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.resource.Admits(tt.client, tt.scopes, tt.configured); got != tt.want {
				t.Fatalf("Admits = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestEqual(t *testing.T) {
	base := func() Resource {
		return Resource{
			URI: "https://api.example.com", Name: "Orders", Scopes: oauth.Scopes{"a", "b"}, DefaultScopes: oauth.Scopes{"a"},
			Clients: []string{"web", "cli"}, Descriptions: map[string]string{"a": "A"},
		}
	}
	same := base()
	same.Token = TokenJWT
	same.Scopes = oauth.Scopes{"b", "a"}
	same.Clients = []string{"cli", "web"}
	if !base().Equal(same) {
		t.Fatal("order and a stated default make a difference")
	}
	for name, change := range map[string]func(*Resource){
		"uri":            func(r *Resource) { r.URI += "/" },
		"name":           func(r *Resource) { r.Name = "" },
		"descriptions":   func(r *Resource) { r.Descriptions = map[string]string{"a": "B"} },
		"scopes":         func(r *Resource) { r.Scopes = oauth.Scopes{"a"} },
		"default_scopes": func(r *Resource) { r.DefaultScopes = nil },
		"token":          func(r *Resource) { r.Token = TokenOpaque },
		"clients":        func(r *Resource) { r.Clients = nil },
		"clients any":    func(r *Resource) { r.AnyClient = true },
		"bound tokens":   func(r *Resource) { r.Bound.DPoP = true },
	} {
		other := base()
		change(&other)
		if base().Equal(other) || other.Equal(base()) {
			t.Errorf("a change of %s makes no difference", name)
		}
	}
}
