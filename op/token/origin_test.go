package token_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// What a client is told is for its own pages: those of other clients may call, since nobody knows beforehand who
// is calling, and read only that no client could be told apart.
func TestThreat100_AnswersAreForTheClientsOwnPages(t *testing.T) {
	cfg := granttest.Standard()
	cfg.Clients = append(cfg.Clients, &client.Client{
		ID: "spa", AuthMethods: []string{oauth.AuthNone}, RedirectURIs: []string{"https://spa.example/callback"}, Scopes: oauth.Scopes{"openid"},
	})
	h := open(t, granttest.New(t), cfg)
	endpoint := h.Respond.ClientOrigins("token", h.endpoint, client.NewOrigins(h.Registry, h.Now).Allows, http.MethodPost)
	for name, tc := range map[string]struct {
		origin, id string
		want       bool
	}{
		"its own page":               {"https://spa.example", "spa", true},
		"the page of another client": {"https://web.example", "spa", false},
		"the other way round":        {"https://spa.example", "cli", false},
		"nobody's page":              {"https://evil.example", "spa", false},
		"an unknown client":          {"https://spa.example", "unknown", true},
	} {
		t.Run(name, func(t *testing.T) {
			form := url.Values{"grant_type": {"authorization_code"}, "code": {"gac_unknown"}, "client_id": {tc.id}}
			r := httptest.NewRequest(http.MethodPost, granttest.Issuer+"/token", strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", tc.origin)
			w := httptest.NewRecorder()
			endpoint.ServeHTTP(w, r)
			want := ""
			if tc.want {
				want = tc.origin
			}
			if got := w.Header().Get("Access-Control-Allow-Origin"); w.Code < http.StatusBadRequest || got != want {
				t.Errorf("%d, Access-Control-Allow-Origin %q", w.Code, got)
			}
		})
	}
}
