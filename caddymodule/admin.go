package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"
)

func init() {
	caddy.RegisterModule(AdminAPI{})
}

// adminPath is where the status of the providers is. There is nothing below it.
const adminPath = "/openid/"

// adminTimeout bounds how long a store may take to answer; the admin server gives up after 10 s.
const adminTimeout = 5 * time.Second

// AdminAPI is a module that shows the status of the OpenID Providers at `GET /openid/` of the admin endpoint:
// their issuers, whether their stores answer, and the ids of the signing keys they publish. No answer carries
// a secret. It asks the configuration that is active at each request, since an admin router can outlive the
// configuration it was made for.
type AdminAPI struct{}

// CaddyModule returns the Caddy module information.
func (AdminAPI) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "admin.api.openid_provider",
		New: func() caddy.Module { return new(AdminAPI) },
	}
}

// Routes returns the route of the status.
func (AdminAPI) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{{Pattern: adminPath, Handler: caddy.AdminHandlerFunc(serveStatus)}}
}

// providerStatus is what the admin endpoint says about one provider.
type providerStatus struct {
	Name      string      `json:"name"`
	Issuer    string      `json:"issuer"`
	Storage   string      `json:"storage"`
	Reachable bool        `json:"reachable"`
	Keys      []publicKey `json:"keys"`
}

// publicKey names one published signing key.
type publicKey struct {
	ID  string `json:"kid"`
	Alg string `json:"alg"`
}

func serveStatus(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Path != adminPath {
		return caddy.APIError{HTTPStatus: http.StatusNotFound, Err: fmt.Errorf("resource not found: %v", r.URL.Path)}
	}
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		return caddy.APIError{HTTPStatus: http.StatusMethodNotAllowed, Err: errors.New("method not allowed")}
	}
	statuses := []providerStatus{}
	module, err := caddy.ActiveContext().AppIfConfigured(appName)
	switch {
	case err == nil:
		statuses = module.(*App).status(r.Context())
	case !errors.Is(err, caddy.ErrNotConfigured):
		return caddy.APIError{HTTPStatus: http.StatusInternalServerError, Err: err}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(map[string]any{"providers": statuses})
}

// status asks every provider how it is, in the order of their names.
func (a *App) status(ctx context.Context) []providerStatus {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	statuses := make([]providerStatus, 0, len(a.instances))
	for _, name := range slices.Sorted(maps.Keys(a.instances)) {
		i := a.instances[name]
		statuses = append(statuses, providerStatus{
			Name:      name,
			Issuer:    i.issuer,
			Storage:   i.life.location.Driver,
			Reachable: i.life.reachable(ctx) == nil,
			Keys:      i.publishedKeys(ctx),
		})
	}
	return statuses
}

// publishedKeys lists the keys as clients see them, in the JWKS.
func (i *instance) publishedKeys(ctx context.Context) []publicKey {
	set := struct {
		Keys []publicKey `json:"keys"`
	}{Keys: []publicKey{}}
	running := i.life.running.Load()
	if running == nil {
		return set.Keys
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, i.issuer+"/jwks", nil)
	if err != nil {
		return set.Keys
	}
	endpoint, found := running.Handler(request)
	if !found {
		return set.Keys
	}
	var answer bufferedAnswer
	endpoint.ServeHTTP(&answer, request)
	// What is no JWKS has no keys to show.
	_ = json.Unmarshal(answer.body, &set)
	return set.Keys
}

// bufferedAnswer is a ResponseWriter for an endpoint that is asked in process.
type bufferedAnswer struct {
	header http.Header
	body   []byte
}

func (a *bufferedAnswer) Header() http.Header {
	if a.header == nil {
		a.header = make(http.Header)
	}
	return a.header
}

func (a *bufferedAnswer) WriteHeader(int) {}

func (a *bufferedAnswer) Write(p []byte) (int, error) {
	a.body = append(a.body, p...)
	return len(p), nil
}

// Interface guards
var _ caddy.AdminRouter = (*AdminAPI)(nil)
