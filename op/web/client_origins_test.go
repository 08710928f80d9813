package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// called is an endpoint for known origins that refuses every POST it serves.
func called(t *testing.T, allows func(context.Context, string) (bool, error)) (http.Handler, *observer.ObservedLogs) {
	t.Helper()
	pages, err := web.NewPages(nil)
	if err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zap.DebugLevel)
	respond := web.NewResponder(zap.New(core), pages)
	endpoint := respond.Methods("token", map[string]http.HandlerFunc{http.MethodPost: func(w http.ResponseWriter, r *http.Request) {
		respond.Refuse(w, r, "token", oauth.InvalidGrant("no such code", nil))
	}})
	return respond.ClientOrigins("token", endpoint, allows, http.MethodPost), logs
}

func onlyApp(_ context.Context, origin string) (bool, error) { return origin == app, nil }

func TestThreat100_OriginsOfClientsAlone(t *testing.T) {
	endpoint, _ := called(t, onlyApp)
	const (
		answered = "Allow-Origin: " + app + "\nExpose-Headers: WWW-Authenticate, Retry-After, DPoP-Nonce"
		asked    = "Allow-Origin: " + app + "\nAllow-Methods: POST\nAllow-Headers: Authorization, Content-Type, DPoP\nMax-Age: 600"
	)
	for name, tc := range map[string]struct {
		method  string
		headers []string
		status  int
		want    string
	}{
		"a refusal can be read":                {http.MethodPost, []string{"Origin", app}, http.StatusBadRequest, answered},
		"another method, too":                  {http.MethodPut, []string{"Origin", app}, http.StatusMethodNotAllowed, answered},
		"without an Origin":                    {http.MethodPost, nil, http.StatusBadRequest, ""},
		"an unknown origin":                    {http.MethodPost, []string{"Origin", "https://evil.example"}, http.StatusBadRequest, ""},
		"null":                                 {http.MethodPost, []string{"Origin", "null"}, http.StatusBadRequest, ""},
		"an empty Origin":                      {http.MethodPost, []string{"Origin", ""}, http.StatusBadRequest, ""},
		"two Origins":                          {http.MethodPost, []string{"Origin", app, "Origin", app}, http.StatusBadRequest, ""},
		"two in one":                           {http.MethodPost, []string{"Origin", app + " " + app}, http.StatusBadRequest, ""},
		"another scheme":                       {http.MethodPost, []string{"Origin", "http://app.example"}, http.StatusBadRequest, ""},
		"another port":                         {http.MethodPost, []string{"Origin", app + ":8443"}, http.StatusBadRequest, ""},
		"the default port, which is not sent":  {http.MethodPost, []string{"Origin", app + ":443"}, http.StatusBadRequest, ""},
		"another case, which is not sent":      {http.MethodPost, []string{"Origin", "https://APP.example"}, http.StatusBadRequest, ""},
		"a host that begins alike":             {http.MethodPost, []string{"Origin", app + ".evil.example"}, http.StatusBadRequest, ""},
		"a host below":                         {http.MethodPost, []string{"Origin", "https://x.app.example"}, http.StatusBadRequest, ""},
		"a slash at the end":                   {http.MethodPost, []string{"Origin", app + "/"}, http.StatusBadRequest, ""},
		"a preflight":                          {http.MethodOptions, []string{"Origin", app, preflight, "POST"}, http.StatusNoContent, asked},
		"a preflight of an unknown origin":     {http.MethodOptions, []string{"Origin", "https://evil.example", preflight, "POST"}, http.StatusMethodNotAllowed, ""},
		"a preflight of null":                  {http.MethodOptions, []string{"Origin", "null", preflight, "POST"}, http.StatusMethodNotAllowed, ""},
		"a preflight for what is not served":   {http.MethodOptions, []string{"Origin", app, preflight, "DELETE"}, http.StatusMethodNotAllowed, answered},
		"OPTIONS that is no preflight":         {http.MethodOptions, []string{"Origin", app}, http.StatusMethodNotAllowed, answered},
		"a preflight without an Origin":        {http.MethodOptions, []string{preflight, "POST"}, http.StatusMethodNotAllowed, ""},
		"a method that only says it preflight": {http.MethodPost, []string{"Origin", app, preflight, "POST"}, http.StatusBadRequest, answered},
	} {
		t.Run(name, func(t *testing.T) {
			w := cross(endpoint, tc.method, tc.headers...)
			if got := permissions(w.Header()); w.Code != tc.status || got != tc.want {
				t.Errorf("%d\n%s", w.Code, got)
			}
			if w.Header().Get("Vary") != "Origin" {
				t.Errorf("Vary: %q", w.Header().Get("Vary"))
			}
		})
	}
}

func TestThreat100_DoubtAllowsNoOrigin(t *testing.T) {
	endpoint, logs := called(t, func(context.Context, string) (bool, error) {
		return true, fmt.Errorf("%w: no answer", oauth.ErrUnavailable)
	})
	w := cross(endpoint, http.MethodOptions, "Origin", app, preflight, "POST")
	if w.Code != http.StatusServiceUnavailable || permissions(w.Header()) != "" || logs.FilterMessage("request failed").Len() != 1 {
		t.Errorf("a preflight: %d %v", w.Code, w.Header())
	}
	if w := cross(endpoint, http.MethodPost, "Origin", app); w.Code != http.StatusBadRequest || permissions(w.Header()) != "" {
		t.Errorf("a request: %d %v", w.Code, w.Header())
	}
}

func TestThreat100_NobodyIsAskedAboutNoOrigin(t *testing.T) {
	endpoint, _ := called(t, func(_ context.Context, origin string) (bool, error) {
		return false, errors.New("was asked about " + origin)
	})
	for _, headers := range [][]string{nil, {"Origin", "null"}, {"Origin", app, "Origin", app}} {
		if w := cross(endpoint, http.MethodPost, headers...); w.Code != http.StatusBadRequest {
			t.Errorf("%v: %d", headers, w.Code)
		}
	}
}

func TestThreat100_PermissionIsTakenBackFromOtherClients(t *testing.T) {
	for origin, kept := range map[string]bool{app: true, "https://other.example": false} {
		endpoint, _ := called(t, func(context.Context, string) (bool, error) { return true, nil })
		narrowed := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			endpoint.ServeHTTP(&narrowing{ResponseWriter: w, r: r}, r)
		})
		w := cross(narrowed, http.MethodPost, "Origin", origin)
		if got := permissions(w.Header()) != ""; got != kept || w.Header().Get("Vary") != "Origin" {
			t.Errorf("%s: %v", origin, w.Header())
		}
	}
}

// narrowing finds out which client it is just before the answer is written.
type narrowing struct {
	http.ResponseWriter
	r *http.Request
}

func (n *narrowing) WriteHeader(status int) {
	web.NarrowOrigin(n.ResponseWriter, n.r, func(origin string) bool { return origin == app })
	n.ResponseWriter.WriteHeader(status)
}

func BenchmarkCallWithoutAnOrigin(b *testing.B) {
	pages, err := web.NewPages(nil)
	if err != nil {
		b.Fatal(err)
	}
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	endpoint := web.NewResponder(zap.NewNop(), pages).ClientOrigins("token", next, onlyApp, http.MethodPost)
	r, w := httptest.NewRequest(http.MethodPost, "/token", nil), httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		clear(w.Header())
		endpoint.ServeHTTP(w, r)
	}
}
