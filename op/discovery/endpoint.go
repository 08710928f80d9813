package discovery

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// maxAge is how long a client may keep the metadata: what an operator changes is seen soon.
const maxAge = 5 * time.Minute

// Deps are what the documents speak of.
type Deps struct {
	// Issuer is the issuer identifier, below which the endpoints lie.
	Issuer string
	// ResponseTypes are all that a client may use here.
	ResponseTypes []string
	// IDTokenAlgs are the JWS algorithms that the provider has keys for.
	IDTokenAlgs []string
	// ClaimsLocales are the languages in which somebody has a claim.
	ClaimsLocales []string
	Resources     *resource.Set
	Ring          *keys.Ring
	// Registration says that clients can register.
	Registration bool
	// Documents says that a client_id may be the URL of a metadata document.
	Documents bool
	// MTLS says that clients can show certificates; MTLSBase is what stands in place of the issuer where they are
	// asked for one, "" if it is the issuer itself.
	MTLS     bool
	MTLSBase string
}

// Endpoint serves the metadata and, by JWKS, the keys.
type Endpoint struct {
	ring     *keys.Ring
	metadata *document
	jwks     atomic.Pointer[document]
	serve    http.HandlerFunc
	keys     http.HandlerFunc
}

// New writes the metadata of one provider.
func New(d Deps) *Endpoint {
	body, _ := json.Marshal(describe(d)) // strings, lists of them and booleans always have a JSON form
	e := &Endpoint{ring: d.Ring, metadata: newDocument(body)}
	e.serve = readOnly(e.serveMetadata)
	e.keys = readOnly(e.serveKeys)
	return e
}

// ServeHTTP serves the metadata.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.serve(w, r) }

// JWKS serves <issuer>/jwks (RFC 7517 section 5), as application/json: older clients insist on it.
func (e *Endpoint) JWKS(w http.ResponseWriter, r *http.Request) { e.keys(w, r) }

// Paths are where the metadata of an issuer is looked for on its host: appended to the issuer (OIDC
// Discovery section 4) and inserted before its path (RFC 8414 section 3). issuerPath is the path of the
// issuer, "" or "/…".
func Paths(issuerPath string) []string {
	const openID, server = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"
	issuerPath = strings.TrimSuffix(issuerPath, "/")
	if issuerPath == "" {
		return []string{openID, server}
	}
	return []string{issuerPath + openID, openID + issuerPath, server + issuerPath, issuerPath + server}
}

func (e *Endpoint) serveMetadata(w http.ResponseWriter, r *http.Request) {
	e.metadata.write(w, r, maxAge)
}

func (e *Endpoint) serveKeys(w http.ResponseWriter, r *http.Request) {
	body, life := e.ring.JWKS()
	current := e.jwks.Load()
	if current == nil || !current.holds(body) {
		current = newDocument(body)
		e.jwks.Store(current)
	}
	current.write(w, r, life)
}

// readOnly serves a document to every page: there is nothing of anybody in it.
func readOnly(serve http.HandlerFunc) http.HandlerFunc {
	return web.AnyOrigin(web.Methods(map[string]http.HandlerFunc{http.MethodGet: serve, http.MethodHead: serve}), http.MethodGet, http.MethodHead)
}
