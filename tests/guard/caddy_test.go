package guard

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go/http3"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// dressed is a site in which other directives of Caddy use what the guard found out.
const dressed = `@API@ {
	bind 127.0.0.1
	tls internal
	openid_guard main {
		audience @API@
		scopes shop
		public /open/*
		require GET /socket/* vault
		header X-User-Id sub
	}
	request_header X-Caller "{http.auth.user.account}/{http.auth.client.id}"
	request_header X-May {http.auth.client.scope}
	request_header -X-Debug
	reverse_proxy @UPSTREAM@
	handle_errors 401 403 {
		header X-Dressed yes
		respond "refused: {err.message}" {err.status_code}
	}
}`

func TestOtherDirectivesKnowTheCaller(t *testing.T) {
	w := build(t, plan{sites: dressed})
	person := w.signedIn(w.Client(t), "scope", "openid shop")
	for _, test := range []struct{ path, token, caller, may string }{
		{"/x", person, harness.Person + "/app", "openid shop"},
		{"/x", w.token("shop"), "/app", "shop"},
		{"/open/x", "", "/", ""},
		{"/open/x", person, "/", ""}, // nobody is asked who they are there
	} {
		got := w.ask("GET", test.path, test.token, "X-Caller", "evil", "X-May", "everything", "X-Debug", "1")
		at := w.up.last(t).Header
		if got.StatusCode != http.StatusOK || at.Get("X-Caller") != test.caller || at.Get("X-May") != test.may || at.Get("X-Debug") != "" || len(at["X-Caller"]) != 1 {
			t.Errorf("%s: %s %v", test.path, got.Status, at)
		}
	}
	for token, want := range map[string]string{
		"": "401 refused: a bearer token is needed", "dead": "401 refused: invalid_token", w.token("vault"): "403 refused: insufficient_scope",
	} {
		before := w.up.hits()
		got := w.ask("GET", "/x", token)
		if said := fmt.Sprintf("%d %s", got.StatusCode, got.Text); said != want || got.Header.Get("X-Dressed") != "yes" ||
			!strings.Contains(got.Header.Get("WWW-Authenticate"), `resource_metadata="`+w.api+wellKnown+`"`) || w.up.hits() != before {
			t.Errorf("%q: %s, %v", token, said, got.Header)
		}
	}
}

func TestRequirementsHoldOverHTTP3(t *testing.T) {
	w := build(t, plan{sites: shop})
	transport := &http3.Transport{TLSClientConfig: &tls.Config{RootCAs: w.Roots(t)}}
	t.Cleanup(func() { _ = transport.Close() })
	w.http = &http.Client{Transport: transport, Timeout: 20 * time.Second}
	reader, writer := w.token("shop orders:read"), w.token("shop orders:read orders:write")
	for _, test := range []struct {
		method, token string
		status        int
	}{{"GET", reader, 200}, {"POST", reader, 403}, {"POST", writer, 200}, {"POST", "", 401}} {
		if got := w.ask(test.method, "/orders/1", test.token); got.StatusCode != test.status || got.ProtoMajor != 3 {
			t.Errorf("%s: %s %s", test.method, got.Proto, got.Status)
		}
	}
}

// A WebSocket begins as a GET and needs what a GET needs.
func TestRequirementsHoldForWebSockets(t *testing.T) {
	w := build(t, plan{sites: dressed})
	upgrade := func(token string) int {
		connection, err := tls.Dial("tcp", strings.TrimPrefix(w.api, "https://"), &tls.Config{RootCAs: w.Roots(t), ServerName: "localhost", NextProtos: []string{"http/1.1"}})
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		_ = connection.SetDeadline(time.Now().Add(20 * time.Second))
		request, err := http.NewRequest(http.MethodGet, w.api+"/socket/1", nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Authorization": "Bearer " + token, "Connection": "Upgrade", "Upgrade": "websocket",
			"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
		} {
			request.Header.Set(name, value)
		}
		if err := request.Write(connection); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(connection), request)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		return answer.StatusCode
	}
	before := w.up.hits()
	if status := upgrade(w.token("shop")); status != http.StatusForbidden || w.up.hits() != before {
		t.Errorf("without the scope: %d", status)
	}
	// The upstream of this test speaks no WebSocket; that it is asked for one is all that matters.
	if status := upgrade(w.token("shop vault")); w.up.hits() != before+1 || w.up.last(t).Header.Get("Upgrade") != "websocket" {
		t.Errorf("with the scope: %d, %v", status, w.up.last(t).Header)
	}
}

// Whichever upstream a request ends at, also after one that does not answer, the caller's name is with it.
func TestSeveralUpstreams(t *testing.T) {
	second := newUpstream(t)
	w := build(t, plan{sites: fmt.Sprintf(`@API@ {
		bind 127.0.0.1
		tls internal
		openid_guard main {
			audience @API@
			scopes shop
			header X-Client-Id client_id
		}
		reverse_proxy 127.0.0.1:%d @UPSTREAM@ %s {
			lb_policy round_robin
			lb_try_duration 10s
			lb_try_interval 10ms
		}
	}`, harness.Port(t), second.address)})
	token := w.token("shop")
	for range 30 {
		if got := w.ask("POST", "/x", token, "X-Client-Id", "evil"); got.StatusCode != http.StatusOK {
			t.Errorf("%s %s", got.Status, got.Text)
		}
		if got := w.ask("POST", "/x", "dead", "X-Client-Id", "evil"); got.StatusCode != http.StatusUnauthorized {
			t.Errorf("a dead token: %s", got.Status)
		}
	}
	if w.up.hits()+second.hits() != 30 || w.up.hits() == 0 || second.hits() == 0 {
		t.Errorf("%d and %d requests arrived", w.up.hits(), second.hits())
	}
	for _, up := range []*upstream{w.up, second} {
		for _, visit := range up.visits {
			if id := visit.Header["X-Client-Id"]; len(id) != 1 || id[0] != "app" {
				t.Errorf("arrived as %q", id)
			}
		}
	}
}
