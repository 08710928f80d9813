package op_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// TestStrictReachesWhatItIsAbout: client assertions, and what clients register to be shown.
func TestStrictReachesWhatItIsAbout(t *testing.T) {
	const secret = "a secret that is long enough for HS256"
	for _, strict := range []bool{false, true} {
		cfg := registering()
		cfg.Strict = strict
		cfg.Clients[0].AuthMethods, cfg.Clients[0].Secrets = []string{oauth.AuthClientSecretJWT}, []client.Secret{client.KeptSecret(secret)}
		provider := start(t, cfg, open(t, op.Location{Driver: op.DriverMemory}))

		for _, tt := range []struct {
			audience any
			takes    bool
		}{
			{"https://id.example.com", true},
			{"https://id.example.com/token", !strict},
			{[]string{"https://id.example.com"}, !strict},
		} {
			assertion, err := keys.SignHMAC(secret, keys.HS256, "JWT", map[string]any{
				"iss": "billing", "sub": "billing", "aud": tt.audience, "jti": keys.NewID(), "exp": time.Now().Add(time.Minute).Unix(),
			})
			if err != nil {
				t.Fatal(err)
			}
			form := url.Values{
				"grant_type": {"client_credentials"}, "client_assertion": {assertion},
				"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
			}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://id.example.com/token", strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			endpoint, _ := provider.Handler(r)
			w := httptest.NewRecorder()
			if endpoint.ServeHTTP(w, r); (w.Code == http.StatusOK) != tt.takes {
				t.Errorf("strict %t, for %v: %d %s", strict, tt.audience, w.Code, w.Body)
			}
		}

		want := http.StatusCreated
		if strict {
			want = http.StatusBadRequest
		}
		const metadata = `{"redirect_uris":["https://app.example/cb"],"logo_uri":"https://bank.example/logo.png"}`
		if status, told := send(t, provider, http.MethodPost, registerPath, "initial", metadata); status != want {
			t.Errorf("strict %t: %d %v", strict, status, told)
		}
	}
}
