package flow

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const (
	user     = "diana"
	password = "krall beside the piano"
	callback = "https://rp.example/callback"
	vault    = "https://vault.example/v1"
)

// secrets are those of the clients; they reach the configuration by the environment.
var secrets = map[string]string{
	"web":    "secret of web: 100% & more",
	"other":  "secret-of-other",
	"modern": "secret-of-modern",
	"worker": "secret-of-worker",
	"gate":   "secret-of-gate",
}

// plan is what a test wants of its Caddy. @ISSUER@, @SITE@, @API@ and @UPSTREAM@ are filled in everywhere.
type plan struct {
	path     string // of the issuer
	global   string // more global options
	provider string // more lines of the provider's block
	guard    string // more lines of the guard's block
	idSite   string // the rest of the provider's site; 404 when it is left out
	sites    string // more sites
	bare     bool   // without the guarded site
	env      []string
}

// house is a Caddy with one provider, on a site of its own, and one guarded site before a counting upstream.
type house struct {
	*harness.Caddy
	issuer string // of the provider
	api    string // origin and audience of the guarded site
	extra  string // origin of one more site, for who wants it
	up     *upstream
	web    *http.Client // a browser
	back   *http.Client // a client's back channel
	plan   plan
	// secrets are those of the clients, where they are not the standard ones.
	secrets map[string]string
}

func build(t testing.TB, p plan) *house {
	t.Helper()
	h := &house{
		issuer: fmt.Sprintf("https://localhost:%d%s", harness.Port(t), p.path),
		api:    fmt.Sprintf("https://localhost:%d", harness.Port(t)),
		extra:  fmt.Sprintf("https://localhost:%d", harness.Port(t)),
		up:     newUpstream(t), plan: p, secrets: secrets,
	}
	options, sites := h.config(p)
	h.Caddy = harness.Start(t, options, sites, h.env()...)
	h.web, h.back = h.Client(t), h.Client(t)
	harness.Reach(t, h.back, h.issuer+"/jwks")
	return h
}

// env is the environment that the configuration takes its secrets from.
func (h *house) env() []string {
	env := append([]string{"DIANA=" + dianaHash}, h.plan.env...)
	for id, secret := range secrets {
		env = append(env, strings.ToUpper(id)+"_SECRET="+secret)
	}
	return env
}

// reload replaces the configuration by another plan.
func (h *house) reload(t testing.TB, p plan) {
	t.Helper()
	options, sites := h.config(p)
	if err := h.Load(t, options, sites); err != nil {
		t.Fatal(err)
	}
}

const standardProvider = `
	default_bind 127.0.0.1
	openid_provider main {
		issuer @ISSUER@
		scope api:read {
			description "Read your things"
		}
		resource ` + vault + ` {
			scopes vault:open
			token opaque
		}
		client web {
			name "Web shop"
			secret {env.WEB_SECRET}
			redirect_uris ` + callback + `
			scopes openid profile email address phone offline_access api:read api:write vault:open
		}
		client other {
			secret {env.OTHER_SECRET}
			redirect_uris https://other.example/callback
			scopes openid api:read
		}
		client modern {
			secret {env.MODERN_SECRET}
			redirect_uris ` + callback + `
			scopes openid profile api:read
			id_token_signed_response_alg ES256
			consent skip
		}
		client cli {
			auth none
			redirect_uris http://127.0.0.1/callback
			grant_types authorization_code refresh_token
			scopes openid profile offline_access api:read
		}
		client worker {
			secret {env.WORKER_SECRET}
			grant_types client_credentials
			scopes api:read vault:open
		}
		client gate {
			secret {env.GATE_SECRET}
			grant_types client_credentials
			scopes api:read
			introspect @API@
		}
		user diana {
			password @DIANA@
			sub dikr0001
			claim name "Diana Krall"
			claim email diana@example.org
			claim email_verified false
			claim address {
				locality Umeå
			}
		}
@PROVIDER@
	}
@GLOBAL@
`

const standardSites = `
@SITE@ {
@IDSITE@
	openid_provider main
}
`

const guardedSite = `
@API@ {
	openid_guard main {
		audience @API@
		scopes api:read
		default_scopes api:read
		public /health /assets/*
		header X-User-Id sub
		header X-Client-Id client_id
		header X-Scope scope
		header X-Email email
@GUARD@
	}
	reverse_proxy @UPSTREAM@
}
`

func (h *house) config(p plan) (options, sites string) {
	sites = standardSites + p.sites
	if !p.bare {
		sites += guardedSite
	}
	rest := cmp.Or(p.idSite, "\trespond \"no such page\" 404")
	fill := strings.NewReplacer("@PROVIDER@", p.provider, "@GLOBAL@", p.global, "@GUARD@", p.guard, "@IDSITE@", rest)
	known := strings.NewReplacer(
		"@ISSUER@", h.issuer, "@SITE@", strings.TrimSuffix(h.issuer, p.path), "@API@", h.api, "@EXTRA@", h.extra,
		"@UPSTREAM@", h.up.address, "@DIANA@", dianaHash,
	)
	return known.Replace(fill.Replace(standardProvider)), known.Replace(fill.Replace(sites))
}

// dianaHash is one for all tests, so that every configuration of a house has the same.
var dianaHash = mustHash(password)

// hash makes a password hash as cheap as its format allows: nothing here measures it.
func hash(t testing.TB, password string) string {
	t.Helper()
	return mustHash(password)
}

func mustHash(password string) string {
	made, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		panic(err)
	}
	return string(made)
}

// basic is the Authorization header of a client with a secret (RFC 6749 section 2.3.1).
func basic(id, secret string) string {
	request, _ := http.NewRequest(http.MethodGet, "/", nil)
	request.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	return request.Header.Get("Authorization")
}

// call asks the guarded site with a token, "" for none.
func (h *house) call(t testing.TB, path, token string, header ...string) harness.Answer {
	t.Helper()
	if token != "" {
		header = append(header, "Authorization", "Bearer "+token)
	}
	return harness.Get(t, h.back, h.api+path, header...)
}

// passes wants the guard to let a token through, once, to the upstream.
func (h *house) passes(t testing.TB, token string) {
	t.Helper()
	before := h.up.hits()
	if got := h.call(t, "/orders", token); got.StatusCode != http.StatusOK || got.Text != "upstream" || h.up.hits() != before+1 {
		t.Fatalf("a live token: %s %q, %d hits", got.Status, got.Text, h.up.hits()-before)
	}
}

// refuses wants the guard to say invalid_token and the upstream to hear nothing.
func (h *house) refuses(t testing.TB, token string) {
	t.Helper()
	h.up.untouched(t, "a dead token", func() {
		got := h.call(t, "/orders", token)
		if got.StatusCode != http.StatusUnauthorized || !strings.Contains(got.Header.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Fatalf("a dead token: %s %v", got.Status, got.Header)
		}
	})
}
