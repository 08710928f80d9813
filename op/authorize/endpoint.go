package authorize

import (
	"net/http"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// endpoint is the name in the log.
const endpoint = "authorize"

// Deps are the rooms the endpoint goes through.
type Deps struct {
	// Issuer is the issuer identifier, below which the endpoints lie.
	Issuer string
	// PKCEAll demands a code_challenge of confidential clients too.
	PKCEAll bool
	// ResponseTypes are offered to every client; a configured one may have others of its own.
	ResponseTypes []string

	Store        store.Store
	Clients      *client.Registry
	Users        *user.Directory
	Sessions     *session.Sessions
	Consents     *consent.Consents
	Interactions *interaction.Sealer
	Resources    *resource.Set
	Grants       *grant.Grants
	Secrets      *keys.Secrets
	// ClientKeys verify request objects, and Fetch reads those that are passed by request_uri.
	ClientKeys *client.KeySets
	Fetch      *fetch.Client
	IDTokens   *idtoken.Maker
	SignIn     *signin.SignIn
	Respond    *web.Responder
	Now        func() time.Time
	// Trail is told what people allowed, and what was issued for it here.
	Trail *audit.Trail
}

// Endpoint serves <issuer>/authorize and <issuer>/consent.
type Endpoint struct {
	Deps
	origin      string
	requestURIs *requestURIs
	serve       http.HandlerFunc
	consent     http.HandlerFunc
}

// New returns the authorization endpoint of one provider.
func New(d Deps) *Endpoint {
	e := &Endpoint{Deps: d, origin: web.Origin(d.Issuer), requestURIs: newRequestURIs(d.Fetch, d.Now)}
	e.serve = d.Respond.Methods(endpoint, map[string]http.HandlerFunc{http.MethodGet: e.get, http.MethodPost: e.post})
	e.consent = d.Respond.PageMethods(endpointConsent, map[string]http.HandlerFunc{http.MethodPost: e.decide})
	return e
}

// ServeHTTP serves <issuer>/authorize: authorization requests by GET and POST (OIDC Core section
// 3.1.2.1), and those that come back from a page of ours.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.serve(w, r) }

// Consent serves <issuer>/consent, which the form of the consent page posts to.
func (e *Endpoint) Consent(w http.ResponseWriter, r *http.Request) { e.consent(w, r) }

func (e *Endpoint) url() string        { return e.Issuer + "/authorize" }
func (e *Endpoint) consentURL() string { return e.Issuer + "/consent" }
