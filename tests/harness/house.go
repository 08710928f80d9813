package harness

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// The people and clients of a House.
const (
	Person         = "diana"
	Password       = "krall"
	WebSecret      = "the-secret-of-the-web-shop"
	ServiceSecret  = "the-secret-of-the-service"
	HouseRedirect  = "https://shop.example/callback"
	HouseAudience  = "https://api.example"
	HouseScope     = "api:read"
	OfflineScopes  = "openid offline_access " + HouseScope
	houseWebClient = "web"
	houseService   = "service"
)

// House is a configuration with a provider, two clients, one person and a guarded upstream, of which
// tests change parts. The zero value of a part is what most tests want.
type House struct {
	// Port is that of the provider's site, and Upstream that of what the guard protects.
	Port, Upstream int
	// Path is that of the issuer on its site, "" or "/…".
	Path string
	// Audience is the guard's.
	Audience string
	// Store is the SQLite file, or empty for Caddy's data directory.
	Store string
	// Database is the connection string of the PostgreSQL database that is the store instead, and Bind the address on
	// which this node of several listens; 127.0.0.1 if empty.
	Database, Bind string
	// Provider is added to the provider's block, Guard to the guard's, Global to the global options.
	Provider, Guard, Global string
	// More are sites beside its own; those without a bind listen where it does.
	More string
	// Clocks is a folder by which the clock of each node is set, see SetClock; empty for nodes that go by the real one.
	Clocks string
	// NoService leaves the client "service" out.
	NoService bool

	passwordHash, serviceHash string
}

// NewHouse makes a House on a free port, in front of the upstream's port.
func NewHouse(t testing.TB, upstream int) *House {
	t.Helper()
	hash := func(plain string) string {
		made, err := bcrypt.GenerateFromPassword([]byte(plain), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		return string(made)
	}
	return &House{Port: Port(t), Upstream: upstream, Audience: HouseAudience, passwordHash: hash(Password), serviceHash: hash(ServiceSecret)}
}

// With is a copy that change was made to.
func (h House) With(change func(*House)) *House {
	change(&h)
	return &h
}

// Issuer is the provider's issuer identifier.
func (h *House) Issuer() string { return h.Site() + h.Path }

// Site is the origin of the provider, and of what the guard protects.
func (h *House) Site() string { return fmt.Sprintf("https://localhost:%d", h.Port) }

// API is a URL that the guard protects.
func (h *House) API() string { return h.Site() + "/api/orders" }

// Options are the global options.
func (h *House) Options() string {
	digest := sha256.Sum256([]byte(WebSecret))
	service, storage := "", ""
	if h.Store != "" {
		storage = fmt.Sprintf("storage sqlite {\npath %q\n}", h.Store)
	}
	if h.Database != "" {
		storage = "storage postgres {\ndsn {env." + databaseVariable + "}\n}"
	}
	if !h.NoService {
		service = fmt.Sprintf("client %s {\nsecret %s\ngrant_types client_credentials\nscopes %s\nintrospect %s\n}",
			houseService, h.serviceHash, HouseScope, h.Audience)
	}
	return fmt.Sprintf(`%s
default_bind %s
openid_provider main {
	issuer %s
	%s
	client %s {
		secret $sha256$%s
		redirect_uris %s
		grant_types authorization_code refresh_token
		scopes openid profile offline_access %s
		consent skip
	}
	%s
	user %s {
		password %s
	}
	%s
}`, h.Global, h.address(), h.Issuer(), storage, houseWebClient, base64.RawURLEncoding.EncodeToString(digest[:]), HouseRedirect, HouseScope,
		service, Person, h.passwordHash, h.Provider)
}

// Sites is the site of the provider and of what the guard protects. Connections to the upstream are soon
// closed: Caddy leaves those of an old configuration to their timeout.
func (h *House) Sites() string {
	return fmt.Sprintf(`%s {
	bind %s
	tls internal
	openid_provider main
	handle /api/* {
		openid_guard main {
			audience %s
			scopes %s
			header X-User-Id sub
			%s
		}
		reverse_proxy 127.0.0.1:%d {
			transport http {
				keepalive 1s
			}
		}
	}
	handle {
		respond "elsewhere"
	}
}
%s
`, h.Site(), h.address(), h.Audience, HouseScope, h.Guard, h.Upstream, h.More)
}

// databaseVariable names the environment variable that a node has the connection string from.
const databaseVariable = "GATEHOUSE_TEST_DATABASE"

func (h *House) address() string {
	if h.Bind == "" {
		return "127.0.0.1"
	}
	return h.Bind
}

// Web is the client that people sign in to, Service the one that acts for itself.
func (h *House) Web(client *http.Client) *Party {
	return &Party{HTTP: client, Issuer: h.Issuer(), ID: houseWebClient, Secret: WebSecret, RedirectURI: HouseRedirect}
}

// Service is the client that acts for itself and may introspect tokens for the guarded API.
func (h *House) Service(client *http.Client) *Party {
	return &Party{HTTP: client, Issuer: h.Issuer(), ID: houseService, Secret: ServiceSecret}
}

// Env is the environment variable that a Caddy or a command needs beside the configuration.
func (h *House) Env() string { return databaseVariable + "=" + h.Database }

// Start runs Caddy with this House on what dir holds and waits until its provider answers.
func (h *House) Start(t testing.TB, dir string, env ...string) *Caddy {
	t.Helper()
	program, more := h.program(t)
	c := startAt(t, program, h.address(), dir, h.Options(), h.Sites(), append(append(env, more...), h.Env())...)
	Reach(t, c.Client(t), h.Issuer()+"/jwks")
	return c
}

// SignedIn is a browser in which the person has signed in to the web client.
func (h *House) SignedIn(t testing.TB, c *Caddy) *http.Client {
	t.Helper()
	browser := c.Client(t)
	address, _ := h.Web(browser).AuthorizationURL("scope", OfflineScopes)
	if answer := SignIn(t, browser, address, Person, Password); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("signing in ended with %s\n%s", answer.Status, answer.Text)
	}
	return browser
}

// Tokens gets a new grant with a refresh token for whoever is signed in to browser.
func (h *House) Tokens(client, browser *http.Client) (*Reply, error) {
	web := h.Web(client)
	code, err := web.Silent(browser, "scope", OfflineScopes)
	if err != nil {
		return nil, err
	}
	reply, err := web.Redeem(code)
	if err == nil && reply.RefreshToken == "" {
		err = fmt.Errorf("the code got no refresh token: %s", reply)
	}
	return reply, err
}

// Party is a client of that id, with the secret and the redirect URI of web.
func (h *House) Party(client *http.Client, id string) *Party {
	p := h.Web(client)
	p.ID = id
	return p
}
