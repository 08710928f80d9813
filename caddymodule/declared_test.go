package caddymodule

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/caddymodule/guard"
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
		if err := d.add(guard.Declaration{Resource: op.Resource{URI: "https://api.example.com", Scopes: []string{"orders:read"}}, Needed: []string{"orders:read"}}); err != nil {
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
		"other words":         {earlier: []op.Resource{api}, resource: op.Resource{URI: api.URI, Scopes: api.Scopes, Descriptions: map[string]string{"orders:read": "x"}}, fault: "another definition"},
		"other name":          {earlier: []op.Resource{api}, resource: op.Resource{URI: api.URI, Scopes: api.Scopes, Name: "x"}, fault: "another definition"},
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
		"other name than the configured one": {
			own:      []op.Resource{api},
			resource: op.Resource{URI: api.URI, Name: "Orders"}, fault: "name",
		},
		"words for scopes of the configured one": {
			own:      []op.Resource{api},
			resource: op.Resource{URI: api.URI, Scopes: api.Scopes, Descriptions: map[string]string{"orders:read": "x"}}, fault: "describe",
		},
		"other defaults than the configured one": {
			own:      []op.Resource{api},
			resource: op.Resource{URI: api.URI, Scopes: api.Scopes, DefaultScopes: api.Scopes}, fault: "default_scopes",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := declaring(test.own...)
			for _, earlier := range test.earlier {
				if err := d.add(guard.Declaration{Resource: earlier}); err != nil {
					t.Fatal(err)
				}
			}
			err := d.add(guard.Declaration{Resource: test.resource, Needed: test.needed})
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
		if err := d.add(guard.Declaration{Resource: op.Resource{URI: uri}}); err != nil {
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
	if err := d.add(guard.Declaration{Resource: op.Resource{URI: "https://late.example.com"}}); err == nil {
		t.Error("a resource was declared while the set is served")
	}
}

// What every request needs is what a client gets that asks for nothing: less would open nothing.
func TestDefaultScopesAreThoseThatAllRequestsNeed(t *testing.T) {
	api := op.Resource{URI: "https://api.example.com", Scopes: []string{"orders:read", "tools:call"}}
	said := api
	said.DefaultScopes = []string{"tools:call"}
	for name, test := range map[string]struct {
		own, declared op.Resource
		want          string
	}{
		"nothing said":    {declared: api, want: "orders:read"},
		"something said":  {declared: said, want: "tools:call"},
		"said by another": {own: said, declared: api, want: "tools:call"},
	} {
		d := declaring()
		if test.own.URI != "" {
			d = declaring(test.own)
		}
		if err := d.add(guard.Declaration{Resource: test.declared, Needed: api.Scopes, Always: []string{"orders:read"}}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		resources, _ := d.all()
		if got := resources[0].DefaultScopes.String(); got != test.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestWarningOfAResourceThatNobodyServes(t *testing.T) {
	d := declaring(op.Resource{URI: "https://api.example.com"}, op.Resource{URI: "https://elsewhere.example.com"}, op.Resource{URI: "https://asked.example.com"})
	d.clients[0].Introspect = []string{"HTTPS://asked.example.com:443/"}
	if got := len(d.warnings()); got != 2 {
		t.Errorf("%d warnings before there is a guard: %v", got, d.warnings())
	}
	if err := d.add(guard.Declaration{Resource: op.Resource{URI: "https://API.example.com/"}}); err != nil {
		t.Fatal(err)
	}
	if got := d.warnings(); len(got) != 1 || !strings.HasPrefix(got[0], "resource https://elsewhere.example.com: no guard serves it") {
		t.Errorf("%v", got)
	}
}
