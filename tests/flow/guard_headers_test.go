package flow

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/quic-go/quic-go/http3"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// identity are the headers that only the guard may say, of the guarded site.
var identity = []string{"X-User-Id", "X-Client-Id", "X-Scope", "X-Email"}

// person is a token of diana's for the guarded site.
func (h *house) person(t testing.TB) string {
	t.Helper()
	return h.issue(t, "web", "scope", "openid email api:read").Access
}

// ofDiana wants the identity that arrived to be hers, once and under no other spelling.
func ofDiana(t testing.TB, what string, got http.Header) {
	t.Helper()
	want := map[string]string{"x-user-id": "dikr0001", "x-client-id": "web", "x-scope": "openid email api:read", "x-email": "diana@example.org"}
	for name, values := range got {
		folded := strings.Map(func(r rune) rune {
			if strings.ContainsRune("_.!~", r) {
				return '-'
			}
			return r
		}, strings.ToLower(name))
		value, ours := want[folded]
		if !ours {
			continue
		}
		if strings.ToLower(name) != folded || len(values) != 1 || values[0] != value {
			t.Errorf("%s: %s arrived as %q", what, name, values)
		}
		delete(want, folded)
	}
	if len(want) > 0 {
		t.Errorf("%s: %v did not arrive: %v", what, want, got)
	}
}

// nobody wants no identity at all to have arrived.
func nobody(t testing.TB, what string, got http.Header) {
	t.Helper()
	for name, values := range got {
		folded := strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name))
		if slices.ContainsFunc(identity, func(ours string) bool { return strings.ToLower(ours) == folded }) {
			t.Errorf("%s: %s arrived as %q", what, name, values)
		}
		if slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, "evil") }) {
			t.Errorf("%s: %s arrived as %q", what, name, values)
		}
	}
}

func TestThreat066_NoSpellingOfAnIdentityHeaderArrives(t *testing.T) {
	h := shared(t)
	token := h.person(t)
	for _, name := range identity {
		for _, spelling := range []string{
			name, strings.ToLower(name), strings.ToUpper(name), strings.ReplaceAll(name, "-", "_"), strings.ReplaceAll(name, "-", "."),
			strings.ToLower(strings.Replace(name, "-", "_", 1)), strings.Replace(name, "-", "!", 1), strings.ReplaceAll(name, "-", "~"),
		} {
			for _, values := range [][]string{{"evil"}, {"evil", "evil too"}, {""}} {
				h1 := raw{"Host: " + h.host(h.api), "Authorization: Bearer " + token}
				for _, value := range values {
					h1 = append(h1, spelling+": "+value)
				}
				if got := h.raw(t, "GET /orders HTTP/1.1", h1, ""); got.status != 200 {
					t.Fatalf("%s: %d", spelling, got.status)
				}
				ofDiana(t, fmt.Sprintf("%s: %q", spelling, values), h.up.last(t).Header)

				public := append(raw{h1[0]}, h1[2:]...)
				if got := h.raw(t, "GET /health HTTP/1.1", public, ""); got.status != 200 {
					t.Fatalf("%s: %d", spelling, got.status)
				}
				nobody(t, "public, "+spelling, h.up.last(t).Header)
			}
		}
	}
}

func TestThreat067_ConnectionCannotTakeAnIdentityAway(t *testing.T) {
	h := shared(t)
	token := h.person(t)
	for _, connection := range []string{
		"X-User-Id", "x-user-id", "X-USER-ID", "close, X-User-Id", "keep-alive,x-user-id , x-scope", "X-User-Id, upgrade", ",,X-User-Id,,",
		"Authorization", "close\r\nConnection: X-User-Id", "X-User-Id\r\nKeep-Alive: timeout=5", "X_User_Id", "\tX-User-Id\t",
	} {
		got := h.raw(t, "GET /orders HTTP/1.1", raw{"Host: " + h.host(h.api), "Authorization: Bearer " + token, "Connection: " + connection}, "")
		if got.status != 200 {
			t.Errorf("Connection %q: %d", connection, got.status)
			continue
		}
		ofDiana(t, "Connection "+connection, h.up.last(t).Header)
	}
	upgrade := raw{
		"Host: " + h.host(h.api), "Authorization: Bearer " + token, "Connection: Upgrade, X-User-Id", "Upgrade: websocket",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	}
	if got := h.raw(t, "GET /socket HTTP/1.1", upgrade, ""); got.status == 0 {
		t.Error("an upgrade was not answered")
	}
	ofDiana(t, "an upgrade", h.up.last(t).Header)
	h.up.untouched(t, "an upgrade without a token", func() {
		if got := h.raw(t, "GET /socket HTTP/1.1", slices.Delete(upgrade, 1, 2), ""); got.status != 401 {
			t.Errorf("an upgrade without a token: %d", got.status)
		}
	})
}

func TestThreat068_TrailersCarryNoIdentity(t *testing.T) {
	h := shared(t)
	token := h.person(t)
	for _, announced := range []string{"X-User-Id", "X-User-Id, X-Harmless", "x_user_id, X-Harmless", "X-Harmless"} {
		got := h.raw(t, "POST /orders HTTP/1.1", raw{
			"Host: " + h.host(h.api), "Authorization: Bearer " + token, "Transfer-Encoding: chunked", "Trailer: " + announced,
		}, "4\r\nbody\r\n0\r\nX-User-Id: evil\r\nx_user_id: evil\r\nX-Harmless: yes\r\n\r\n")
		if got.status != 200 {
			t.Fatalf("Trailer %q: %d", announced, got.status)
		}
		at := h.up.last(t)
		ofDiana(t, "Trailer "+announced, at.Header)
		nobody(t, "Trailer "+announced, at.Trailer)
		if at.Body != "body" {
			t.Errorf("Trailer %q: the body arrived as %q", announced, at.Body)
		}
		if strings.Contains(announced, "X-Harmless") && at.Trailer.Get("X-Harmless") != "yes" {
			t.Errorf("Trailer %q: a harmless trailer is lost: %v", announced, at.Trailer)
		}
	}
}

// The header arrives whole, or not at all, on every way into Caddy.
func TestThreat065_IdentityOnEveryWayIn(t *testing.T) {
	h := shared(t)
	token := h.person(t)
	spoofed := func(path string) *http.Request {
		request, err := http.NewRequest(http.MethodGet, h.api+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range identity {
			request.Header[strings.ReplaceAll(name, "-", "_")] = []string{"evil"}
			request.Header[name] = []string{"evil"}
		}
		return request
	}
	third := &http3.Transport{TLSClientConfig: &tls.Config{RootCAs: h.Roots(t)}}
	defer third.Close()
	for way, client := range map[string]*http.Client{"HTTP/2.0": h.back, "HTTP/3.0": {Transport: third}} {
		t.Run(way, func(t *testing.T) {
			h.up.untouched(t, "refused", func() {
				if got := harness.Do(t, client, spoofed("/orders")); got.StatusCode != http.StatusUnauthorized || got.Proto != way {
					t.Errorf("%s %s", got.Proto, got.Status)
				}
			})
			public := spoofed("/health")
			harness.Do(t, client, public)
			nobody(t, "public", h.up.last(t).Header)
			request := spoofed("/orders")
			request.Header.Set("Authorization", "Bearer "+token)
			if got := harness.Do(t, client, request); got.StatusCode != http.StatusOK {
				t.Fatal(got.Status)
			}
			ofDiana(t, "with a token", h.up.last(t).Header)
		})
	}
	old := h.raw(t, "GET /orders HTTP/1.0", raw{"Host: " + h.host(h.api), "Authorization: Bearer " + token, "X-User-Id: evil", "Connection: keep-alive, X-User-Id"}, "")
	if old.status != 200 {
		t.Fatalf("HTTP/1.0: %d", old.status)
	}
	ofDiana(t, "HTTP/1.0", h.up.last(t).Header)
}

func TestMust079_CredentialsStayWithTheGuard(t *testing.T) {
	h := shared(t)
	token := h.person(t)
	h.call(t, "/orders", token, "DPoP", "a proof", "Cookie", "theirs=1; __Host-gatehouse-main-session=abc; other=2")
	at := h.up.last(t)
	if at.Header.Get("Authorization") != "" || at.Header.Get("DPoP") != "" || at.Header.Get("Cookie") != "theirs=1; other=2" {
		t.Errorf("the upstream got %v", at.Header)
	}
	h.call(t, "/health", "", "Cookie", "__Host-gatehouse-main-session=abc")
	if at := h.up.last(t); at.Header.Values("Cookie") != nil {
		t.Errorf("the upstream of a public path got %v", at.Header)
	}
	got := h.call(t, "/orders", token)
	if got.Header.Get("Cache-Control") != "private" || !strings.Contains(got.Header.Get("Vary"), "Authorization") {
		t.Errorf("the answer may be shared: %v", got.Header) // MUST 80
	}
}
