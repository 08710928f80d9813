package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const cookieName = "__Host-gatehouse-main-session"

func TestThreat097_OfTwoCookiesNeitherCounts(t *testing.T) {
	for _, tt := range []struct {
		name   string
		lines  []string
		value  string
		wanted bool
	}{
		{"none", nil, "", false},
		{"one", []string{cookieName + "=a.b"}, "a.b", true},
		{"among others", []string{"x=1; " + cookieName + "=a.b; y=2"}, "a.b", true},
		{"in a second line", []string{"x=1", cookieName + "=a.b"}, "a.b", true},
		{"value with an equals sign", []string{cookieName + "=a=b"}, "a=b", true},
		{"twice in a line", []string{cookieName + "=a; " + cookieName + "=b"}, "", false},
		{"twice over two lines", []string{cookieName + "=a", cookieName + "=a"}, "", false},
		{"three times", []string{cookieName + "=a; " + cookieName + "=b; " + cookieName + "=c"}, "", false},
		{"another case", []string{strings.ToLower(cookieName) + "=a"}, "", false},
		{"longer name", []string{cookieName + "2=a"}, "", false},
		{"no value", []string{cookieName}, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header["Cookie"] = tt.lines
			value, ok := Cookie(r, cookieName)
			if value != tt.value || ok != tt.wanted {
				t.Errorf("cookie is %q, %v", value, ok)
			}
		})
	}
}

func TestThreat097_CookiesCarryEveryAttribute(t *testing.T) {
	w := httptest.NewRecorder()
	SetCookie(w, cookieName, "a.b", time.Hour)
	SetCookie(w, "__Host-gatehouse-main-browser", "c", 0)
	ClearCookie(w, cookieName)
	want := []string{
		cookieName + "=a.b; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax",
		"__Host-gatehouse-main-browser=c; Path=/; HttpOnly; Secure; SameSite=Lax",
		cookieName + "=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
	}
	if diff := cmp.Diff(want, w.Header().Values("Set-Cookie")); diff != "" {
		t.Error(diff)
	}
}

// Sixteen KiB of cookies cost one pass over them.
func TestThreat098_ManyCookiesAreReadInOnePass(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Cookie", strings.Repeat("a=b; ", 3200)+cookieName+"=v")
	var value string
	allocs := testing.AllocsPerRun(10, func() { value, _ = Cookie(r, cookieName) })
	if value != "v" || allocs > 2 {
		t.Errorf("value %q at %v allocations", value, allocs)
	}
}
