package guard

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

const serviceSecret = "the secret of the service"

// housed is a provider without Caddy around it.
type housed struct {
	*op.Provider
}

func (*housed) AddResource(Declaration) error   { return nil }
func (*housed) AddSite(op.Site) (string, error) { return testCookie, nil }
func (*housed) CheckUpstream(string) error      { return nil }
func (*housed) CookieNames() []string           { return []string{testCookie} }

// openProvider runs a whole provider in memory, and token gets access tokens of it as a service does.
func openProvider(tb testing.TB) (provider *housed, token func() string) {
	tb.Helper()
	state, err := op.Open(tb.Context(), op.Location{Driver: op.DriverMemory})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = state.Close() })
	running, err := op.New(op.Config{
		Issuer:    testIssuer,
		Resources: []op.Resource{{URI: testAudience, Scopes: oauth.Scopes{"orders:read"}}},
		Clients: []*op.Client{{
			ID: "service", AuthMethods: []string{oauth.AuthClientSecretBasic}, Secrets: []client.Secret{client.PlainSecret(serviceSecret)},
			GrantTypes: []string{oauth.GrantClientCredentials}, Scopes: oauth.Scopes{"orders:read"},
		}},
	}, state, op.Observer{})
	if err == nil {
		err = running.Start(tb.Context())
	}
	if err != nil {
		tb.Fatal(err)
	}
	return &housed{Provider: running}, func() string {
		tb.Helper()
		r := httptest.NewRequest("POST", testIssuer+"/token", strings.NewReader("grant_type=client_credentials&scope=orders%3Aread"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth("service", url.QueryEscape(serviceSecret))
		endpoint, _ := running.Handler(r)
		w := httptest.NewRecorder()
		endpoint.ServeHTTP(w, r)
		var told struct {
			Token string `json:"access_token"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil || told.Token == "" {
			tb.Fatalf("%d %s", w.Code, w.Body)
		}
		return told.Token
	}
}

// Proofs gives them as an app does.
func (h *housed) Proofs() (*op.Proofs, error) { return h.Provider.Proofs(), nil }

// A decision about a remembered token allocates nothing, whatever else it does.
func TestADecisionAllocatesNothing(t *testing.T) {
	provider, token := openProvider(t)
	g := assembled(t, Guard{Scopes: []string{"orders:read"}, Headers: map[string]string{"X-Client-Id": "client_id"}}, provider)
	header := browserHeader()
	header["Authorization"] = []string{"Bearer " + token()}
	r, _ := request("GET", "/orders/17", header)
	for range 100 { // what was remembered is counted in for a while
		g.decide(r)
	}
	if n := testing.AllocsPerRun(1000, func() { g.decide(r) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

// BenchmarkWholeDecision is the guard's decision with a real provider behind it, on remembered tokens.
func BenchmarkWholeDecision(b *testing.B) {
	provider, token := openProvider(b)
	for _, tokens := range []int{1, 20000} {
		bearers := make([][]string, tokens)
		for i := range bearers {
			bearers[i] = []string{"Bearer " + token()}
		}
		b.Run("tokens="+strconv.Itoa(tokens), func(b *testing.B) {
			g := assembled(b, Guard{Scopes: []string{"orders:read"}, Headers: map[string]string{"X-Client-Id": "client_id"}}, provider)
			r, _ := request("GET", "/orders/17", browserHeader())
			for _, bearer := range bearers {
				r.Header["Authorization"] = bearer
				g.decide(r)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				r.Header["Authorization"] = bearers[i%tokens]
				if d := g.decide(r); d.verdict != allowedWithToken {
					b.Fatal(d.cause)
				}
			}
		})
	}
}
