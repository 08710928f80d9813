package guard

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// asked is a site that another proxy asks about its requests. The address takes whatever Host these have.
const asked = `%s {
	bind 127.0.0.1
	route {
		openid_guard main {
			audience @API@
			scopes shop
			require /orders/* orders:read
			public /health
		}
		header X-User-Id {http.auth.user.id}
		header X-Client-Id {http.auth.client.id}
		respond 204
	}
}`

// Another Caddy asks this one by forward_auth. What is judged is the path that it asks for, not what headers say of the
// request it asks about.
func TestAnotherProxyAsks(t *testing.T) {
	port := harness.Port(t)
	w := build(t, plan{sites: "@API@ {\nbind 127.0.0.1\ntls internal\nrespond \"beside it\"\n}\n" + fmt.Sprintf(asked, fmt.Sprintf("http://:%d", port))})
	front := fmt.Sprintf("http://localhost:%d", harness.Port(t))
	harness.Start(t, "", fmt.Sprintf(`%s {
		bind 127.0.0.1
		forward_auth 127.0.0.1:%d {
			uri /
			copy_headers X-User-Id X-Client-Id
		}
		reverse_proxy %s
	}`, front, port, w.up.address))
	harness.Reach(t, w.http, front)
	person := w.signedIn(w.Client(t), "scope", "openid shop")
	service := w.token("shop")
	w.api = front
	for _, path := range []string{"/x", "/orders/1", "/health", "/a/../b"} {
		before := w.up.hits()
		got := w.ask("POST", path, person, "X-User-Id", "evil", "X-Client-Id", "evil")
		at := w.up.last(t)
		if got.StatusCode != http.StatusOK || w.up.hits() != before+1 || at.Header.Get("X-Client-Id") != "app" || at.Header.Get("X-User-Id") == "" || at.Header.Get("X-User-Id") == "evil" {
			t.Errorf("%s: %s %v", path, got.Status, at.Header)
		}
	}
	if got := w.ask("GET", "/x", service, "X-User-Id", "evil"); got.StatusCode != http.StatusOK || w.up.last(t).Header.Get("X-User-Id") != "" {
		t.Errorf("a service: %s %v", got.Status, w.up.last(t).Header)
	}
	before := w.up.hits()
	for _, header := range [][]string{nil, {"X-Forwarded-Uri", "/health"}, {"X-Original-Uri", "/health"}, {"X-Forwarded-Method", "OPTIONS"}} {
		for _, path := range []string{"/x", "/health", wellKnown} {
			got := w.ask("GET", path, "", header...)
			if got.StatusCode != http.StatusUnauthorized || !strings.Contains(got.Header.Get("WWW-Authenticate"), `scope="shop"`) {
				t.Errorf("%s with %v: %s %v", path, header, got.Status, got.Header)
			}
		}
	}
	if got := w.ask("GET", "/x", "dead"); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("a dead token: %s", got.Status)
	}
	if w.up.hits() != before {
		t.Errorf("%d requests reached the upstream", w.up.hits()-before)
	}
}
