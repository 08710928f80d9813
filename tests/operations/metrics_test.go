package operations

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// wrongPassword tries to sign in as somebody, with a password that nobody has.
func wrongPassword(t *testing.T, c *harness.Caddy, house *harness.House, name string) {
	t.Helper()
	browser := c.Client(t)
	page := harness.Get(t, browser, house.Issuer()+"/login")
	harness.Submit(t, browser, harness.FormOf(t, page), "username", name, "password", "canary-of-a-password")
}

// worked does a little of everything, and returns the tokens of the person.
func worked(t *testing.T, c *harness.Caddy, house *harness.House) *harness.Reply {
	t.Helper()
	client := c.Client(t)
	wrongPassword(t, c, house, harness.Person)
	tokens, err := house.Tokens(client, house.SignedIn(t, c))
	if err != nil {
		t.Fatal(err)
	}
	web, service := house.Web(client), house.Service(client)
	for _, ask := range []struct {
		want int
		ask  func() (*harness.Reply, error)
	}{
		{200, func() (*harness.Reply, error) { return service.ForItself("scope", harness.HouseScope) }},
		{401, func() (*harness.Reply, error) { return harness.Guarded(client, house.API(), "") }},
		{200, func() (*harness.Reply, error) { return harness.Guarded(client, house.API(), tokens.AccessToken) }},
		{200, func() (*harness.Reply, error) { return harness.Guarded(client, house.API(), tokens.AccessToken) }},
		{200, func() (*harness.Reply, error) { return service.Introspect(tokens.AccessToken) }},
		{200, func() (*harness.Reply, error) { return service.Introspect("unknown") }},
		{400, func() (*harness.Reply, error) { return web.Refresh("unknown") }},
		{400, func() (*harness.Reply, error) { return web.Send("/token", "grant_type", "canary-of-a-grant-type") }},
		{200, func() (*harness.Reply, error) { return web.Revoke(tokens.AccessToken) }},
		{401, func() (*harness.Reply, error) { return harness.Guarded(client, house.API(), tokens.AccessToken) }},
	} {
		if got, err := ask.ask(); err != nil || got.Status != ask.want {
			t.Fatalf("%v, %v; want %d", got, err, ask.want)
		}
	}
	return tokens
}

// counts are what worked adds to the metrics, each time.
func counts(times float64) map[string]float64 {
	return map[string]float64{
		`gatehouse_sign_ins_total{outcome="success",provider="main"}`:                                      times,
		`gatehouse_sign_ins_total{outcome="wrong",provider="main"}`:                                        times,
		`gatehouse_token_requests_total{grant_type="authorization_code",outcome="issued",provider="main"}`: times,
		`gatehouse_token_requests_total{grant_type="client_credentials",outcome="issued",provider="main"}`: times,
		`gatehouse_token_requests_total{grant_type="refresh_token",outcome="refused",provider="main"}`:     times,
		`gatehouse_token_requests_total{grant_type="other",outcome="refused",provider="main"}`:             times,
		`gatehouse_introspections_total{outcome="active",provider="main"}`:                                 times,
		`gatehouse_introspections_total{outcome="inactive",provider="main"}`:                               times,
		`gatehouse_guard_decisions_total{outcome="allowed"}`:                                               2 * times,
		`gatehouse_guard_decisions_total{outcome="no_token"}`:                                              times,
		`gatehouse_guard_decisions_total{outcome="invalid_token"}`:                                         times,
		`gatehouse_audit_events_total{event="token_revoked",provider="main"}`:                              times,
		`gatehouse_audit_events_total{event="token_issued",provider="main"}`:                               2 * times,
		`gatehouse_ready{provider="main"}`:                                                                 1,
		`gatehouse_store_reachable{provider="main"}`:                                                       1,
		`gatehouse_listener_live{provider="main"}`:                                                         1,
		`gatehouse_backchannel_queue{provider="main"}`:                                                     0,
		`gatehouse_store_failures_total{operation="commit",provider="main"}`:                               0,
	}
}

// TestCountsSurviveAReload: the registry is a new one for each configuration, and after one that failed the admin
// endpoint shows that of the failed one. The counts are the same in all of them, and go on.
func TestCountsSurviveAReload(t *testing.T) {
	t.Parallel()
	c, house := started(t, nil)
	wantMetrics(t, c, counts(0))
	worked(t, c, house)
	wantMetrics(t, c, counts(1))
	all := metrics(t, c)
	for _, name := range []string{
		`gatehouse_cache_lookups_total{cache="tokens",provider="main",result="hit"}`,
		`gatehouse_store_operation_duration_seconds_count{operation="commit",provider="main"}`,
		`gatehouse_signing_key_age_seconds{alg="ES256",provider="main"}`,
	} {
		if all[name] <= 0 {
			t.Errorf("%s is %g", name, all[name])
		}
	}

	changed := house.With(func(h *harness.House) { h.Guard = "realm other" })
	if err := c.Load(t, changed.Options(), changed.Sites()); err != nil {
		t.Fatal(err)
	}
	harness.Reach(t, c.Client(t), house.Issuer()+"/jwks")
	wantMetrics(t, c, counts(1))
	worked(t, c, house)
	wantMetrics(t, c, counts(2))

	broken := house.With(func(h *harness.House) { h.Guard = "streams perhaps" })
	if err := c.Load(t, broken.Options(), broken.Sites()); err == nil {
		t.Fatal("it was loaded")
	}
	blocked := house.With(func(h *harness.House) { h.Store = "/dev/null/x.db" })
	if err := c.Load(t, blocked.Options(), blocked.Sites()); err == nil {
		t.Fatal("it was loaded")
	}
	worked(t, c, house)
	wantMetrics(t, c, counts(3))
}

// TestThreat051_NothingThatIsSentIsALabel: the series are those that were there at the start, whatever is sent.
func TestThreat051_NothingThatIsSentIsALabel(t *testing.T) {
	t.Parallel()
	c, house := started(t, nil)
	worked(t, c, house) // so that everything that comes with the first request is there
	before := metrics(t, c)
	client := c.Client(t)
	for _, name := range []string{"canary-of-a-name", "canary\" name", "\n"} {
		wrongPassword(t, c, house, name)
		stranger := house.Party(client, "canary-of-a-client")
		for _, path := range []string{"/token", "/introspect", "/revoke", "/device_authorization"} {
			_, err := stranger.Send(path, "grant_type", name, "token", name, "scope", name, "resource", name)
			if err != nil {
				t.Fatal(err)
			}
		}
		request, err := http.NewRequest(http.MethodGet, house.API()+"/"+url.PathEscape(name), nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer canary-of-a-token")
		if _, err := harness.Read(client.Do(request)); err != nil {
			t.Fatal(err)
		}
		_, err = harness.Read(client.Post(house.Issuer()+"/register", "application/json",
			strings.NewReader(`{"client_name":"canary-of-a-client","redirect_uris":["https://canary.example/cb"]}`)))
		if err != nil {
			t.Fatal(err)
		}
	}
	for series := range metrics(t, c) {
		if _, there := before[series]; !there {
			t.Errorf("a new series: %s", series)
		}
		if strings.Contains(series, "canary") {
			t.Errorf("%s", series)
		}
	}
}

// TestMetricsOfASite: the directive of Caddy shows them where the admin API is closed.
func TestMetricsOfASite(t *testing.T) {
	t.Parallel()
	port := harness.Port(t)
	house := harness.NewHouse(t, harness.Upstream(t, harness.SayUserID))
	c := harness.Start(t, house.Options(), house.Sites()+"\nhttp://127.0.0.1:"+strconv.Itoa(port)+" {\nmetrics\n}\n")
	harness.Reach(t, c.Client(t), house.Issuer()+"/jwks")
	reply, err := harness.Read(http.Get("http://127.0.0.1:" + strconv.Itoa(port)))
	if err != nil || !strings.Contains(reply.Body, `gatehouse_ready{provider="main"} 1`) ||
		!strings.Contains(reply.Body, `gatehouse_guard_decisions_total{outcome="allowed"} 0`) {
		t.Errorf("%v, %v", reply, err)
	}
}
