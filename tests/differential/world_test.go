package differential

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// The audiences of the guards.
const (
	oneSource   = "https://api.example"
	manySources = "https://partner.example"
)

var audiences = []string{oneSource, manySources}

// variant is one way to put a guard into a site. @GUARD@ is what all guards have in common, @UPSTREAM@ the address.
type variant struct {
	name   string
	prefix string // of every path that means something to the site
	tls    bool
	// bare sites guard too little on purpose: they show that the judge finds out. No other test asks them.
	bare bool
	// audience of the guard, if it is not the one that most have.
	audience string
	site     string
}

var variants = []variant{
	{name: "whole", site: "openid_guard {\n@GUARD@\n}\nreverse_proxy @UPSTREAM@"},
	{name: "tls", tls: true, site: "openid_guard {\n@GUARD@\n}\nreverse_proxy @UPSTREAM@"},
	// Caddy itself drops names with an underscore or a dot, unless it is told not to.
	{name: "loose", site: "openid_guard {\n@GUARD@\n}\nreverse_proxy @UPSTREAM@"},
	{name: "handle_path", prefix: "/api", site: "handle_path /api/* {\nopenid_guard {\n@GUARD@\n}\nreverse_proxy @UPSTREAM@\n}\nrespond elsewhere 404"},
	{name: "stripped before", prefix: "/api", site: "route {\nuri strip_prefix /api\nopenid_guard {\n@GUARD@\n}\nreverse_proxy @UPSTREAM@\n}"},
	{name: "stripped after", prefix: "/api", site: "openid_guard {\n@GUARD@\n}\nhandle_path /api/* {\nreverse_proxy @UPSTREAM@\n}\nhandle {\nrespond elsewhere 404\n}"},
	{name: "sources", audience: manySources, site: "openid_guard {\n@GUARD@\n@ABROAD@\n}\nreverse_proxy @UPSTREAM@"},
	{name: "without a guard", bare: true, site: "reverse_proxy @UPSTREAM@"},
	{name: "guarded by path", bare: true, site: "@guarded path /admin/* /orders/*\nopenid_guard @guarded {\n@GUARD@\n}\nreverse_proxy @UPSTREAM@"},
}

// guardPrefix is the prefix of the paths as the guard sees them.
func (v variant) guardPrefix() string {
	if v.name == "stripped after" {
		return v.prefix
	}
	return ""
}

// world is a Caddy with all variants of the site in front of all kinds of upstream.
type world struct {
	caddy     *harness.Caddy
	issuer    string
	upstreams []*upstream
	ports     [][]int             // of the site, by variant and upstream
	token     []map[string]string // by caller and audience
	roots     *x509.CertPool
	sessions  tls.ClientSessionCache // many requests cost their connection
	judge     *judge
}

// open starts everything.
func open(t testing.TB) *world {
	t.Helper()
	w := &world{issuer: fmt.Sprintf("https://localhost:%d", harness.Port(t))}
	w.judge = newJudge(w)
	w.upstreams = startUpstreams(t, w.judge)
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(introspect))
	t.Cleanup(elsewhere.Close)
	options, sites := w.configure(t, elsewhere)
	w.caddy = harness.Start(t, options, sites, "ABROAD_SECRET=secret-abroad")
	harness.Reach(t, w.caddy.Client(t), w.issuer+"/jwks")
	w.roots, w.sessions = w.caddy.Roots(t), tls.NewLRUClientSessionCache(256)
	w.tokens(t)
	return w
}

// finish waits until all that the upstreams have to report is judged.
func (w *world) finish(t testing.TB) {
	t.Helper()
	w.caddy.Stop(t) // ends what is still on its way
	for _, up := range w.upstreams {
		up.finish()
	}
}

// configure writes the Caddyfile.
func (w *world) configure(t testing.TB, elsewhere *httptest.Server) (options, sites string) {
	t.Helper()
	var servers, text strings.Builder
	abroad := fmt.Sprintf("introspect %s {\nclient_id gate\nsecret {env.ABROAD_SECRET}\ncache 30s\n}\n%s", elsewhere.URL, harness.Outbound(t, elsewhere))
	for _, v := range variants {
		audience := oneSource
		if v.audience != "" {
			audience = v.audience
		}
		lines := "audience " + audience + guardLines(v.guardPrefix()) + `
	header X-User-Id sub
	header X-Client-Id client_id
	header X-Scope scope
	header Remote-User account
	header X-Email email`
		var ports []int
		for _, up := range w.upstreams {
			port := harness.Port(t)
			ports = append(ports, port)
			address := fmt.Sprintf("http://:%d", port)
			if v.tls {
				address = fmt.Sprintf("https://localhost:%d", port)
			}
			if v.name == "loose" {
				fmt.Fprintf(&servers, "servers 127.0.0.1:%d {\nprotocols h1 h2 h2c h3\nexpected_underscore_headers %s\nexpected_dot_headers %s\n}\n",
					port, spelled("_"), spelled("."))
			}
			site := strings.NewReplacer("@GUARD@", lines, "@ABROAD@", abroad, "@UPSTREAM@", up.address).Replace(v.site)
			fmt.Fprintf(&text, "%s {\nbind 127.0.0.1\n%s\n}\n", address, site)
		}
		w.ports = append(w.ports, ports)
	}
	fmt.Fprintf(&text, "%s {\nbind 127.0.0.1\nopenid_provider main\n}\n", w.issuer)
	options = fmt.Sprintf("log {\nlevel ERROR\n}\nservers {\nprotocols h1 h2 h2c h3\n}\n%sopenid_provider main {\nissuer %s\n%s}\n", servers.String(), w.issuer, clients(t))
	return options, text.String()
}

// spelled are the names that some upstream may believe, with another separator.
func spelled(separator string) string {
	names := slices.Concat(identityHeaders, otherPathHeaders, otherMethodHeaders)
	return strings.ReplaceAll(strings.ToLower(strings.Join(names, " ")), "-", separator)
}
