package guard

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op"
)

// wellKnown is where metadata lies (RFC 8615).
const wellKnown = "/.well-known/"

// metadata answers for what the audience's host tells of its resources (RFC 9728), whatever host the request
// names: before the guard there may be a proxy that calls it otherwise. A client looks there because it has no token
// yet, so none is asked for.
func (g *Guard) metadata(path, query string) (http.Handler, bool) {
	if g.audience.host == "" || !strings.HasPrefix(path, wellKnown) {
		return nil, false
	}
	if g.provider == nil {
		return g.alone.Find(g.audience.host, path, query)
	}
	return g.provider.ProtectedResource(g.audience.host, path, query)
}

// describeAlone tells of the audience of a guard without a provider, which takes no DPoP proofs.
func (g *Guard) describeAlone(uri string) *op.ProtectedResources {
	r := g.resource(uri)
	r.Bound.DPoP, r.Bound.DPoPRequired = false, false
	return op.NewProtectedResources(r)
}

// hostOf is the host that an audience lives on, "" for a URN.
func hostOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return u.Host
}
