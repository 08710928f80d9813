package op

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// MTLS says whether clients can prove themselves, and bind their tokens, by certificates that they show in the TLS
// handshake (RFC 8705). Whoever serves the provider asks them for one.
type MTLS struct {
	On bool
	// Origin is another one at which the endpoints for clients are reached, such as https://mtls.id.example.com: a
	// browser that comes to the issuer is then never asked for a certificate (section 5). "" is the issuer's alone.
	Origin string
}

func (c Config) checkMTLS(faults *faults) {
	if c.MTLS.Origin != "" {
		issuer, err := url.Parse(c.Issuer)
		u, fault := url.Parse(c.MTLS.Origin)
		switch {
		case !c.MTLS.On:
			faults.at("mtls", errors.New("has an origin and is off"))
		case fault != nil || u.Scheme != "https" || web.Origin(c.MTLS.Origin) != c.MTLS.Origin:
			faults.at("mtls", fmt.Errorf("%q is not an https origin, such as https://mtls.id.example.com", c.MTLS.Origin))
		case err == nil && web.CanonicalHost(u.Host) == web.CanonicalHost(issuer.Host):
			faults.at("mtls", errors.New("has the origin of the issuer, which need not be said"))
		}
	}
	for _, configured := range c.Clients {
		byCertificate := len(configured.AuthMethods) > 0 &&
			(configured.AllowsAuthMethod(oauth.AuthTLSClient) || configured.AllowsAuthMethod(oauth.AuthSelfSignedTLS))
		if !c.MTLS.On && (byCertificate || configured.CertificateBound) {
			faults.at("client "+configured.ID, errors.New("shows a certificate, and nobody is asked for one without mtls"))
		}
	}
}

// addresses are the URLs under which an endpoint for clients is reached.
func (c Config) addresses(path string) []string {
	all := []string{c.Issuer + path}
	if alias := c.mtlsBase(); alias != "" {
		all = append(all, alias+path)
	}
	return all
}

// mtlsBase is what stands in place of the issuer at the other origin, "" for none.
func (c Config) mtlsBase() string {
	if c.MTLS.Origin == "" {
		return ""
	}
	issuer, err := url.Parse(c.Issuer)
	if err != nil {
		return ""
	}
	return c.MTLS.Origin + strings.TrimSuffix(issuer.Path, "/")
}

// forClients are the paths that are served at the other origin too.
var forClients = []string{pathToken, pathUserinfo, pathIntrospect, pathRevoke, pathDeviceAuth}

// alias finds the endpoint of a request at the other origin.
func (t *routes) alias(r *http.Request) (http.Handler, bool) {
	if t.mtlsHost == "" || web.CanonicalHost(r.Host) != t.mtlsHost {
		return nil, false
	}
	endpoint, ok := t.mtls[r.URL.Path]
	return endpoint, ok
}
