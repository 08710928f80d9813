package caddymodule

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/seed-5b16f944/gatehouse/op"
)

// healthPath is where it is told whether all providers are ready. No provider is in its way: their names are followed
// by a slash.
const healthPath = adminPath + "health"

// healthAnswer is the answer at healthPath.
type healthAnswer struct {
	Ready     bool             `json:"ready"`
	Providers []providerHealth `json:"providers"`
}

// providerHealth is how one provider is.
type providerHealth struct {
	Name string `json:"name"`
	readiness
}

// readiness is whether a provider is ready, and if not, what it lacks.
type readiness struct {
	Ready    bool `json:"ready"`
	Store    bool `json:"store"`
	Keys     bool `json:"keys"`
	Listener bool `json:"listener"`
}

func readinessOf(h op.Health) readiness { return readiness{h.Ready(), h.Store, h.Keys, h.Listener} }

// serveHealth answers 200 if all providers are ready, and 503 if one is not.
func serveHealth(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return wrongMethod(w, "GET, HEAD")
	}
	app, err := activeApp()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), adminTimeout)
	defer cancel()
	answer := healthAnswer{Ready: true, Providers: app.health(ctx)}
	for _, one := range answer.Providers {
		answer.Ready = answer.Ready && one.Ready
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !answer.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	return json.NewEncoder(w).Encode(answer)
}

// health asks all providers at once how they are, since each may take its time. They come in the order of their names.
func (a *App) health(ctx context.Context) []providerHealth {
	names := slices.Sorted(maps.Keys(a.instances))
	all := make([]providerHealth, len(names))
	var asking sync.WaitGroup
	for at, name := range names {
		asking.Go(func() {
			all[at] = providerHealth{name, readinessOf(a.instances[name].life.health(ctx))}
		})
	}
	asking.Wait()
	return all
}

// health is how the provider is. One that has not begun, or has ended, is not ready.
func (l *life) health(ctx context.Context) op.Health {
	running := l.running.Load()
	if running == nil {
		return op.Health{}
	}
	return running.Health(ctx)
}
