package resource

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

const (
	issuer = "https://id.example.com"
	orders = "https://api.example.com/orders"
	files  = "https://Files.example.com"
	mcp    = "https://mcp.example.com/mcp"
)

// newSet is the set of these tests: two resources that share a scope, one of them opaque, and one open to all.
func newSet(t testing.TB) *Set {
	t.Helper()
	s, err := NewSet(issuer, []Resource{
		{URI: orders, Scopes: oauth.Scopes{"orders:read", "orders:write", "audit"}, DefaultScopes: oauth.Scopes{"orders:read"}},
		{URI: files, Scopes: oauth.Scopes{"files:read", "audit"}, Token: TokenOpaque},
		{URI: mcp, Scopes: oauth.Scopes{"tools:call"}, DefaultScopes: oauth.Scopes{"tools:call"}, AnyClient: true},
	}, []Scope{
		{Name: "orders:read", Description: "See your orders"},
		{Name: "groups", Description: "See your groups", Claims: []string{"groups"}},
		{Name: "email", Description: "Write to you"},
		{Name: "nobody"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestGetComparesNormalised(t *testing.T) {
	s := newSet(t)
	for _, tt := range []struct{ asked, want string }{
		{orders, orders},
		{"HTTPS://API.example.com:443/orders", orders},
		{"https://files.example.com/", files},
		{"https://files.EXAMPLE.com:443", files},
		{issuer, issuer},
		{issuer + "/", issuer},
		{"https://api.example.com/Orders", ""},
		{"https://api.example.com/orders/", ""},
		{"https://api.example.com/orders#x", ""},
		{"http://api.example.com/orders", ""},
		{"/orders", ""},
		{"", ""},
	} {
		got, ok := s.Get(tt.asked)
		if got.URI != tt.want || ok != (tt.want != "") {
			t.Errorf("Get(%q) = %q, %v; want %q", tt.asked, got.URI, ok, tt.want)
		}
	}
}

// TestOthersLeavesTheIssuerOut: and what is not there, in the order that was asked in.
func TestOthersLeavesTheIssuerOut(t *testing.T) {
	s := newSet(t)
	var got []string
	for _, r := range s.Others([]string{files, issuer + "/", "https://nowhere.example", orders}, issuer) {
		got = append(got, r.URI)
	}
	if want := []string{files, orders}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if s.Others([]string{issuer}, issuer) != nil {
		t.Error("the issuer is among the others")
	}
}

func TestATokenForTheIssuerIsOpaque(t *testing.T) {
	s := newSet(t)
	for _, tt := range []struct {
		resources []string
		want      string
	}{
		{[]string{issuer}, TokenOpaque},
		{[]string{orders}, TokenJWT},
		{[]string{orders, mcp}, TokenJWT},
		{[]string{orders, files}, TokenOpaque},
		{[]string{orders, issuer}, TokenOpaque},
		{[]string{"https://unknown.example.com"}, TokenOpaque},
		{nil, TokenOpaque},
	} {
		if got := s.TokenFormat(tt.resources); got != tt.want {
			t.Errorf("TokenFormat(%v) = %s, want %s", tt.resources, got, tt.want)
		}
	}
}

func TestScopesForAddsThoseOfTheProvider(t *testing.T) {
	s := newSet(t)
	own := oauth.IdentityScopes.Union(oauth.Scopes{"groups"})
	for _, tt := range []struct {
		resources []string
		want      oauth.Scopes
	}{
		{nil, own},
		{[]string{issuer}, own},
		{[]string{"https://unknown.example.com"}, own},
		{[]string{orders}, own.Union(oauth.Scopes{"orders:read", "orders:write", "audit"})},
		{[]string{files, mcp}, own.Union(oauth.Scopes{"files:read", "audit", "tools:call"})},
	} {
		if diff := cmp.Diff(tt.want, s.ScopesFor(tt.resources)); diff != "" {
			t.Errorf("ScopesFor(%v) (-want +got):\n%s", tt.resources, diff)
		}
	}
	want := own.Union(oauth.Scopes{"orders:read", "orders:write", "audit", "files:read", "tools:call"})
	if diff := cmp.Diff(want, s.ScopesSupported()); diff != "" {
		t.Errorf("ScopesSupported (-want +got):\n%s", diff)
	}
}

func TestDescribe(t *testing.T) {
	s := newSet(t)
	for scope, want := range map[string]string{
		"orders:read": "See your orders",
		"email":       "Write to you",
		"phone":       "See your phone number",
		"nobody":      "nobody",
		"audit":       "audit",
	} {
		if got := s.Describe(scope); got != want {
			t.Errorf("Describe(%s) = %q, want %q", scope, got, want)
		}
	}
	for _, scope := range oauth.IdentityScopes {
		if s.Describe(scope) == scope {
			t.Errorf("%s has no words", scope)
		}
	}
}

// Words that stand with a resource count where nothing else is said of the scope, by the operator or by us.
func TestDescribeByAResource(t *testing.T) {
	s, err := NewSet("https://id.example.com", []Resource{
		{URI: "https://a.example.com", Scopes: oauth.Scopes{"both", "said"}, Descriptions: map[string]string{"both": "In A", "said": "In A"}},
		{URI: "https://b.example.com", Scopes: oauth.Scopes{"both", "bare"}, Descriptions: map[string]string{"both": "In B"}},
	}, []Scope{{Name: "said", Description: "By the operator"}})
	if err != nil {
		t.Fatal(err)
	}
	for scope, want := range map[string]string{"both": "In A", "said": "By the operator", "bare": "bare", "email": "See your e-mail address"} {
		if got := s.Describe(scope); got != want {
			t.Errorf("%s: %q", scope, got)
		}
	}
	_, err = NewSet("https://id.example.com", []Resource{
		{URI: "https://a.example.com", Scopes: oauth.Scopes{"a"}, Descriptions: map[string]string{"email": "x", "b": "y"}},
	}, nil)
	if err == nil || !strings.Contains(err.Error(), `description: "b" is not one of its scopes`) || !strings.Contains(err.Error(), `"email"`) {
		t.Errorf("%v", err)
	}
}

func TestTheSetCannotBeChangedFromOutside(t *testing.T) {
	s := newSet(t)
	s.Scopes()[0].Name = "evil"
	s.ScopesFor([]string{orders})[0] = "evil"
	s.ScopesSupported()[0] = "evil"
	if s.Scopes()[0].Name != "orders:read" || oauth.IdentityScopes[0] != "openid" || s.ScopesFor(nil)[0] != "openid" {
		t.Fatal("it was")
	}
}

func TestNewSetListsEveryFault(t *testing.T) {
	for _, tt := range []struct {
		name      string
		issuer    string
		resources []Resource
		scopes    []Scope
		want      []string
	}{
		{name: "issuer is no URI", issuer: "id", want: []string{"issuer: resource is not an absolute URI, such as https://api.example.com"}},
		{
			name: "uri", issuer: issuer,
			resources: []Resource{{URI: "api"}, {URI: "https://a#b"}, {URI: orders}, {URI: "https://API.example.com:443/orders"}, {URI: issuer + "/"}},
			want: []string{
				"resource api: uri: resource is not an absolute URI, such as https://api.example.com",
				"resource https://a#b: uri: resource has a fragment",
				"resource https://API.example.com:443/orders: uri: is the issuer or is declared twice",
				"resource https://id.example.com/: uri: is the issuer or is declared twice",
			},
		},
		{
			name: "scopes", issuer: issuer,
			resources: []Resource{{URI: orders, Scopes: oauth.Scopes{"a b", "openid", "c", "c"}, DefaultScopes: oauth.Scopes{"d", "offline_access"}}},
			want: []string{
				`resource https://api.example.com/orders: scopes: "a b" is not a scope`,
				"resource https://api.example.com/orders: scopes: openid belongs to the provider itself",
				"resource https://api.example.com/orders: scopes: c is named twice",
				"resource https://api.example.com/orders: default_scopes: offline_access belongs to the provider itself",
				`resource https://api.example.com/orders: default_scopes: "d" is not one of its scopes`,
				`resource https://api.example.com/orders: default_scopes: "offline_access" is not one of its scopes`,
			},
		},
		{
			name: "token and clients", issuer: issuer,
			resources: []Resource{{URI: orders, Token: "JWT", AnyClient: true, Clients: []string{"web"}}},
			want: []string{
				`resource https://api.example.com/orders: token: "JWT" is neither jwt nor opaque`,
				"resource https://api.example.com/orders: clients: any and a list of clients exclude each other",
			},
		},
		{
			name: "described scopes", issuer: issuer,
			scopes: []Scope{{Name: "a\"b"}, {Name: "twice"}, {Name: "twice"}, {Name: "email", Claims: []string{"groups"}}, {Name: "x", Claims: []string{"sub", ""}}},
			want: []string{
				`scope a"b: is not a scope`,
				"scope twice: is described twice",
				"scope email: claims: those of email are fixed by OpenID Connect",
				`scope x: claims: "sub" belongs to the protocol`,
				`scope x: claims: "" belongs to the protocol`,
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewSet(tt.issuer, tt.resources, tt.scopes)
			if err == nil {
				t.Fatal("no fault was found")
			}
			if diff := cmp.Diff(tt.want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}
