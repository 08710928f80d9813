package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
)

func init() {
	caddy.RegisterModule(AdminAPI{})
}

// adminPath is where the status of the providers is; what concerns one provider is below it, under its name.
const adminPath = "/openid/"

// adminTimeout bounds how long a store may take to answer; the admin server gives up after 10 s.
const adminTimeout = 5 * time.Second

// AdminAPI is a module that lets operators look after the OpenID Providers through the admin endpoint:
//
//   - `GET /openid/` shows their issuers, whether their stores answer, and the keys they publish;
//   - `GET /openid/health` answers 200 if all providers can do their work, and 503 if one cannot, with what it lacks;
//   - `GET /openid/<provider>/keys` lists the signing keys, also those that are not published any more;
//   - `POST /openid/<provider>/keys/rotate` replaces the signing keys out of schedule;
//   - `POST /openid/<provider>/keys/remove` with `{"kid": "…"}` takes a key away in an emergency.
//
// No answer carries a secret. It asks the configuration that is active at each request, since an admin router
// can outlive the configuration it was made for.
type AdminAPI struct{}

// CaddyModule returns the Caddy module information.
func (AdminAPI) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "admin.api.openid_provider",
		New: func() caddy.Module { return new(AdminAPI) },
	}
}

// Provision shows the metrics at the admin endpoint.
func (AdminAPI) Provision(ctx caddy.Context) error { return registerMetrics(ctx) }

// Routes returns the one route, which leads to all paths.
func (AdminAPI) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{{Pattern: adminPath, Handler: caddy.AdminHandlerFunc(serveAdmin)}}
}

// adminAnswers are the paths below a provider's name: the method each is asked with, and what answers.
var adminAnswers = map[string]struct {
	method string
	answer func(i *instance, w http.ResponseWriter, r *http.Request) (any, error)
}{
	"keys":        {http.MethodGet, listKeys},
	"keys/rotate": {http.MethodPost, rotateKeys},
	"keys/remove": {http.MethodPost, removeKey},
}

func serveAdmin(w http.ResponseWriter, r *http.Request) error {
	name, rest, below := strings.Cut(strings.TrimPrefix(r.URL.Path, adminPath), "/")
	asked, known := adminAnswers[rest]
	switch {
	case r.URL.RawPath != "":
		// No path of ours needs an escape: whoever allows or refuses paths before us must have read the same one.
		return adminError(http.StatusNotFound, fmt.Errorf("resource not found: %v", r.URL.EscapedPath()))
	case r.URL.Path == adminPath:
		return serveStatus(w, r)
	case r.URL.Path == healthPath:
		return serveHealth(w, r)
	case !strings.HasPrefix(r.URL.Path, adminPath) || name == "" || !below || !known:
		return adminError(http.StatusNotFound, fmt.Errorf("resource not found: %v", r.URL.Path))
	case r.Method != asked.method:
		return wrongMethod(w, asked.method)
	}
	app, err := activeApp()
	if err != nil {
		return err
	}
	i, found := app.instances[name]
	if !found {
		return adminError(http.StatusNotFound, fmt.Errorf("no openid_provider is called '%s'; there is %s", name, names(app.instances)))
	}
	ctx, cancel := context.WithTimeout(r.Context(), adminTimeout)
	defer cancel()
	answer, err := asked.answer(i, w, r.WithContext(ctx))
	if err != nil {
		return err
	}
	return writeJSON(w, answer)
}

// activeApp is the app of the active configuration; one without providers if it has none.
func activeApp() (*App, error) {
	module, err := caddy.ActiveContext().AppIfConfigured(appName)
	switch {
	case errors.Is(err, caddy.ErrNotConfigured):
		return new(App), nil
	case err != nil:
		return nil, adminError(http.StatusInternalServerError, err)
	}
	return module.(*App), nil
}

func adminError(status int, err error) error { return caddy.APIError{HTTPStatus: status, Err: err} }

func wrongMethod(w http.ResponseWriter, allowed string) error {
	w.Header().Set("Allow", allowed)
	return adminError(http.StatusMethodNotAllowed, errors.New("method not allowed"))
}

func writeJSON(w http.ResponseWriter, answer any) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(answer)
}

// statusAnswer is the answer at adminPath.
type statusAnswer struct {
	Providers []providerStatus `json:"providers"`
}

// providerStatus is what the admin endpoint says about one provider.
type providerStatus struct {
	Name      string      `json:"name"`
	Issuer    string      `json:"issuer"`
	Storage   string      `json:"storage"`
	Reachable bool        `json:"reachable"`
	Health    readiness   `json:"health"`
	Keys      []publicKey `json:"keys"`
}

// publicKey names one published signing key.
type publicKey struct {
	ID  string `json:"kid"`
	Alg string `json:"alg"`
}

func serveStatus(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet {
		return wrongMethod(w, http.MethodGet)
	}
	app, err := activeApp()
	if err != nil {
		return err
	}
	return writeJSON(w, statusAnswer{Providers: app.status(r.Context())})
}

// status asks every provider how it is, in the order of their names.
func (a *App) status(ctx context.Context) []providerStatus {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	statuses := make([]providerStatus, 0, len(a.instances))
	for _, one := range a.health(ctx) {
		i := a.instances[one.Name]
		statuses = append(statuses, providerStatus{
			Name:      one.Name,
			Issuer:    i.issuer,
			Storage:   i.life.location.Driver,
			Reachable: one.Store,
			Health:    one.readiness,
			Keys:      i.publishedKeys(),
		})
	}
	return statuses
}

// Interface guards
var (
	_ caddy.AdminRouter = (*AdminAPI)(nil)
	_ caddy.Provisioner = (*AdminAPI)(nil)
)
