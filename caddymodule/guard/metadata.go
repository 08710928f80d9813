package guard

import (
	"net/http"
	"net/url"
	"strings"
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

// hostOf is the host that an audience lives on, "" for a URN.
func hostOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return u.Host
}
