package authorize_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// decided is what a grant says of refresh tokens.
type decided struct {
	Scopes           oauth.Scopes
	Refresh, Offline bool
}

func TestWhoGetsARefreshToken(t *testing.T) {
	set := func(change func(*client.Client)) func(*house) {
		return func(h *house) { change(h.clients[0]) }
	}
	scopes := oauth.Scopes{"openid", "offline_access"}
	for name, tt := range map[string]struct {
		change  func(*house)
		changes []string
		before  []string // an approved request before this one
		want    decided
	}{
		"offline_access with prompt=consent":    {nil, []string{"scope=openid offline_access", "prompt=consent"}, nil, decided{scopes, true, true}},
		"offline_access without prompt=consent": {nil, []string{"scope=openid offline_access"}, nil, decided{oauth.Scopes{"openid"}, false, false}},
		"prompt=consent without offline_access": {nil, []string{"scope=openid", "prompt=consent"}, nil, decided{oauth.Scopes{"openid"}, false, false}},
		"offline_access remembered":             {nil, []string{"scope=openid offline_access"}, []string{"scope=openid offline_access", "prompt=consent"}, decided{scopes, true, true}},
		"offline_access not remembered":         {nil, []string{"scope=openid offline_access"}, []string{"scope=openid"}, decided{oauth.Scopes{"openid"}, false, false}},
		"offline_access not the client's": {
			set(func(c *client.Client) { c.Scopes = oauth.Scopes{"openid"} }),
			[]string{"scope=openid offline_access", "prompt=consent"},
			nil,
			decided{oauth.Scopes{"openid"}, false, false},
		},
		"refresh never": {
			set(func(c *client.Client) { c.Refresh = client.RefreshNever }),
			[]string{"scope=openid offline_access", "prompt=consent"},
			nil,
			decided{oauth.Scopes{"openid"}, false, false},
		},
		"refresh always": {
			set(func(c *client.Client) { c.Refresh = client.RefreshAlways }),
			[]string{"scope=openid"},
			nil,
			decided{oauth.Scopes{"openid"}, true, false},
		},
		"refresh always and offline_access": {
			set(func(c *client.Client) { c.Refresh = client.RefreshAlways }),
			[]string{"scope=openid offline_access", "prompt=consent"},
			nil,
			decided{scopes, true, true},
		},
		"consent skip": {
			set(func(c *client.Client) { c.ConsentSkip = true }),
			[]string{"scope=openid offline_access"},
			nil,
			decided{scopes, true, true},
		},
		"plain OAuth, registered for refresh": {
			set(func(c *client.Client) { c.GrantTypes = []string{"authorization_code", "refresh_token"} }),
			[]string{"scope=orders:read"},
			nil,
			decided{oauth.Scopes{"orders:read"}, true, false},
		},
		"plain OAuth, not registered for refresh": {
			set(func(c *client.Client) { c.Scopes = oauth.Scopes{"orders:read"} }),
			[]string{"scope=orders:read"},
			nil,
			decided{oauth.Scopes{"orders:read"}, false, false},
		},
		"plain OAuth, refresh never": {
			set(func(c *client.Client) { c.Refresh = client.RefreshNever }),
			[]string{"scope=orders:read"},
			nil,
			decided{oauth.Scopes{"orders:read"}, false, false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var change []func(*house)
			if tt.change != nil {
				change = append(change, tt.change)
			}
			h := newHouse(t, change...)
			b := h.signedIn("diana", "krall")
			approved := func(changes []string) string {
				got := b.authorize(asking("web", callback, changes...))
				if got.status == 200 {
					got = b.decide(got, "allow")
				}
				return got.code(callback)
			}
			if tt.before != nil {
				approved(tt.before)
			}
			g := h.granted(approved(tt.changes))
			if diff := cmp.Diff(tt.want, decided{g.Scopes, g.Refresh, g.Offline}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMust039_AudienceAndScopes(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("diana", "krall")
	type granted struct {
		Resources []string
		Scopes    oauth.Scopes
	}
	for name, tt := range map[string]struct {
		changes []string
		want    granted
	}{
		"no scope, no resource":             {[]string{"scope="}, granted{[]string{issuer}, nil}},
		"no scope: the resource's defaults": {[]string{"scope=", "resource=" + api}, granted{[]string{api}, oauth.Scopes{"orders:read"}}},
		"unknown scopes are no defaults":    {[]string{"scope=nonsense", "resource=" + api}, granted{[]string{api}, nil}},
		"the owner of the scopes":           {[]string{"scope=orders:write"}, granted{[]string{api}, oauth.Scopes{"orders:write"}}},
		"another spelling":                  {[]string{"scope=orders:write", "resource=HTTPS://API.example.com:443/"}, granted{[]string{api}, oauth.Scopes{"orders:write"}}},
		"scopes of another resource":        {[]string{"scope=openid orders:read", "resource=" + issuer}, granted{[]string{issuer}, oauth.Scopes{"openid"}}},
		"scopes not the client's":           {[]string{"scope=openid phone"}, granted{[]string{issuer}, oauth.Scopes{"openid"}}},
	} {
		t.Run(name, func(t *testing.T) {
			g := h.granted(b.authorize(asking("own", own, tt.changes...)).code(own))
			if diff := cmp.Diff(tt.want, granted{g.Resources, g.Scopes}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDefaultResource(t *testing.T) {
	h := newHouse(t, func(h *house) { h.clients[3].DefaultResource = api })
	g := h.granted(h.signedIn("diana", "krall").authorize(asking("own", own, "scope=")).code(own))
	if diff := cmp.Diff([]string{api}, g.Resources); diff != "" {
		t.Error(diff)
	}
}
