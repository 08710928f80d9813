package revocation_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/revocation"
)

// A page may end the tokens of its own client, and reads nothing about those of another.
func TestThreat100_AnswersAreForTheClientsOwnPages(t *testing.T) {
	cfg := granttest.Standard()
	cfg.Clients = append(cfg.Clients, &client.Client{
		ID: "spa", AuthMethods: []string{oauth.AuthNone}, RedirectURIs: []string{"https://spa.example/callback"}, Scopes: oauth.Scopes{"openid"},
	})
	v := granttest.New(t).View(t, cfg)
	endpoint := v.Respond.ClientOrigins("revocation", revocation.New(revocation.Deps{Clients: v.Authenticator, Grants: v.Grants, Respond: v.Respond}),
		client.NewOrigins(v.Registry, v.Now).Allows, http.MethodPost)
	for origin, allowed := range map[string]string{
		"https://spa.example": "https://spa.example", "https://web.example": "", "https://evil.example": "", "null": "",
	} {
		r := request(url.Values{"token": {"gat_unknown"}, "client_id": {"spa"}})
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		endpoint.ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); w.Code != http.StatusOK || got != allowed {
			t.Errorf("%s: %d, Access-Control-Allow-Origin %q", origin, w.Code, got)
		}
	}
}
