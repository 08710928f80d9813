package site

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const password = "krall beside the piano"

// world is a provider and three guarded sites before one upstream: one on the issuer's host, two on hosts of their own.
type world struct {
	*harness.Caddy
	issuer, near, wiki, shop string
	up                       *upstream
	hash                     string
}

// provider is the options; @MORE@ is what a test adds.
const provider = `
	default_bind 127.0.0.1
	openid_provider main {
		issuer @ISSUER@
		client web {
			auth none
			redirect_uris http://127.0.0.1/callback
			scopes openid
		}
		user diana {
			password @HASH@
			sub dikr0001
			claim name "Diana Krall"
			claim groups staff
		}
		user babs {
			password @HASH@
			claim groups guests
		}
@MORE@
	}
`

const sites = `
@ISSUER@ {
	openid_provider main
}
@NEAR@ {
	openid_guard {
		audience @NEAR@
		browser
		public /health
		header X-Remote-User preferred_username
	}
	reverse_proxy @UP@
}
@WIKI@ {
	try_files {path} {path}
	openid_guard {
		audience @WIKI@
		browser
		public /health
		allow claim groups staff
		header X-Remote-User preferred_username
		header X-Sub sub
		header X-Groups groups
@GUARD@
	}
	reverse_proxy @UP@
}
@SHOP@ {
	openid_guard {
		audience urn:example:shop
		browser @SHOP@
		allow user diana
		header X-Remote-User preferred_username
	}
	reverse_proxy @UP@
}
`

func newWorld(t *testing.T) *world { return newWorldWith(t, "", "") }

// newWorldWith adds to the provider's block, and to that of the wiki's guard.
func newWorldWith(t *testing.T, more, guard string) *world {
	t.Helper()
	w := &world{
		issuer: fmt.Sprintf("https://localhost:%d", harness.Port(t)), near: fmt.Sprintf("https://localhost:%d", harness.Port(t)),
		wiki: fmt.Sprintf("https://wiki.localhost:%d", harness.Port(t)), shop: fmt.Sprintf("https://shop.localhost:%d", harness.Port(t)),
		up: newUpstream(t),
	}
	made, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	w.hash = string(made)
	options, guarded := w.config(more, guard)
	w.Caddy = harness.Start(t, options, guarded)
	client := w.Client(t)
	for _, address := range []string{w.issuer + "/jwks", w.near, w.wiki, w.shop} {
		harness.Reach(t, client, address)
	}
	return w
}

func (w *world) config(more, guard string) (options, guarded string) {
	fill := strings.NewReplacer("@MORE@", more, "@GUARD@", guard)
	known := strings.NewReplacer("@ISSUER@", w.issuer, "@NEAR@", w.near, "@WIKI@", w.wiki, "@SHOP@", w.shop,
		"@UP@", w.up.address, "@HASH@", w.hash)
	return known.Replace(fill.Replace(provider)), known.Replace(fill.Replace(sites))
}

// upstream keeps what it is asked and says who asks.
type upstream struct {
	address string
	mu      sync.Mutex
	seen    []seen
}

type seen struct {
	method, uri, body string
	header            http.Header
}

func newUpstream(t *testing.T) *upstream {
	t.Helper()
	u := &upstream{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		u.mu.Lock()
		u.seen = append(u.seen, seen{r.Method, r.RequestURI, string(body), r.Header.Clone()})
		u.mu.Unlock()
		if r.URL.Path == "/events" {
			_, _ = io.WriteString(w, "began\n")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return
		}
		fmt.Fprintf(w, "hello %s at %s", r.Header.Get("X-Remote-User"), r.RequestURI)
	}))
	t.Cleanup(server.Close)
	u.address = strings.TrimPrefix(server.URL, "http://")
	return u
}

// take is what was asked since the last time.
func (u *upstream) take() []seen {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.seen
	u.seen = nil
	return taken
}

// navigation is what a browser sends when somebody goes to a page.
var navigation = []string{
	"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "none", "Accept", "text/html,*/*;q=0.8",
}

// open goes to a page as a browser does, through redirects, and signs in where it is asked.
func open(t *testing.T, browser *http.Client, address, user string) harness.Answer {
	t.Helper()
	answer := harness.Get(t, browser, address, navigation...)
	for range 8 {
		switch {
		case answer.StatusCode == http.StatusSeeOther:
			location, err := answer.Location()
			if err != nil {
				t.Fatal(err)
			}
			answer = harness.Get(t, browser, location.String(), navigation...)
		case user != "" && strings.Contains(answer.Text, `name="password"`):
			answer = harness.Submit(t, browser, harness.FormOf(t, answer), "username", user, "password", password)
		default:
			return answer
		}
	}
	t.Fatalf("%s does not end: %s", address, answer.Request.URL)
	return answer
}

// opened opens a page and wants it to be the upstream's, for that person.
func opened(t *testing.T, browser *http.Client, address, user, name string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	want := "hello " + name + " at " + u.RequestURI()
	if got := open(t, browser, address, user); got.StatusCode != http.StatusOK || got.Text != want || got.Request.URL.String() != address {
		t.Fatalf("%s %s: %q, want %q", got.Status, got.Request.URL, got.Text, want)
	}
}

// send makes a request with headers given as pairs.
func send(t *testing.T, browser *http.Client, method, address, body string, header ...string) harness.Answer {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return harness.Do(t, browser, r)
}
