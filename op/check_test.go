package op_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestAGoodConfigurationHasNoFault(t *testing.T) {
	if faults := config().Check(); len(faults) > 0 {
		t.Error(errors.Join(faults...))
	}
	if warnings := config().Warnings(); len(warnings) > 0 {
		t.Error(warnings)
	}
}

func TestMust084_FaultsNameTheirPath(t *testing.T) {
	tests := []struct {
		name   string
		change func(*op.Config)
		want   string
	}{
		{"no issuer", func(c *op.Config) { c.Issuer = "" }, "issuer: is missing"},
		{"relative issuer", func(c *op.Config) { c.Issuer = "/auth" }, "issuer: is not an absolute URL"},
		{"http issuer", func(c *op.Config) { c.Issuer = "http://id.example.com" }, "issuer: must be https"},
		{"issuer with a query", func(c *op.Config) { c.Issuer = "https://id.example.com?a" }, "issuer: must have no user, query or fragment"},
		{"issuer with a user", func(c *op.Config) { c.Issuer = "https://me@id.example.com" }, "issuer: must have no user, query or fragment"},
		{"issuer with a slash", func(c *op.Config) { c.Issuer = "https://id.example.com/" }, "issuer: must not end in a slash"},
		{"issuer with dots", func(c *op.Config) { c.Issuer = "https://id.example.com/a/../b" }, "issuer: has a path"},
		{"issuer in capitals", func(c *op.Config) { c.Issuer = "https://ID.example.com" }, "issuer: must have its host in lower case"},
		{"name", func(c *op.Config) { c.Name = "a b" }, "name: may hold"},
		{"pkce", func(c *op.Config) { c.PKCE = "plain" }, "pkce: is either public or all"},
		{"algorithm", func(c *op.Config) { c.Signing.Algs = []string{"RS256", "HS256"} }, `keys: "HS256"`},
		{"mtls with a path", func(c *op.Config) { c.MTLS = op.MTLS{On: true, Origin: "https://mtls.example.com/"} }, "mtls: \"https://mtls.example.com/\""},
		{"mtls in the clear", func(c *op.Config) { c.MTLS = op.MTLS{On: true, Origin: "http://mtls.example.com"} }, "mtls: \"http://mtls.example.com\""},
		{"mtls at the issuer", func(c *op.Config) { c.MTLS = op.MTLS{On: true, Origin: c.Issuer} }, "mtls: has the origin of the issuer"},
		{"mtls that is off", func(c *op.Config) { c.MTLS = op.MTLS{Origin: "https://mtls.example.com"} }, "mtls: has an origin and is off"},
		{"a certificate that nobody asks for", func(c *op.Config) {
			c.Clients = []*op.Client{{ID: "gate", AuthMethods: []string{oauth.AuthTLSClient}, GrantTypes: []string{"client_credentials"}, Certificate: client.CertificateSubject{DNS: "a.example"}}}
		}, "client gate: shows a certificate"},
		{"no RS256", func(c *op.Config) { c.Signing.Algs = []string{"ES256"} }, "keys: RS256 is missing"},
		{"rotation", func(c *op.Config) { c.Signing.RotateEvery = time.Minute }, "keys: rotate_every: is shorter"},
		{"code lives too long", func(c *op.Config) { c.Lifetimes.Code = time.Hour }, "lifetime: code"},
		{"access token lives too long", func(c *op.Config) { c.Lifetimes.AccessToken = 48 * time.Hour }, "lifetime: access_token"},
		{"refresh outlives grant", func(c *op.Config) { c.Lifetimes.RefreshToken = 90 * 24 * time.Hour }, "lifetime: refresh_token: is longer"},
		{"consent ends before grant", func(c *op.Config) { c.Lifetimes.Consent = 24 * time.Hour }, "lifetime: consent: is shorter"},
		{"consent ends before a grant made late in its life", func(c *op.Config) {
			c.Lifetimes.Consent, c.Lifetimes.Grant = 30*24*time.Hour, 30*24*time.Hour
		}, "lifetime: consent: is shorter"},
		{"consent ends before a long access token", func(c *op.Config) {
			c.Lifetimes.Consent, c.Lifetimes.Grant, c.Lifetimes.RefreshToken = time.Hour, time.Minute, time.Minute
			c.Lifetimes.AccessToken = 24 * time.Hour
		}, "lifetime: consent: is shorter"},
		{"an ID token that no key signs", func(c *op.Config) { c.Clients[0].IDToken.Alg = "EdDSA" }, "client billing: id_token_signed_response_alg: keys has no EdDSA"},
		{"userinfo that no key signs", func(c *op.Config) { c.Clients[0].Userinfo.Alg = "PS512" }, "client billing: userinfo_signed_response_alg: keys has no PS512"},
		{"throttle", func(c *op.Config) { c.Login.Attempts = -1 }, "login: throttle"},
		{"registration by nobody knows whom", func(c *op.Config) { c.Registration.Mode = "closed" }, `registration: "closed" is not one of`},
		{"registration without its token", func(c *op.Config) { c.Registration.Mode = op.RegistrationToken }, "registration: the initial access token is missing"},
		{"open registration with a token", func(c *op.Config) {
			c.Registration = op.Registration{Mode: op.RegistrationOpen, InitialAccessToken: client.PlainSecret("x")}
		}, "registration: an initial access token is for the mode token alone"},
		{"registration quota", func(c *op.Config) { c.Registration.Quota = -1 }, "registration: quota: is not"},
		{"registration window", func(c *op.Config) { c.Registration.Window = time.Millisecond }, "registration: quota: is not"},
		{"registrations without end", func(c *op.Config) { c.Registration.Max = 10_000_000 }, "registration: max: is not"},
		{"unused for ever", func(c *op.Config) { c.Registration.UnusedFor = 1000 * 24 * time.Hour }, "registration: unused_for: 24000h0m0s is not"},
		{"a sub like that of a registered client", func(c *op.Config) { c.Users = []*op.User{{Name: "alice", PasswordHash: "x", Sub: "gcl_alice"}} }, "user alice: sub: is the id of a client"},
		{"templates", func(c *op.Config) {
			c.Login.Templates = fstest.MapFS{"login.html": {Data: []byte("{{.Nothing")}}
		}, "login: templates: "},
		{"client twice", func(c *op.Config) { c.Clients = append(c.Clients, c.Clients[0]) }, "client billing: is configured twice"},
		{"client", func(c *op.Config) { c.Clients[0].RedirectURIs = []string{"https://*.example.com"} }, "client billing: "},
		{"a scope of other clients", func(c *op.Config) {
			c.Clients = append(c.Clients, &op.Client{ID: "web", AuthMethods: []string{"none"}, RedirectURIs: []string{"https://web.example.com/cb"}})
			c.Scopes = []op.Scope{{Name: "orders:read", Clients: []string{"web"}}}
		}, "client billing: scopes: orders:read is for other clients"},
		{"a scope of nobody", func(c *op.Config) {
			c.Scopes = []op.Scope{{Name: "orders:read", Clients: []string{"billing", "nobody"}}}
		}, "scope orders:read: clients: nobody configured the client nobody"},
		{"a scope of one twice", func(c *op.Config) {
			c.Scopes = []op.Scope{{Name: "orders:read", Clients: []string{"billing", "billing"}}}
		}, "scope orders:read: clients: billing is named twice"},
		{"resource", func(c *op.Config) { c.Resources[0].URI = "orders" }, "orders"},
		{"user", func(c *op.Config) {
			c.Users = []*op.User{{Name: "diana", Account: "diana", Sub: "billing", PasswordHash: "x"}}
		}, "user diana: sub: is the id of a client"},
	}
	for _, test := range tests {
		cfg := config()
		test.change(&cfg)
		text := errors.Join(cfg.Check()...)
		if text == nil || !strings.Contains(text.Error(), test.want) {
			t.Errorf("%s: %v", test.name, text)
		}
		if _, err := op.New(cfg, nil, op.Observer{}); err == nil {
			t.Errorf("%s: New accepts it", test.name)
		}
	}
}

func TestFaultsAreReportedTogether(t *testing.T) {
	cfg := config()
	cfg.Issuer, cfg.PKCE, cfg.Lifetimes.Code = "", "none", time.Hour
	if faults := cfg.Check(); len(faults) != 3 {
		t.Errorf("%d faults: %v", len(faults), errors.Join(faults...))
	}
}

func TestLoopbackIssuersMayBePlain(t *testing.T) {
	for _, issuer := range []string{"http://localhost:8080", "http://127.0.0.1", "http://[::1]:8080/auth", "https://id.example.com/auth/v2"} {
		cfg := config()
		cfg.Issuer = issuer
		if faults := cfg.Check(); len(faults) > 0 {
			t.Errorf("%s: %v", issuer, errors.Join(faults...))
		}
	}
}

func TestWarningsNameResourcesThatNobodyCanGet(t *testing.T) {
	cfg := config()
	for uri, warned := range map[string]bool{"https://closed.example.com": true, "https://open.example.com": false} {
		r := op.Resource{URI: uri, AnyClient: !warned}
		cfg.Resources = append(cfg.Resources, r)
		if got := strings.Contains(strings.Join(cfg.Warnings(), "\n"), "resource "+uri); got != warned {
			t.Errorf("%s: warned: %v, want %v", uri, got, warned)
		}
	}
}

// A scope with claims is of use at userinfo without any resource; a word about it alone makes it none.
func TestScopesThatReleaseClaimsAreNotWarnedOf(t *testing.T) {
	cfg := config()
	cfg.Clients[0].Scopes = oauth.Scopes{"orders:read", "team", "described"}
	cfg.Scopes = []op.Scope{{Name: "team", Claims: []string{"team"}}, {Name: "described", Description: "Nothing"}}
	text := strings.Join(cfg.Warnings(), "\n")
	if strings.Contains(text, "team") || !strings.Contains(text, "no resource has the scope described") {
		t.Error(text)
	}
}

func TestAScopeMayBeKeptToItsClients(t *testing.T) {
	for _, scope := range []op.Scope{
		{Name: "orders:read", Clients: []string{"billing"}},
		{Name: "orders:read", AnyClient: true},
		{Name: "orders:write", Clients: []string{"billing"}},
		{Name: "team", Claims: []string{"team"}, AnyClient: true},
	} {
		cfg := config()
		cfg.Scopes = []op.Scope{scope}
		if faults := cfg.Check(); len(faults) > 0 {
			t.Errorf("%+v: %v", scope, errors.Join(faults...))
		}
	}
}

func TestWarningsNameWhatWillHardlyBeMeant(t *testing.T) {
	cfg := config()
	cfg.Clients[0].DefaultACRValues = []string{"mfa", "pwd"}
	cfg.Outbound.Allow = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("10.0.0.0/8")}
	text := strings.Join(cfg.Warnings(), "\n")
	for _, want := range []string{"no sign-in here is mfa; there are: pwd", "outbound: allow: 0.0.0.0/0 lets"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	if strings.Contains(text, "is pwd") || strings.Contains(text, "10.0.0.0/8") {
		t.Error(text)
	}
}

func TestWarningsNameWhatNobodyDeclares(t *testing.T) {
	cfg := config()
	cfg.Clients[0].Introspect = []string{"https://other.example.com"}
	cfg.Clients[0].DefaultResource = "https://another.example.com"
	cfg.Clients[0].Scopes = oauth.Scopes{"orders:read", "orders:write", "openid"}
	text := strings.Join(cfg.Warnings(), "\n")
	for _, want := range []string{"https://other.example.com", "https://another.example.com", "orders:write"} {
		if !strings.Contains(text, want) {
			t.Errorf("no warning names %s: %s", want, text)
		}
	}
	if strings.Contains(text, "openid") || strings.Contains(text, "orders:read") {
		t.Errorf("a warning too many: %s", text)
	}
}

func TestWarningsNameClientsThatGetNoRefreshToken(t *testing.T) {
	for name, test := range map[string]struct {
		scopes  oauth.Scopes
		refresh string
		warned  bool
	}{
		"openid alone":        {oauth.Scopes{"openid"}, "", true},
		"with offline_access": {oauth.Scopes{"openid", "offline_access"}, "", false},
		"refresh always":      {oauth.Scopes{"openid"}, "always", false},
		"without openid":      {oauth.Scopes{"orders:read"}, "", false},
	} {
		cfg := config()
		cfg.Clients[0].GrantTypes = []string{oauth.GrantAuthorizationCode, oauth.GrantRefreshToken}
		cfg.Clients[0].Scopes, cfg.Clients[0].Refresh = test.scopes, test.refresh
		if got := strings.Contains(strings.Join(cfg.Warnings(), "\n"), "refresh_token"); got != test.warned {
			t.Errorf("%s: warned: %v, want %v", name, got, test.warned)
		}
	}
}

func TestWarningsNameFramesThatAreNeverLoaded(t *testing.T) {
	for uri, warned := range map[string]bool{
		"": false, "https://shop.example.com/out": false, "https://id.example.com/out": true, "https://ID.example.com:443/out": true,
	} {
		cfg := config()
		cfg.Clients[0].FrontchannelLogoutURI = uri
		if got := strings.Contains(strings.Join(cfg.Warnings(), "\n"), ": frontchannel_logout_uri: is on the issuer"); got != warned {
			t.Errorf("%q: warned: %v", uri, got)
		}
	}
}
