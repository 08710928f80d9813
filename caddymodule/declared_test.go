package caddymodule

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op"
)

func declaring(own ...op.Resource) *declared {
	d := new(declared)
	d.configure("https://id.example.com", own, []*op.Client{
		{ID: "web", Scopes: []string{"openid", "orders:read", "tools:call"}},
		{ID: "old", Scopes: []string{"orders:old"}, Disabled: true},
	})
	return d
}

func TestEqualDeclarationsAreOne(t *testing.T) {
	d := declaring()
	for range 3 {
		if err := d.add(op.Resource{URI: "https://api.example.com", Scopes: []string{"orders:read"}}, []string{"orders:read"}); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := d.all(); len(got) != 1 {
		t.Errorf("%d resources, want 1", len(got))
	}
}

func TestGuardsDeclarationsAreChecked(t *testing.T) {
	api := op.Resource{URI: "https://api.example.com", Scopes: []string{"orders:read"}}
	for name, test := range map[string]struct {
		own      []op.Resource
		earlier  []op.Resource
		resource op.Resource
		needed   []string
		fault    string // "" means that it is accepted
	}{
		"fine":                {resource: api, needed: []string{"orders:read"}},
		"no scopes":           {resource: op.Resource{URI: "https://api.example.com"}},
		"no URI":              {resource: op.Resource{URI: "api"}, fault: "uri"},
		"the issuer":          {resource: op.Resource{URI: "https://id.example.com"}, fault: "issuer"},
		"other scopes":        {earlier: []op.Resource{api}, resource: op.Resource{URI: api.URI, Scopes: []string{"tools:call"}}, fault: "another definition"},
		"other format":        {earlier: []op.Resource{api}, resource: op.Resource{URI: api.URI, Scopes: api.Scopes, Token: "opaque"}, fault: "another definition"},
		"other resource":      {earlier: []op.Resource{api}, resource: op.Resource{URI: "https://tools.example.com", Scopes: []string{"tools:call"}}},
		"nobody can get it":   {resource: op.Resource{URI: api.URI, Scopes: []string{"orders:write"}}, needed: []string{"orders:write"}, fault: "scope orders:write: no configured client can get it for this resource; give it to one"},
		"only a disabled one": {resource: op.Resource{URI: api.URI, Scopes: []string{"orders:old"}}, needed: []string{"orders:old"}, fault: "orders:old"},
		"not for this client": {resource: op.Resource{URI: api.URI, Scopes: api.Scopes, Clients: []string{"cli"}}, needed: []string{"orders:read"}, fault: "orders:read"},
		"open to all":         {resource: op.Resource{URI: api.URI, Scopes: api.Scopes, AnyClient: true}, needed: []string{"orders:read"}},
		"part of the configured one": {
			own:      []op.Resource{{URI: "HTTPS://API.example.com:443", Scopes: []string{"orders:read", "tools:call"}, Token: "opaque", Clients: []string{"web"}}},
			resource: api, needed: []string{"orders:read"},
		},
		"more than the configured one": {
			own:      []op.Resource{{URI: api.URI, Scopes: []string{"tools:call"}}},
			resource: api, fault: "no scope orders:read",
		},
		"other format than the configured one": {
			own:      []op.Resource{api},
			resource: op.Resource{URI: api.URI, Token: "opaque"}, fault: "token",
		},
		"opener than the configured one": {
			own:      []op.Resource{api},
			resource: op.Resource{URI: api.URI, AnyClient: true}, fault: "clients",
		},
		"other clients than the configured one": {
			own:      []op.Resource{api},
			resource: op.Resource{URI: api.URI, Clients: []string{"web"}}, fault: "clients",
		},
		"other defaults than the configured one": {
			own:      []op.Resource{api},
			resource: op.Resource{URI: api.URI, Scopes: api.Scopes, DefaultScopes: api.Scopes}, fault: "default_scopes",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := declaring(test.own...)
			for _, earlier := range test.earlier {
				if err := d.add(earlier, nil); err != nil {
					t.Fatal(err)
				}
			}
			err := d.add(test.resource, test.needed)
			switch {
			case test.fault == "" && err != nil:
				t.Error(err)
			case test.fault != "" && err == nil:
				t.Error("was accepted")
			case test.fault != "" && !strings.Contains(err.Error(), test.fault):
				t.Errorf("%q does not name %s", err, test.fault)
			}
		})
	}
}

func TestSetIsClosedOnceItIsServed(t *testing.T) {
	d := declaring(op.Resource{URI: "https://own.example.com"})
	for _, uri := range []string{"https://b.example.com", "https://a.example.com"} {
		if err := d.add(op.Resource{URI: uri}, nil); err != nil {
			t.Fatal(err)
		}
	}
	var uris []string
	declared, _ := d.all()
	for _, r := range declared {
		uris = append(uris, r.URI)
	}
	if diff := cmp.Diff([]string{"https://own.example.com", "https://a.example.com", "https://b.example.com"}, uris); diff != "" {
		t.Errorf("resources (-want +got):\n%s", diff)
	}
	if err := d.add(op.Resource{URI: "https://late.example.com"}, nil); err == nil {
		t.Error("a resource was declared while the set is served")
	}
}
