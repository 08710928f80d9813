package caddymodule

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op/web"
)

func init() {
	caddy.RegisterModule(Endpoints{})
	httpcaddyfile.RegisterHandlerDirective(appName, parseEndpoints)
	// Before redir is the one place where a catch-all handle, try_files, redir, basic_auth or a guard of the
	// whole site leaves the provider's paths alone.
	httpcaddyfile.RegisterDirectiveOrder(appName, httpcaddyfile.Before, "redir")
}

// Endpoints serves the endpoints of an OpenID Provider: the exact paths below its issuer, its well-known
// documents at the root of the issuer's host, `/.well-known/webfinger` on each host of `webfinger`, and on the hosts of resources what
// these tell of themselves (RFC 9728). Every other request goes on to the next handler, without the
// provider's cookies. It needs the paths as they were sent: it cannot work where a prefix was stripped, as in
// `handle_path`.
type Endpoints struct {
	// The name of the provider. It may be left out when there is only one.
	Provider string `json:"provider,omitempty"`

	provider *instance
	issuer   *url.URL
	cookies  []string
	hsts     bool
}

// CaddyModule returns the Caddy module information.
func (Endpoints) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.openid_provider",
		New: func() caddy.Module { return new(Endpoints) },
	}
}

// Provision finds the provider.
func (e *Endpoints) Provision(ctx caddy.Context) error {
	module, err := ctx.AppIfConfigured(appName)
	if errors.Is(err, caddy.ErrNotConfigured) {
		return errors.New("no provider is configured: the global option openid_provider is missing")
	}
	if err != nil {
		return err
	}
	found, err := module.(*App).instance(e.Provider)
	if err != nil {
		return err
	}
	return e.serve(found)
}

// serve makes ready what every request needs.
func (e *Endpoints) serve(provider *instance) (err error) {
	e.provider = provider
	provider.served.Store(true)
	if e.issuer, err = url.Parse(e.provider.Issuer()); err != nil {
		return err
	}
	e.cookies = e.provider.CookieNames()
	e.hsts = e.issuer.Scheme == "https" && !isLoopbackHost(e.issuer.Hostname())
	return nil
}

// ServeHTTP answers what is the provider's and passes the rest on.
func (e *Endpoints) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	running, err := e.provider.begun() //nolint:contextcheck // what begins here outlives the request
	if err != nil {
		return caddyhttp.Error(http.StatusServiceUnavailable, err)
	}
	if document, ours := running.ProtectedResource(r.Host, r.URL.Path, r.URL.RawQuery); ours && r.URL.RawPath == "" {
		return e.answer(document, w, r) // of another host than the issuer's, as a rule
	}
	plain := e.issuer.Scheme == "https" && !isSecure(r)
	issued := e.asIssued(r, plain)
	endpoint, ours := running.Handler(issued)
	switch {
	case !ours:
		web.DropCookies(r.Header, e.cookies)
		return next.ServeHTTP(w, r)
	case plain:
		e.refusePlain(w, issued)
		return nil
	case isEarly(r):
		// Early data can be replayed by whoever recorded it (RFC 8470 section 5.2).
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusTooEarly)
		return nil
	}
	// A host that is only listed for WebFinger may have reasons to be reached in the clear elsewhere.
	if e.hsts && strings.EqualFold(hostname(r.Host), e.issuer.Hostname()) && w.Header().Get("Strict-Transport-Security") == "" {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
	}
	return e.answer(endpoint, w, r.WithContext(web.WithClientIP(r.Context(), clientIP(r))))
}

// answer lets the endpoint answer. A panic becomes a 500 and a log line without the panic's value, which may
// hold a secret.
func (e *Endpoints) answer(endpoint http.Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		value := recover()
		switch fault := value.(type) {
		case nil:
			return
		case runtime.Error:
			err = fmt.Errorf("panic: %s", fault.Error())
		default:
			if value == http.ErrAbortHandler { //nolint:errorlint // net/http compares it the same way
				panic(value)
			}
			err = fmt.Errorf("panic with a %T", value)
		}
		e.provider.life.observer.Log.Error("an endpoint panicked", zap.Error(err), zap.Stack("stack"))
		err = caddyhttp.Error(http.StatusInternalServerError, err)
	}()
	endpoint.ServeHTTP(w, r)
	return nil
}

// asIssued gives a request in the clear the issuer's own port, so that its path is recognised as the
// provider's: http and https are different ports.
func (e *Endpoints) asIssued(r *http.Request, plain bool) *http.Request {
	if !plain || !strings.EqualFold(hostname(r.Host), e.issuer.Hostname()) {
		return r
	}
	issued := *r
	issued.Host = e.issuer.Host
	return &issued
}

// refusePlain answers a request in the clear for an issuer that is https. A GET is shown the way, on the host it
// asked, which is one of the provider's; anything else may have carried a secret and is refused, so that whoever wrote the client hears of it.
func (e *Endpoints) refusePlain(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		w.Header().Set("Location", "https://"+strings.TrimSuffix(r.Host, ":80")+r.URL.RequestURI())
		w.WriteHeader(http.StatusFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte(`{"error":"invalid_request","error_description":"https is required"}`))
}

// parseEndpoints reads the directive. Syntax:
//
//	openid_provider [<matcher>] [<name>]
func parseEndpoints(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	e := new(Endpoints)
	return e, e.UnmarshalCaddyfile(h.Dispenser)
}

// UnmarshalCaddyfile reads the directive, which takes the name of a provider and no block.
func (e *Endpoints) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the directive's own name
	if d.NextArg() {
		e.Provider = d.Val()
	}
	return checkEnd(d)
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Endpoints)(nil)
	_ caddyhttp.MiddlewareHandler = (*Endpoints)(nil)
	_ caddyfile.Unmarshaler       = (*Endpoints)(nil)
)
