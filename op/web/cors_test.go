package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/web"
)

// cross sends a request through an endpoint; headers are pairs.
func cross(endpoint http.Handler, method string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://id.example.com/x", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	endpoint.ServeHTTP(w, r)
	return w
}

// permissions are the CORS headers of an answer, as lines.
func permissions(h http.Header) string {
	var lines []string
	for _, name := range []string{"Allow-Origin", "Allow-Methods", "Allow-Headers", "Allow-Credentials", "Expose-Headers", "Max-Age"} {
		for _, value := range h.Values("Access-Control-" + name) {
			lines = append(lines, name+": "+value)
		}
	}
	return strings.Join(lines, "\n")
}

const (
	app       = "https://app.example"
	preflight = "Access-Control-Request-Method"
)

func TestThreat100_DocumentsForEverybody(t *testing.T) {
	document := web.AnyOrigin(web.Methods(map[string]http.HandlerFunc{
		http.MethodGet: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) },
	}), http.MethodGet)
	asked := "Allow-Origin: *\nAllow-Methods: GET\nAllow-Headers: *\nMax-Age: 600"
	for name, tc := range map[string]struct {
		method  string
		headers []string
		status  int
		want    string
	}{
		"without an Origin":            {http.MethodGet, nil, http.StatusOK, "Allow-Origin: *"},
		"of any origin":                {http.MethodGet, []string{"Origin", app}, http.StatusOK, "Allow-Origin: *"},
		"of an opaque origin":          {http.MethodGet, []string{"Origin", "null"}, http.StatusOK, "Allow-Origin: *"},
		"a refusal":                    {http.MethodPost, []string{"Origin", app}, http.StatusMethodNotAllowed, "Allow-Origin: *"},
		"a preflight":                  {http.MethodOptions, []string{"Origin", app, preflight, "GET"}, http.StatusNoContent, asked},
		"a preflight for another":      {http.MethodOptions, []string{"Origin", app, preflight, "POST"}, http.StatusMethodNotAllowed, "Allow-Origin: *"},
		"OPTIONS that is no preflight": {http.MethodOptions, []string{"Origin", app}, http.StatusMethodNotAllowed, "Allow-Origin: *"},
		"OPTIONS without an Origin":    {http.MethodOptions, []string{preflight, "GET"}, http.StatusMethodNotAllowed, "Allow-Origin: *"},
	} {
		t.Run(name, func(t *testing.T) {
			w := cross(document, tc.method, tc.headers...)
			if got := permissions(w.Header()); w.Code != tc.status || got != tc.want {
				t.Errorf("%d\n%s", w.Code, got)
			}
		})
	}
}
