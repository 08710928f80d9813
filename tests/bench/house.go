package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/crypto/bcrypt"

	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// Who is measured with. Secrets are long and random in real life, so they are kept as digests here.
const (
	webClient     = "web"
	webSecret     = "the-secret-of-the-web-shop-that-is-long-and-random"
	serviceClient = "service"
	serviceSecret = "the-secret-of-the-service-that-is-long-and-random"
	redirectURI   = "https://shop.example/callback"
	audience      = "https://api.example"
	scope         = "api:read"
	// What is protected by opaque tokens, and by those that are bound to a key.
	opaqueAudience = "https://opaque.example"
	opaqueScope    = "opaque:read"
	boundAudience  = "https://bound.example"
	boundScope     = "bound:read"
)

// house is a running Caddy with every site that a row needs.
type house struct {
	options
	nodes []*node
	site  site
	// database is the server of PostgreSQL, if that is the storage.
	database *postgrestest.Server
	log      *pgx.Conn // asks how much was written
	password string    // as it is hashed, which is the same at all nodes
	// The sites: the provider, and with and without a guard an answer of Caddy's own and a proxy.
	provider, plain, guarded, plainProxy, guardedProxy int
	guardedOpaque, guardedBound, guardedOpaqueProxy    int

	visits         []*visit  // a person of its own for each connection, signed in
	families       []*family // of plain OAuth grants, whose answers are signed once
	identified     []*family // of OpenID Connect grants, whose answers have an ID token too
	person         string    // an access token of a person
	serviceTokens  []string  // access tokens of a client that acts for itself
	opaqueTokens   []string
	boundTokens    []string
	prover         *harness.Prover // has the key of those
	personalTokens []string
}

// open starts Caddy and gets the tokens that the rows are measured with.
func open(t testing.TB, o options) *house {
	t.Helper()
	password, err := bcrypt.GenerateFromPassword([]byte(harness.Password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{options: o, password: string(password)}
	for _, port := range []*int{
		&h.provider, &h.plain, &h.guarded, &h.plainProxy, &h.guardedProxy, &h.guardedOpaque, &h.guardedBound, &h.guardedOpaqueProxy,
	} {
		*port = harness.Port(t)
	}
	h.site = site{host: fmt.Sprintf("127.0.0.1:%d", h.provider)}
	h.prover = harness.NewProver(t, "ES256")
	h.start(t, upstream(t))
	h.signIn(t)
	h.mint(t)
	return h
}

// configure writes the Caddyfile of a node. Plain HTTP, so that TLS does not drown what is compared.
func (h *house) configure(storage, address, upstream string) (global, sites string) {
	global = fmt.Sprintf(`openid_provider main {
	issuer http://%s
	storage %s
	client %s {
		secret %s
		redirect_uris %s
		grant_types authorization_code refresh_token
		scopes openid profile offline_access %s
		consent skip
	}
	client %s {
		secret %s
		grant_types client_credentials
		scopes %s
		introspect %s
	}
	user %s {
		password %s
		claim name "Diana Krall"
		claim email diana@example.org
		claim groups staff admins
	}
	%s
}`, h.site.host, storage, webClient, digest(webSecret), redirectURI, scope,
		serviceClient, digest(serviceSecret), strings.Join([]string{scope, opaqueScope, boundScope}, " "), audience, harness.Person, h.password, h.visitors())
	guarding := func(audience, scope, more string) string {
		return fmt.Sprintf("openid_guard {\naudience %s\nscopes %s\nheader X-User-Id sub\nheader X-Client-Id client_id\nheader X-Scope scope\n%s\n}\n", audience, scope, more)
	}
	guard, opaque, answer := guarding(audience, scope, ""), guarding(opaqueAudience, opaqueScope, "token opaque"), `respond "ok"`
	proxy := "reverse_proxy " + upstream
	for _, at := range []struct {
		port  int
		lines string
	}{
		{h.provider, "openid_provider"},
		{h.plain, answer},
		{h.guarded, guard + answer},
		{h.plainProxy, proxy},
		{h.guardedProxy, guard + proxy},
		{h.guardedOpaque, opaque + answer},
		{h.guardedOpaqueProxy, opaque + proxy},
		{h.guardedBound, guarding(boundAudience, boundScope, "dpop require") + answer},
	} {
		sites += fmt.Sprintf("http://:%d {\nbind %s\n%s\n}\n", at.port, address, at.lines)
	}
	return global, sites
}

// digest is how a client secret of ours stands in a configuration.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return "$sha256$" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// signIn signs the person in once, for all grants, and each visitor.
func (h *house) signIn(t testing.TB) {
	t.Helper()
	web := h.browserOf(t, harness.Person)
	h.families = h.begin(t, web, scope)
	h.identified = h.begin(t, web, harness.OfflineScopes)
	for i := range h.connections {
		h.visits = append(h.visits, &visit{site: h.site, web: h.browserOf(t, visitor(i))})
	}
}

// browserOf is the client in a browser of its own, in which that person has signed in.
func (h *house) browserOf(t testing.TB, person string) *harness.Party {
	t.Helper()
	browser := &http.Client{
		Jar: &cookies{}, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	web := &harness.Party{HTTP: browser, Issuer: "http://" + h.site.host, ID: webClient, Secret: webSecret, RedirectURI: redirectURI}
	address, _ := web.AuthorizationURL("scope", scope)
	if answer := harness.SignIn(t, browser, address, person, harness.Password); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("signing in ended with %s\n%s", answer.Status, answer.Text)
	}
	return web
}

// begin gets a refresh token of its own for each connection.
func (h *house) begin(t testing.TB, web *harness.Party, scopes string) (families []*family) {
	t.Helper()
	for range h.connections {
		code, err := web.Silent(web.HTTP, "scope", scopes)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := web.Redeem(code)
		if err != nil || reply.RefreshToken == "" {
			t.Fatalf("redeeming a code: %v %v", reply, err)
		}
		h.person = reply.AccessToken
		families = append(families, &family{site: h.site, refresh: reply.RefreshToken, left: -1})
	}
	return families
}

// mint gets as many access tokens of either sort as the rows take.
func (h *house) mint(t testing.TB) {
	t.Helper()
	each := h.tokens / h.connections
	personal := make([]chain, h.connections)
	for i, f := range h.families {
		f.left, f.want = each, each
		personal[i] = f
	}
	h.drain(t, h.at(h.provider, personal))
	for _, f := range h.families {
		h.personalTokens = append(h.personalTokens, f.tokens...)
		f.left, f.want, f.tokens = -1, 0, nil
	}
	h.serviceTokens = h.ownTokens(t, each, h.ownToken)
	h.opaqueTokens = h.ownTokens(t, each, func() []byte { return h.tokenOf(opaqueScope) })
	h.awaitProofs(t, h.provider, func() []byte { return h.tokenOf(boundScope, h.proof("POST", "http://"+h.site.host+"/token", "")) })
	h.boundTokens = h.ownTokens(t, each, func() []byte { return h.tokenOf(boundScope, h.proof("POST", "http://"+h.site.host+"/token", "")) })
}

// ownTokens are access tokens of the client that acts for itself, each of the connections getting so many.
func (h *house) ownTokens(t testing.TB, each int, request func() []byte) (tokens []string) {
	t.Helper()
	chains := make([]chain, h.connections)
	for i := range chains {
		chains[i] = &minting{request: request, left: each}
	}
	h.drain(t, h.at(h.provider, chains))
	for _, c := range chains {
		tokens = append(tokens, c.(*minting).tokens...)
	}
	return tokens
}

// drain runs a load until its chains have ended.
func (h *house) drain(t testing.TB, l load) {
	t.Helper()
	if _, err := l.run(h, 0, 0); err != nil {
		t.Fatal(err)
	}
}

// ownToken is a token request of a client for itself.
func (h *house) ownToken() []byte { return h.tokenOf(scope) }

func (h *house) tokenOf(scope string, header ...string) []byte {
	return h.site.post("/token", serviceClient, serviceSecret, url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}, header...)
}

// at is a load on one of the sites, spread over the nodes.
func (h *house) at(port int, chains []chain) load {
	l := load{chains: chains}
	for _, n := range h.nodes {
		l.addresses = append(l.addresses, fmt.Sprintf("%s:%d", n.address, port))
	}
	return l
}

// cookies is the one browser's: it also sends over plain HTTP what is for TLS alone.
type cookies struct {
	mu   sync.Mutex
	kept map[string]*http.Cookie
}

// SetCookies implements http.CookieJar.
func (c *cookies) SetCookies(_ *url.URL, set []*http.Cookie) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = map[string]*http.Cookie{}
	}
	for _, cookie := range set {
		c.kept[cookie.Name] = cookie
		if cookie.MaxAge < 0 {
			delete(c.kept, cookie.Name)
		}
	}
}

// Cookies implements http.CookieJar.
func (c *cookies) Cookies(*url.URL) (all []*http.Cookie) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, cookie := range c.kept {
		all = append(all, cookie)
	}
	return all
}
