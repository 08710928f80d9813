package guard

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op"
)

// everything maps each source to a header of its name.
var everything = map[string]string{
	"X-Sub": "sub", "X-Client-Id": "client_id", "X-Scope": "scope", "X-Aud": "aud", "X-Acr": "acr", "X-Auth-Time": "auth_time",
	"X-Username": "username", "X-Account": "account", "X-Name": "name", "X-Groups": "groups", "X-Verified": "email_verified",
	"X-Absent": "nickname",
}

// headersOf is what the upstream gets of a token.
func headersOf(t *testing.T, headers map[string]string, token *op.Token) (int, http.Header) {
	t.Helper()
	provider := newFakeProvider()
	provider.give("token", token)
	r, _ := request("GET", "/orders", bearer("token"))
	var up upstream
	status, _ := serve(assembled(t, Guard{Headers: headers}, provider), r, &up)
	if up.last == nil {
		return status, nil
	}
	return status, up.last.Header
}

func TestIdentityHeadersOfAPerson(t *testing.T) {
	_, got := headersOf(t, everything, person("diana", "orders:read", "orders:write"))
	want := http.Header{
		"X-Sub": {"diana"}, "X-Client-Id": {"web"}, "X-Scope": {"orders:read orders:write"}, "X-Aud": {testAudience},
		"X-Acr": {"pwd"}, "X-Auth-Time": {"1700000000"}, "X-Username": {"The diana"}, "X-Account": {"diana-account"},
		"X-Name": {"Diana Krall"}, "X-Groups": {`["staff","admins"]`}, "X-Verified": {"true"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMust020_AClientIsNeverAUser(t *testing.T) {
	token := service("orders:read")
	token.Claims, token.Username, token.Account = map[string]any{"name": "evil"}, "evil", "evil"
	_, got := headersOf(t, everything, token)
	want := http.Header{"X-Client-Id": {"billing"}, "X-Scope": {"orders:read"}, "X-Aud": {testAudience}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r, replacer := request("GET", "/orders", bearer("service"))
	serve(ordersGuard(t, diana()), r, &upstream{})
	for _, name := range []string{"id", "sub", "client_id", "scope", "aud", "account", "username", "name"} {
		if value, ok := replacer.GetString("http.auth.user." + name); value != "" || !ok {
			t.Errorf("http.auth.user.%s is %v", name, value)
		}
	}
	if id, _ := replacer.GetString("http.auth.client.id"); id != "billing" {
		t.Errorf("http.auth.client.id is %q", id)
	}
}

func TestPlaceholdersOfAPerson(t *testing.T) {
	r, replacer := request("GET", "/orders", bearer("good"))
	serve(ordersGuard(t, diana()), r, &upstream{})
	for key, want := range map[string]string{
		"user.id": "diana", "user.sub": "diana", "user.account": "diana-account", "user.username": "The diana", "user.acr": "pwd",
		"user.auth_time": "1700000000", "user.name": "Diana Krall", "user.groups": `["staff","admins"]`, "user.email_verified": "true",
		"client.id": "web", "client.scope": "orders:read", "user.nickname": "", "user.": "", "other": "", "user.client_id": "", "user.scope": "",
	} {
		if got, _ := replacer.GetString("http.auth." + key); got != want {
			t.Errorf("{http.auth.%s} is %q, want %q", key, got, want)
		}
	}
}

func TestPlaceholdersStayEmptyWithoutAToken(t *testing.T) {
	for _, target := range []string{"/health", "/orders"} {
		r, replacer := request("GET", target, nil)
		serve(ordersGuard(t, diana()), r, &upstream{})
		for _, name := range []string{"user.id", "user.email", "client.id"} {
			// Known and empty: an unknown one would stay in a header by its name.
			if value, ok := replacer.Get("http.auth." + name); !ok || value != "" {
				t.Errorf("%s: %s is %v, known %t", target, name, value, ok)
			}
		}
		if value, ok := replacer.Get("http.auth.other"); ok {
			t.Errorf("%s: %v", target, value)
		}
		replacer.Set("http.auth.user.id", "of basic_auth")
		if value, _ := replacer.Get("http.auth.user.id"); value != "of basic_auth" {
			t.Errorf("%s: what another handler sets is hidden by %v", target, value)
		}
	}
	r, replacer := request("GET", "/health", nil)
	serve(assembled(t, Guard{Public: []string{"/health"}, ForwardToken: true}, diana()), r, &upstream{})
	if value, ok := replacer.Get("http.auth.user.id"); ok {
		t.Errorf("with forward_token, a guard further on may find out: %v", value)
	}
}

func TestThreat065_AbsentClaimsCannotBeSpoofed(t *testing.T) {
	provider := diana()
	g := assembled(t, Guard{Headers: everything, Public: []string{"/health"}, Preflight: true}, provider)
	for name, r := range map[string]*http.Request{
		"person":    mustRequest("GET", "/orders", bearer("good")),
		"client":    mustRequest("GET", "/orders", bearer("service")),
		"public":    mustRequest("GET", "/health", nil),
		"preflight": mustRequest("OPTIONS", "/orders", preflight()),
		"refused":   mustRequest("GET", "/orders", bearer("nobody")),
		"ambiguous": mustRequest("GET", "/a;b", bearer("good")),
	} {
		for _, proto := range []struct{ major, minor int }{{1, 0}, {1, 1}, {2, 0}, {3, 0}} {
			r.ProtoMajor, r.ProtoMinor = proto.major, proto.minor
			authorization := r.Header["Authorization"]
			for header := range everything {
				r.Header[header] = []string{"evil"}
			}
			_ = g.ServeHTTP(discard{}, r, &upstream{})
			for header, values := range r.Header {
				if values[0] == "evil" {
					t.Errorf("%s: %s is the caller's", name, header)
				}
			}
			r.Header["Authorization"] = authorization
		}
	}
}

func mustRequest(method, target string, header http.Header) *http.Request {
	r, _ := request(method, target, header)
	return r
}

func TestThreat078_PlaceholdersInClaimsAreText(t *testing.T) {
	t.Setenv("GUARD_SECRET", "leaked")
	file := t.TempDir() + "/secret"
	if err := os.WriteFile(file, []byte("leaked"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "{env.GUARD_SECRET} {file." + file + "} {http.request.host} {http.auth.user.id}"
	token := person("diana")
	token.Claims["name"] = text
	_, got := headersOf(t, map[string]string{"X-Name": "name"}, token)
	if got.Get("X-Name") != text {
		t.Errorf("header %q", got.Get("X-Name"))
	}
	provider := newFakeProvider()
	provider.give("token", token)
	r, replacer := request("GET", "/orders", bearer("token"))
	serve(assembled(t, Guard{}, provider), r, &upstream{})
	if got := replacer.ReplaceAll("<{http.auth.user.name}>", ""); got != "<"+text+">" {
		t.Errorf("placeholder %q", got)
	}
}

func TestMust072_ValuesThatDoNotFitRefuse(t *testing.T) {
	for name, value := range map[string]any{
		"long": strings.Repeat("a", maxHeaderValue+1), "long when encoded": strings.Repeat("é", maxHeaderValue/6+1),
		"long list": []any{strings.Repeat("a", maxHeaderValue)}, "no JSON": make(chan int),
	} {
		token := person("diana")
		token.Claims["name"] = value
		if status, got := headersOf(t, map[string]string{"X-Name": "name"}, token); status != http.StatusForbidden || got != nil {
			t.Errorf("%s: status %d", name, status)
		}
	}
	token := person("diana")
	token.Claims["name"] = strings.Repeat("a", maxHeaderValue)
	if status, _ := headersOf(t, map[string]string{"X-Name": "name"}, token); status != http.StatusNoContent {
		t.Errorf("4 KiB: status %d", status)
	}
}

func TestThreat057_OneRequestCannotChangeAnothers(t *testing.T) {
	g := ordersGuard(t, diana())
	spoil := caddyhttp.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
		r.Header["X-User-Id"][0] = "changed in place"
		r.Header.Add("X-User-Id", "added")
		return nil
	})
	for range 3 {
		r, _ := request("GET", "/orders", bearer("good"))
		serve(g, r, spoil)
		r, _ = request("GET", "/orders", bearer("good"))
		var up upstream
		serve(g, r, &up)
		if diff := cmp.Diff([]string{"diana"}, up.last.Header["X-User-Id"]); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestThreat057_AThousandUsersAtOnce(t *testing.T) {
	const users = 1000
	provider := newFakeProvider()
	for i := range users {
		provider.give(fmt.Sprintf("token-%d", i), person(fmt.Sprintf("user-%d", i), "orders:read"))
	}
	g := assembled(t, Guard{Scopes: []string{"orders:read"}, Headers: everything}, provider)
	var everybody sync.WaitGroup
	for i := range users {
		everybody.Go(func() {
			want := fmt.Sprintf("user-%d", i)
			next := caddyhttp.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
				replacer := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
				id, _ := replacer.GetString("http.auth.user.id")
				if got := r.Header.Get("X-Sub"); got != want || id != want || r.Header.Get("X-Account") != want+"-account" {
					t.Errorf("%s got header %q, placeholder %q", want, got, id)
				}
				r.Header["X-Sub"][0] = "spoiled"
				return nil
			})
			for range 5 {
				r, _ := request("GET", "/orders", bearer(fmt.Sprintf("token-%d", i)))
				if err := g.ServeHTTP(discard{}, r, next); err != nil {
					t.Error(err)
				}
			}
		})
	}
	everybody.Wait()
}
