package web

import (
	"net/http"
	"net/http/httptest"
	"slices"
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
	SetSharedCookie(w, cookieName+"-state", "d.e", time.Hour)
	want := []string{
		cookieName + "=a.b; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax",
		"__Host-gatehouse-main-browser=c; Path=/; HttpOnly; Secure; SameSite=Lax",
		cookieName + "=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
		cookieName + "-state=d.e; Path=/; Max-Age=3600; Secure; SameSite=None",
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

// Threat 77: our cookies are not for upstreams.
func TestThreat077_CookiesOfOursAreDropped(t *testing.T) {
	ours := []string{"__Host-gatehouse-main-session", "__Host-gatehouse-main-browser"}
	for name, test := range map[string]struct{ sent, want []string }{
		"none":              {nil, nil},
		"others only":       {[]string{"a=1; b=2"}, []string{"a=1; b=2"}},
		"one of ours":       {[]string{"a=1; __Host-gatehouse-main-session=s; b=2"}, []string{"a=1; b=2"}},
		"ours first":        {[]string{"__Host-gatehouse-main-session=s; b=2"}, []string{"b=2"}},
		"ours alone":        {[]string{"__Host-gatehouse-main-session=s"}, nil},
		"both, two headers": {[]string{"__Host-gatehouse-main-session=s", "__Host-gatehouse-main-browser=b; c=3"}, []string{"c=3"}},
		"twice":             {[]string{"__Host-gatehouse-main-session=s; __Host-gatehouse-main-session=t"}, nil},
		"other case":        {[]string{"__host-GATEHOUSE-main-session=s"}, nil},
		"blanks":            {[]string{"a=1;  __Host-gatehouse-main-session =s;b=2"}, []string{"a=1;b=2"}},
		"nothing around it": {[]string{"a=1;__Host-gatehouse-main-session=s;b=2"}, []string{"a=1;b=2"}},
		"more equals signs": {[]string{"a=1; __Host-gatehouse-main-session=s=t==; b=x=y"}, []string{"a=1; b=x=y"}},
		"as a value":        {[]string{"a=__Host-gatehouse-main-session; b=2"}, []string{"a=__Host-gatehouse-main-session; b=2"}},
		"no value":          {[]string{"__Host-gatehouse-main-session; a=1"}, []string{"a=1"}},
		"no name":           {[]string{"a=1; =__Host-gatehouse-main-session=s"}, []string{"a=1"}},
		"longer name":       {[]string{"__Host-gatehouse-main-session2=s"}, []string{"__Host-gatehouse-main-session2=s"}},
		"other provider's":  {[]string{"__Host-gatehouse-staff-session=s"}, []string{"__Host-gatehouse-staff-session=s"}},
		"untouched bytes":   {[]string{`a="1";; b`}, []string{`a="1";; b`}},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{}
			for _, line := range test.sent {
				header.Add("Cookie", line)
			}
			DropCookies(header, ours)
			if diff := cmp.Diff(test.want, header["Cookie"]); diff != "" {
				t.Errorf("Cookie (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMust080_CookiesOfOursAreNotSetByOthers(t *testing.T) {
	ours := []string{"__Host-gatehouse-main-session", "__Host-gatehouse-main-site-*"}
	for line, kept := range map[string]bool{
		"a=1; Path=/":                                          true,
		"a=__Host-gatehouse-main-session=s":                    true,
		"__Host-gatehouse-main-session2=s":                     true,
		"__Host-gatehouse-main-sit=s":                          true,
		"__Host-gatehouse-main-session=s; Secure; Path=/":      false,
		"__host-gatehouse-MAIN-session=s; Secure; Path=/":      false,
		" \t__Host-gatehouse-main-session\t=s; Secure; Path=/": false,
		"__Host-gatehouse-main-session; Secure; Path=/":        false,
		"__Host-gatehouse-main-site-abc-visit=s":               false,
		"=__Host-gatehouse-main-session=s; Secure; Path=/":     false,
		" = __Host-gatehouse-main-site-abc=s":                  false,
	} {
		for _, beside := range [][]string{{line}, {"theirs=1", line}, {line, "theirs=1"}} {
			header := http.Header{"Set-Cookie": beside}
			DropSetCookies(header, ours)
			if got := slices.Contains(header["Set-Cookie"], line); got != kept || len(beside) == 2 && !slices.Contains(header["Set-Cookie"], "theirs=1") {
				t.Errorf("%q became %q", beside, header["Set-Cookie"])
			}
			if _, left := header["Set-Cookie"]; !kept && len(beside) == 1 && left {
				t.Errorf("%q left a header", beside)
			}
		}
	}
}
