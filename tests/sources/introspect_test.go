package sources

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// asking is a guard's block that asks this endpoint.
func asking(endpoint, more string) string {
	return "introspect " + endpoint + " {\nclient_id service\nsecret {env.GATE_SECRET}\n" + more + "\n}\n"
}

// env has the secret of asking.
var env = "GATE_SECRET=" + harness.ServiceSecret

// A provider in another process is asked about each token: what ends there is refused here.
func TestAskingAnotherGatehouse(t *testing.T) {
	a := newAway(t, "resource "+harness.HouseAudience+" {\nscopes "+harness.HouseScope+"\ntoken opaque\n}")
	g := newGate(t, asking(a.Issuer()+"/introspect", "issuer "+a.Issuer()+"\ncache 2s")+a.outbound(), env)
	client := a.caddy.Client(t)
	browser := a.SignedIn(t, a.caddy)
	reply, err := a.Tokens(client, browser)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		g.wants(t, "an opaque token", reply.AccessToken, http.StatusOK)
		if _, header := g.up.seen(); header.Get("X-Issuer") != a.Issuer() || header.Get("X-User-Id") == "" || header.Get("X-Client-Id") != "web" {
			t.Errorf("headers %v", header)
		}
	}
	g.wants(t, "a service's token", a.token(t), http.StatusOK)
	g.wants(t, "a refresh token", reply.RefreshToken, http.StatusUnauthorized)
	g.wants(t, "an ID token", reply.IDToken, http.StatusUnauthorized)
	g.wants(t, "nobody's token", "gat_nobody", http.StatusUnauthorized)
	g.wants(t, "two tokens", "a,b", http.StatusBadRequest)
	if _, err := a.Web(client).Revoke(reply.AccessToken); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second) // for so long an answer may be remembered
	g.wants(t, "a revoked token", reply.AccessToken, http.StatusUnauthorized)
	if log := g.Log(t); strings.Contains(log, harness.ServiceSecret) {
		t.Error("the secret is in the log")
	}
}

// TestMust056_WithoutACacheARevocationBitesAtOnce, and what nobody can be asked about is 503.
func TestMust056_WithoutACacheARevocationBitesAtOnce(t *testing.T) {
	a := newAway(t, "")
	g := newGate(t, asking(a.Issuer()+"/introspect", "cache 0")+a.outbound(), env)
	client, token := a.caddy.Client(t), a.token(t)
	g.wants(t, "a live token", token, http.StatusOK)
	if _, err := a.Service(client).Revoke(token); err != nil {
		t.Fatal(err)
	}
	g.wants(t, "a revoked token", token, http.StatusUnauthorized)
	a.caddy.Stop(t)
	for n := range 10 {
		g.wants(t, "a token while nobody answers", fmt.Sprint("any", n), http.StatusServiceUnavailable)
	}
}

// Instead of a secret, a private key.
func TestAskingByAKey(t *testing.T) {
	key := newKey(t)
	public, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "gate"}}})
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "gate.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	// Its kid is a thumbprint, and the provider knows the key without one.
	jwks := strings.Replace(string(public), `"kid":"gate",`, "", 1)
	a := newAway(t, "client gate {\nauth private_key_jwt\njwks `"+jwks+"`\ngrant_types client_credentials\nscopes "+harness.HouseScope+
		"\nintrospect "+harness.HouseAudience+"\n}")
	g := newGate(t, "introspect "+a.Issuer()+"/introspect {\nclient_id gate\nkey "+file+"\nissuer "+a.Issuer()+"\n}\n"+a.outbound())
	g.wants(t, "a live token", a.token(t), http.StatusOK)
	g.wants(t, "another", a.token(t), http.StatusOK)
	g.wants(t, "nobody's", "nobody", http.StatusUnauthorized)
}

// says answers every question with this.
func says(mediaType, body string) func(w http.ResponseWriter, r *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", mediaType)
		_, _ = w.Write([]byte(body))
		return true
	}
}

// yes is an answer that would let everybody in.
const yes = `"sub":"root","client_id":"c","token_type":"Bearer","aud":"` + harness.HouseAudience + `","scope":"` + harness.HouseScope + `"`

// TestMust077_AnEndpointThatLiesOrHangsLetsNobodyThrough.
func TestMust077_AnEndpointThatLiesOrHangsLetsNobodyThrough(t *testing.T) {
	f := newForeign(t)
	var elsewhere atomic.Int64
	g := newGate(t, asking(f.URL+"/introspect", "cache 0")+harness.Outbound(t, f.Server), env)
	n := 0
	fresh := func() string { n++; return fmt.Sprint("token-", n) }
	heal := func() { // so that the breaker does not answer in place of the endpoint
		f.answers(says("application/json", `{"active":false}`))
		for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(100 * time.Millisecond) {
			if status, _ := g.call(t, fresh()); status == http.StatusUnauthorized {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal("the guard does not come back")
			}
		}
	}
	f.answers(says("application/json", `{"active":true,`+yes+`}`))
	g.wants(t, "an honest yes", fresh(), http.StatusOK)
	for what, answer := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"says true in words": says("application/json", `{"active":"true",`+yes+`}`),
		"says one":           says("application/json", `{"active":1,`+yes+`}`),
		"says nothing":       says("application/json", `{`+yes+`}`),
		"says both":          says("application/json", `{"active":false,"active":true,`+yes+`}`),
		"says it in HTML":    says("text/html", `{"active":true,`+yes+`}`),
		"says too much":      says("application/json", `{"active":true,`+yes+`,"a":"`+strings.Repeat("a", 64<<10)+`"}`),
		"says more":          says("application/json", `{"active":true,`+yes+`}{}`),
		"exp in words":       says("application/json", `{"active":true,"exp":"9999999999",`+yes+`}`),
		"with another status": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusAccepted)
			_, _ = w.Write([]byte(`{"active":true,` + yes + `}`))
			return true
		},
		"redirects": func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/yes" {
				elsewhere.Add(1)
				return says("application/json", `{"active":true,`+yes+`}`)(w, r)
			}
			http.Redirect(w, r, "/yes", http.StatusTemporaryRedirect)
			return true
		},
		"compresses": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Encoding", "gzip")
			return says("application/json", `{"active":true,`+yes+`}`)(w, r)
		},
		"is silent": func(_ http.ResponseWriter, r *http.Request) bool {
			_ = r.ParseForm() // a server hears that a client has gone when it has read all it sent
			<-r.Context().Done()
			return true
		},
		"drips": func(w http.ResponseWriter, r *http.Request) bool {
			_ = r.ParseForm()
			w.Header().Set("Content-Type", "application/json")
			for c := range strings.SplitSeq(`{"active":true,`+yes+`}`, "") {
				if _, err := w.Write([]byte(c)); err != nil || r.Context().Err() != nil {
					return true
				}
				_ = http.NewResponseController(w).Flush()
				time.Sleep(100 * time.Millisecond)
			}
			return true
		},
		"breaks off": func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{"active":true,` + yes + `}`))
			panic(http.ErrAbortHandler)
		},
	} {
		heal()
		f.answers(answer)
		began := time.Now()
		g.wants(t, what, fresh(), http.StatusServiceUnavailable)
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s: it took %s", what, took)
		}
	}
	if elsewhere.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

// TestThreat046_AFilterBeforeTheEndpointClosesNothing: whoever sends tokens that a filter turns away, by whatever answer,
// keeps nobody else's from being asked about.
func TestThreat046_AFilterBeforeTheEndpointClosesNothing(t *testing.T) {
	f := newForeign(t)
	g := newGate(t, asking(f.URL+"/introspect", "cache 0")+harness.Outbound(t, f.Server), env)
	filter := func(status int, mediaType, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.FormValue("token") != "../etc/passwd" {
				return says("application/json", `{"active":true,`+yes+`}`)(w, r)
			}
			w.Header().Set("Content-Type", mediaType)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
			return true
		}
	}
	for what, answer := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"forbidden":      filter(http.StatusForbidden, "text/html", "no"),
		"bad request":    filter(http.StatusBadRequest, "application/json", `{"error":"invalid_request"}`),
		"a page":         filter(http.StatusOK, "text/html", "The requested URL was rejected."),
		"a long answer":  filter(http.StatusOK, "application/json", strings.Repeat(" ", 65<<10)),
		"another answer": filter(http.StatusOK, "application/json", `{"active":"no"}`),
	} {
		f.answers(answer)
		for range 10 {
			g.wants(t, what, "../etc/passwd", http.StatusServiceUnavailable)
		}
		g.wants(t, what+", then somebody else", "good", http.StatusOK)
	}
}

// A server that comes and goes: what it says is believed, and nothing else is a yes.
func TestMust077_AnEndpointThatFlaps(t *testing.T) {
	f := newForeign(t)
	var n atomic.Int64
	f.answers(func(w http.ResponseWriter, r *http.Request) bool {
		if n.Add(1)%2 == 0 {
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		active := strings.HasPrefix(r.PostFormValue("token"), "good")
		return says("application/json", fmt.Sprintf(`{"active":%t,%s}`, active, yes))(w, r)
	})
	g := newGate(t, asking(f.URL+"/introspect", "")+harness.Outbound(t, f.Server), env)
	for i := range 40 {
		token, want := fmt.Sprint("good", i), http.StatusOK
		if i%4 > 1 {
			token, want = fmt.Sprint("bad", i), http.StatusUnauthorized
		}
		status, hits := g.call(t, token)
		if status != want && status != http.StatusServiceUnavailable || (hits == 1) != (status == http.StatusOK) {
			t.Errorf("%s: status %d, %d hits", token, status, hits)
		}
	}
}

// TestThreat054_FactsAreRememberedAndNotDecisions: one remembered token on two routes that need different scopes.
func TestThreat054_FactsAreRememberedAndNotDecisions(t *testing.T) {
	f := newForeign(t)
	f.answers(says("application/json", `{"active":true,`+yes+`}`))
	g := newGate(t, asking(f.URL+"/i", "cache 1m")+"require GET /reports/* other:scope\n"+harness.Outbound(t, f.Server), env)
	for range 3 {
		g.wants(t, "a route it is enough for", "a-token", http.StatusOK)
		before, _ := g.up.seen()
		answer := harness.Get(t, http.DefaultClient, g.site+"/reports/1", "Authorization", "Bearer a-token")
		if after, _ := g.up.seen(); answer.StatusCode != http.StatusForbidden || after != before {
			t.Errorf("a route it is not enough for: %s", answer.Status)
		}
	}
}

// TestThreat055_TwoEndpointsKnowOneTokenDifferently, and what one said is not what the other said.
func TestThreat055_TwoEndpointsKnowOneTokenDifferently(t *testing.T) {
	one, two := newForeign(t), newForeign(t)
	one.answers(says("application/json", `{"active":true,`+yes+`}`))
	two.answers(says("application/json", `{"active":false}`))
	first := newGate(t, asking(one.URL+"/i", "cache 1m")+harness.Outbound(t, one.Server), env)
	second := newGate(t, asking(two.URL+"/i", "cache 1m")+harness.Outbound(t, two.Server), env)
	for range 3 {
		first.wants(t, "where it is live", "the-same-token", http.StatusOK)
		second.wants(t, "where it is not", "the-same-token", http.StatusUnauthorized)
	}
}

// Both sides of RFC 9701: a provider signs what it says, and a guard takes nothing else.
func TestSignedAnswersOfAnotherGatehouse(t *testing.T) {
	gatekeeper := "client gate {\nsecret {env.GATE_SECRET}\ngrant_types client_credentials\nscopes " + harness.HouseScope +
		"\nintrospect " + harness.HouseAudience + "\nintrospection_signed_response_alg ES256\n}"
	house := harness.NewHouse(t, harness.Port(t)).With(func(h *harness.House) { h.Provider = gatekeeper })
	a := &away{House: house, caddy: house.Start(t, t.TempDir(), env)}
	asksSigned := func(endpoint, issuer string) string {
		return "introspect " + endpoint + " {\nclient_id gate\nsecret {env.GATE_SECRET}\nissuer " + issuer + "\nsigned\nalgs ES256\ncache 0\n}\n"
	}
	token := a.token(t)
	g := newGate(t, asksSigned(a.Issuer()+"/introspect", a.Issuer())+a.outbound(), env)
	for range 2 {
		g.wants(t, "a live token", token, http.StatusOK)
	}
	g.wants(t, "nobody's token", "gat_nobody", http.StatusUnauthorized)
	if _, err := a.Service(a.caddy.Client(t)).Revoke(token); err != nil {
		t.Fatal(err)
	}
	g.wants(t, "a revoked token", token, http.StatusUnauthorized)

	// Somebody in between who says yes to everything, with keys of his own or none.
	f := newForeign(t)
	key := newKey(t)
	f.publish(key)
	forged := func(typ string, claims map[string]any) func(w http.ResponseWriter, r *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/introspect" {
				return false
			}
			said := map[string]any{
				"iss": f.URL, "aud": "gate", "iat": time.Now().Unix(), "token_introspection": json.RawMessage(`{"active":true,` + yes + `}`),
			}
			maps.Copy(said, claims)
			return says("application/token-introspection+jwt", harness.SignAs(t, jose.ES256, key, kid(key), typ, said))(w, r)
		}
	}
	g = newGate(t, asksSigned(f.URL+"/introspect", f.URL)+harness.Outbound(t, f.Server), env)
	f.answers(forged("token-introspection+jwt", nil))
	g.wants(t, "an honest signature", "token-0", http.StatusOK)
	f.answers(forged("at+jwt", nil))
	g.wants(t, "an access token for an answer", "token-1", http.StatusServiceUnavailable)
	f.answers(forged("token-introspection+jwt", map[string]any{"aud": "other"}))
	g.wants(t, "an answer to somebody else", "token-2", http.StatusServiceUnavailable)
	f.answers(forged("token-introspection+jwt", map[string]any{"iss": a.Issuer()}))
	g.wants(t, "an answer of another issuer", "token-3", http.StatusServiceUnavailable)
	f.answers(func(w http.ResponseWriter, r *http.Request) bool {
		return r.URL.Path == "/introspect" && says("application/json", `{"active":true,`+yes+`}`)(w, r)
	})
	g.wants(t, "a plain answer", "token-4", http.StatusServiceUnavailable)
}
