package discovery

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// ProtectedResourcePath is where a host tells of its protected resources (RFC 9728 section 3).
const ProtectedResourcePath = "/.well-known/oauth-protected-resource"

// ProtectedResourceURL is where a resource tells of itself: the well-known path stands between its host and
// its own path and query (RFC 9728 section 3.1). It is "" for one that has no host to ask, such as a URN.
func ProtectedResourceURL(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	if u.Path == "/" {
		u.Path, u.RawPath = "", ""
	}
	at := u.Scheme + "://" + u.Host + ProtectedResourcePath + u.EscapedPath()
	if u.RawQuery != "" {
		at += "?" + u.RawQuery
	}
	return at
}

// protectedResource is what a resource tells of itself (RFC 9728 section 2).
type protectedResource struct {
	Resource             string       `json:"resource"`
	AuthorizationServers []string     `json:"authorization_servers,omitempty"`
	ScopesSupported      oauth.Scopes `json:"scopes_supported,omitempty"`
	BearerMethods        []string     `json:"bearer_methods_supported"`
	ResourceName         string       `json:"resource_name,omitempty"`
	DPoPAlgs             []string     `json:"dpop_signing_alg_values_supported,omitempty"`
	DPoPRequired         bool         `json:"dpop_bound_access_tokens_required,omitempty"`
	CertificateBound     bool         `json:"tls_client_certificate_bound_access_tokens,omitempty"`
}

// describeResource says only what is so: tokens are taken from the header alone, and the scopes of a resource
// are never those of the provider itself, openid and offline_access among them.
func describeResource(issuer string, r resource.Resource) protectedResource {
	servers := r.AuthorizationServers
	if issuer != "" {
		servers = append([]string{issuer}, servers...)
	}
	var proofAlgs []string
	if r.Bound.DPoP {
		proofAlgs = keys.ProofAlgs
	}
	return protectedResource{
		DPoPAlgs:             proofAlgs,
		DPoPRequired:         r.Bound.DPoPRequired,
		CertificateBound:     r.Bound.Certificate,
		Resource:             r.URI,
		AuthorizationServers: servers,
		ScopesSupported:      r.Scopes,
		BearerMethods:        []string{"header"},
		ResourceName:         r.Name,
	}
}

// ProtectedResources serves what resources tell of themselves, each at its own place. The bytes are made once,
// and nothing of a request is in them. It is safe for concurrent use.
type ProtectedResources struct {
	served map[place]http.Handler
}

// place is where a document lies.
type place struct {
	host string // as web.CanonicalHost has it
	path string // decoded, and the query if the resource has one
}

// NewProtectedResources writes the documents of a provider's resources; issuer is "" for those that have none. The root of a host has that of the
// resource which is the whole host, or else of the only one there: some clients look nowhere else.
func NewProtectedResources(issuer string, resources []resource.Resource) *ProtectedResources {
	all := &ProtectedResources{served: make(map[place]http.Handler)}
	lone := make(map[string]http.Handler) // nil where there are several
	for _, r := range resources {
		at, err := url.Parse(ProtectedResourceURL(r.URI))
		if err != nil || at.Host == "" {
			continue
		}
		host, serve := web.CanonicalHost(at.Host), serveProtectedResource(describeResource(issuer, r))
		all.served[place{host, withQuery(at.Path, at.RawQuery)}] = serve
		if _, several := lone[host]; several {
			serve = nil
		}
		lone[host] = serve
	}
	for host, serve := range lone {
		root := place{host, ProtectedResourcePath}
		if _, taken := all.served[root]; !taken && serve != nil {
			all.served[root] = serve
		}
	}
	return all
}

// Find returns what answers for a decoded path and a query on a host; false if no resource tells of itself
// there. It answers GET, HEAD and preflights, and refuses every other method.
func (all *ProtectedResources) Find(host, path, query string) (http.Handler, bool) {
	if !strings.HasPrefix(path, ProtectedResourcePath) {
		return nil, false
	}
	host = web.CanonicalHost(host)
	if found, ok := all.served[place{host, withQuery(path, query)}]; ok {
		return found, true
	}
	found, ok := all.served[place{host, path}]
	return found, ok
}

func withQuery(path, query string) string {
	if query == "" {
		return path
	}
	return path + "?" + query
}

func serveProtectedResource(says protectedResource) http.Handler {
	body, _ := json.Marshal(says) // strings and lists of them always have a JSON form
	file := newDocument(body)
	return readOnly(func(w http.ResponseWriter, r *http.Request) { file.write(w, r, maxAge) })
}
