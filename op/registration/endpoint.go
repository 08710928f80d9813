package registration

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// name is the endpoint's name in log lines.
const name = "registration"

// Policy says who may register and how many may be there.
type Policy struct {
	// InitialAccessToken is what a registration has to bear (RFC 7591 section 3); the zero Secret opens
	// registration to everybody.
	InitialAccessToken client.Secret
	// Quota is how many registrations one network may make within Window.
	Quota  int
	Window time.Duration
	// Max is how many registered clients there may be in all.
	Max int
	// UnusedFor is how long a client is kept that nobody has granted anything.
	UnusedFor time.Duration
	// OneHost lets a client show people only what lies on a host of its redirect URIs.
	OneHost bool
}

// open reports whether strangers may register.
func (p Policy) open() bool { return p.InitialAccessToken.IsZero() }

// Abilities are what this provider can do for a client of what there is.
type Abilities struct {
	// MTLS says that clients can show certificates (RFC 8705).
	MTLS bool
	// ResponseTypes are those it offers to every client.
	ResponseTypes []string
	// SigningAlgs are those it has a key for.
	SigningAlgs []string
}

// Fetcher is what the endpoint uses of a fetch.Client.
type Fetcher interface {
	Get(ctx context.Context, address string) (fetch.Document, error)
}

// Deps are what the endpoint uses.
type Deps struct {
	// Issuer is the issuer identifier, below which the endpoint lies.
	Issuer        string
	Policy        Policy
	Abilities     Abilities
	Store         store.Store
	Clients       *client.Registry
	Registrations *client.Registrations
	Quota         *Quota
	// Guesses counts wrong initial access tokens.
	Guesses *throttle.Joint
	// Fetch reads what sector_identifier_uri leads to.
	Fetch   Fetcher
	Respond *web.Responder
	// Trail is told what clients did about their registrations.
	Trail *audit.Trail
}

// Endpoint serves <issuer>/register. A registered client manages itself there, with its client_id in the query.
type Endpoint struct {
	Deps
	serve http.HandlerFunc
}

// New makes the endpoint.
func New(d Deps) *Endpoint {
	e := &Endpoint{Deps: d}
	e.serve = d.Respond.Methods(name, map[string]http.HandlerFunc{
		http.MethodPost:   e.answering(e.register),
		http.MethodGet:    e.answering(e.read),
		http.MethodPut:    e.answering(e.update),
		http.MethodDelete: e.answering(e.remove),
	})
	if d.Policy.open() {
		// Whoever may register from anywhere may do so from a page of any origin; there are no cookies here.
		e.serve = web.AnyOrigin(e.serve, http.MethodPost)
	}
	return e
}

// ServeHTTP answers a registration by POST (RFC 7591 section 3), and with a registration access token GET, PUT
// and DELETE (RFC 7592 section 2).
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.serve(w, r) }

// reply is what a request came to; without a body it is the status alone.
type reply struct {
	status int
	body   map[string]any
}

// answering writes a reply, or the one refusal.
func (e *Endpoint) answering(serve func(w http.ResponseWriter, r *http.Request) (reply, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := serve(w, r)
		switch {
		case err != nil:
			e.Respond.Refuse(w, r, name, err)
		case answer.body == nil:
			w.Header().Set("Cache-Control", "no-store")
			w.Header().Set("Pragma", "no-cache")
			w.WriteHeader(answer.status)
		default:
			e.Respond.JSON(w, r, answer.status, answer.body)
		}
	}
}

// uri is where a client manages itself (RFC 7592 section 3).
func (e *Endpoint) uri(id string) string {
	return e.Issuer + "/register?client_id=" + url.QueryEscape(id)
}
