package resource

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func everything(Resource) bool { return true }

func but(uris ...string) func(Resource) bool {
	return func(r Resource) bool { return !slices.Contains(uris, r.URI) }
}

func TestResolve(t *testing.T) {
	for _, tt := range []struct {
		name      string
		requested []string
		scopes    oauth.Scopes
		allowed   func(Resource) bool
		fallback  string
		want      Resolution
	}{
		{
			name: "a named resource keeps its scopes and those of the provider", requested: []string{orders},
			scopes: oauth.Scopes{"openid", "orders:write", "files:read", "unknown"},
			want:   Resolution{Resources: []string{orders}, Scopes: oauth.Scopes{"openid", "orders:write"}, Dropped: oauth.Scopes{"files:read", "unknown"}},
		},
		{
			name: "the configured spelling is issued", requested: []string{"https://FILES.example.com:443/"}, scopes: oauth.Scopes{"files:read"},
			want: Resolution{Resources: []string{files}, Scopes: oauth.Scopes{"files:read"}},
		},
		{
			name: "two spellings of one resource are one", requested: []string{files, "https://files.example.com"}, scopes: oauth.Scopes{"audit"},
			want: Resolution{Resources: []string{files}, Scopes: oauth.Scopes{"audit"}},
		},
		{
			name: "several resources", requested: []string{orders, mcp}, scopes: oauth.Scopes{"tools:call", "orders:read"},
			want: Resolution{Resources: []string{orders, mcp}, Scopes: oauth.Scopes{"tools:call", "orders:read"}},
		},
		{
			name: "no scope asked: the defaults of the resources", requested: []string{orders, files, mcp},
			want: Resolution{Resources: []string{orders, files, mcp}, Scopes: oauth.Scopes{"orders:read", "tools:call"}},
		},
		{
			name: "no resource: the client's default wins over the scopes", scopes: oauth.Scopes{"orders:read", "files:read"}, fallback: files,
			want: Resolution{Resources: []string{files}, Scopes: oauth.Scopes{"files:read"}, Dropped: oauth.Scopes{"orders:read"}},
		},
		{
			name: "no resource and no scope: the defaults of the client's default", fallback: orders,
			want: Resolution{Resources: []string{orders}, Scopes: oauth.Scopes{"orders:read"}},
		},
		{
			name: "no resource: the one that owns the scopes", scopes: oauth.Scopes{"openid", "orders:read", "orders:write", "unknown"},
			want: Resolution{Resources: []string{orders}, Scopes: oauth.Scopes{"openid", "orders:read", "orders:write"}, Dropped: oauth.Scopes{"unknown"}},
		},
		{
			name: "no resource: a shared scope beside one of its own", scopes: oauth.Scopes{"audit", "files:read"},
			want: Resolution{Resources: []string{files}, Scopes: oauth.Scopes{"audit", "files:read"}},
		},
		{
			name: "no resource: a shared scope alone says nothing", scopes: oauth.Scopes{"openid", "audit"},
			want: Resolution{Resources: []string{issuer}, Scopes: oauth.Scopes{"openid"}, Dropped: oauth.Scopes{"audit"}},
		},
		{
			name: "no resource: a shared scope of which one owner is open to the client", scopes: oauth.Scopes{"audit"}, allowed: but(orders),
			want: Resolution{Resources: []string{files}, Scopes: oauth.Scopes{"audit"}},
		},
		{
			name: "no resource: the scopes of two", scopes: oauth.Scopes{"orders:read", "tools:call"},
			want: Resolution{Resources: []string{issuer}, Dropped: oauth.Scopes{"orders:read", "tools:call"}},
		},
		{
			name: "no resource: the owner is not for this client", scopes: oauth.Scopes{"openid", "orders:read"}, allowed: but(orders),
			want: Resolution{Resources: []string{issuer}, Scopes: oauth.Scopes{"openid"}, Dropped: oauth.Scopes{"orders:read"}},
		},
		{
			name: "no resource: scopes of the provider alone", scopes: oauth.Scopes{"openid", "groups", "offline_access"},
			want: Resolution{Resources: []string{issuer}, Scopes: oauth.Scopes{"openid", "groups", "offline_access"}},
		},
		{name: "nothing asked for at all", want: Resolution{Resources: []string{issuer}}},
		{
			name: "the issuer by name is open to all", requested: []string{issuer + "/"}, scopes: oauth.Scopes{"openid"},
			allowed: func(Resource) bool { return false },
			want:    Resolution{Resources: []string{issuer}, Scopes: oauth.Scopes{"openid"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			allowed := tt.allowed
			if allowed == nil {
				allowed = everything
			}
			got, err := newSet(t).Resolve(tt.requested, tt.scopes, allowed, tt.fallback)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("resolution (-want +got):\n%s", diff)
			}
		})
	}
}

// TestMust039_UnknownAndForeignResourcesAreInvalidTarget: one answer for both, so nobody learns which exist.
func TestMust039_UnknownAndForeignResourcesAreInvalidTarget(t *testing.T) {
	s := newSet(t)
	var answers []string
	for name, tt := range map[string]struct {
		requested []string
		fallback  string
	}{
		"unknown":                   {requested: []string{"https://unknown.example.com"}},
		"not for this client":       {requested: []string{orders}},
		"one of two":                {requested: []string{mcp, orders}},
		"a fragment":                {requested: []string{mcp + "#x"}},
		"relative":                  {requested: []string{"mcp"}},
		"a default no longer there": {fallback: "https://gone.example.com"},
		"a default not for it":      {fallback: orders},
	} {
		got, err := s.Resolve(tt.requested, oauth.Scopes{"openid"}, but(orders), tt.fallback)
		refusal, ok := errors.AsType[*oauth.Error](err)
		if !ok || refusal.Code != "invalid_target" {
			t.Fatalf("%s: error = %v, want invalid_target", name, err)
		}
		if got.Resources != nil || got.Scopes != nil {
			t.Errorf("%s: something was granted beside the error", name)
		}
		answers = append(answers, refusal.Description)
	}
	if slices.Sort(answers); len(slices.Compact(answers)) != 1 {
		t.Errorf("the answers differ: %q", answers)
	}
}

// Whatever is asked, nothing is granted that was not asked for, that no chosen resource owns, or for a
// resource that refuses the client.
func TestResolveNeverGrantsMore(t *testing.T) {
	s := newSet(t)
	uris := []string{issuer, orders, files, mcp, "https://unknown.example.com"}
	names := append(slices.Clone(s.ScopesSupported()), "unknown", "nobody")
	rapid.Check(t, func(rt *rapid.T) {
		requested := rapid.SliceOfN(rapid.SampledFrom(uris), 0, 3).Draw(rt, "resource")
		scopes := oauth.Scopes(rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 5, rapid.ID).Draw(rt, "scope"))
		refused := rapid.SliceOf(rapid.SampledFrom(uris)).Draw(rt, "refused")
		fallback := rapid.SampledFrom(append(uris, "")).Draw(rt, "default")

		got, err := s.Resolve(requested, scopes, but(refused...), fallback)
		if err != nil {
			return
		}
		if len(got.Resources) == 0 {
			rt.Fatal("an audience is missing")
		}
		defaults := oauth.Scopes{}
		for _, uri := range got.Resources {
			if uri != issuer && slices.Contains(refused, uri) {
				rt.Fatalf("%s was granted and refuses the client", uri)
			}
			r, _ := s.Get(uri)
			defaults = defaults.Union(r.DefaultScopes)
		}
		if !s.ScopesFor(got.Resources).HasAll(got.Scopes) {
			rt.Fatalf("%v does not fit %v", got.Scopes, got.Resources)
		}
		if len(scopes) == 0 && !got.Scopes.Equal(defaults) {
			rt.Fatalf("%v, want the defaults %v", got.Scopes, defaults)
		}
		if len(scopes) > 0 && !scopes.Equal(got.Scopes.Union(got.Dropped)) {
			rt.Fatalf("%v is not %v and %v", scopes, got.Scopes, got.Dropped)
		}
	})
}
