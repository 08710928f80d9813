package device

import (
	"net/http"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/devicecode"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// The names in the log.
const (
	endpoint     = "device_authorization"
	endpointPage = "device"
)

// Deps are the rooms the endpoints go through.
type Deps struct {
	// Issuer is the issuer identifier, below which the endpoints lie.
	Issuer string

	Store         store.Store
	Authenticator *client.Authenticator
	Clients       *client.Registry
	Users         *user.Directory
	Sessions      *session.Sessions
	Consents      *consent.Consents
	Interactions  *interaction.Sealer
	Resources     *resource.Set
	Grants        *grant.Grants
	Secrets       *keys.Secrets
	Codes         *devicecode.Codes
	Budgets       *devicecode.Budgets
	SignIn        *signin.SignIn
	Respond       *web.Responder
	Now           func() time.Time
	// Trail is told what people answered.
	Trail *audit.Trail
}

// Endpoint serves <issuer>/device_authorization and <issuer>/device.
type Endpoint struct {
	Deps
	origin string
	serve  http.HandlerFunc
	page   http.HandlerFunc
}

// New returns the endpoints of one provider.
func New(d Deps) *Endpoint {
	e := &Endpoint{Deps: d, origin: web.Origin(d.Issuer)}
	e.serve = d.Respond.Methods(endpoint, map[string]http.HandlerFunc{http.MethodPost: e.begin})
	e.page = d.Respond.PageMethods(endpointPage, map[string]http.HandlerFunc{http.MethodGet: e.get, http.MethodPost: e.post})
	return e
}

// ServeHTTP serves <issuer>/device_authorization: device authorization requests by POST (RFC 8628 section 3.1).
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.serve(w, r) }

// Page serves <issuer>/device: GET shows where to type the code, the question, or what came of it; POST is the code
// or the answer.
func (e *Endpoint) Page(w http.ResponseWriter, r *http.Request) { e.page(w, r) }

func (e *Endpoint) url() string { return e.Issuer + "/device" }
