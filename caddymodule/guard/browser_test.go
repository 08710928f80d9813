package guard

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/seed-5b16f944/gatehouse/op"
)

const testSite = "https://wiki.example.com"

// visitor is who is signed in at the site.
func visitor(name string) *op.Token {
	t := person(name)
	t.Kind, t.TokenType, t.ClientID, t.Scopes, t.Audience = op.KindSession, "", "", nil, []string{testSite}
	return t
}

// wiki is a guard that takes browsers, and knows diana by the cookie "good".
func wiki(t testing.TB, g Guard) (*Guard, *fakeProvider) {
	t.Helper()
	provider := newFakeProvider()
	provider.sessions["good"] = visitor("diana")
	g.Audience, g.Browser = testSite, true
	return assembled(t, g, provider), provider
}

// navigation is what a browser sends that goes to a page, with a cookie or "".
func navigation(cookie string) http.Header {
	h := http.Header{"Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}, "Sec-Fetch-Site": {"none"}, "Accept": {"text/html"}}
	if cookie != "" {
		h["Cookie"] = []string{"theirs=1; " + testSiteCookie + "=" + cookie}
	}
	return h
}

func TestASessionPassesAsItsPerson(t *testing.T) {
	g, provider := wiki(t, Guard{
		Scopes: []string{"wiki:read"}, Headers: map[string]string{"X-User": "account", "X-Client": "client_id", "X-Scope": "scope", "X-Aud": "aud"},
	})
	up := &upstream{}
	r, replacer := request("GET", testSite+"/page", navigation("good"))
	if status, _ := serve(g, r, up); status != http.StatusNoContent || provider.visits.Load() != 1 {
		t.Fatalf("%d, %d visits", status, provider.visits.Load())
	}
	if got := up.last.Header; got.Get("X-User") != "diana-account" || got["X-Client"] != nil || got["X-Scope"] != nil ||
		got.Get("X-Aud") != testSite || got.Get("Cookie") != "theirs=1" {
		t.Errorf("%v", got)
	}
	for placeholder, want := range map[string]string{
		"{http.auth.user.id}": "diana", "{http.auth.user.groups}": `["staff","admins"]`, "{http.auth.client.id}": "", "{http.auth.client.scope}": "",
	} {
		if got, known := replacer.GetString(strings.Trim(placeholder, "{}")); got != want || !known {
			t.Errorf("%s is %q", placeholder, got)
		}
	}
}

// Whatever goes wrong, nothing reaches the upstream and nobody is sent in circles.
func TestThreat062_EveryFaultDenies(t *testing.T) {
	other := visitor("diana")
	other.Audience = []string{"https://other.example.com"}
	service := service()
	service.Kind, service.Audience = op.KindSession, []string{testSite}
	access := person("diana")
	access.Audience = []string{testSite}
	for name, look := range map[string]func() (*op.Token, error){
		"no answer":           func() (*op.Token, error) { return nil, unavailable },
		"no, and no answer":   func() (*op.Token, error) { return nil, errors.Join(op.ErrInactive, unavailable) },
		"an unknown error":    func() (*op.Token, error) { return nil, errors.New("what") },
		"nothing at all":      func() (*op.Token, error) { return nil, nil },
		"another site's":      func() (*op.Token, error) { return other, nil },
		"a service":           func() (*op.Token, error) { return service, nil },
		"an access token":     func() (*op.Token, error) { return access, nil },
		"an empty token":      func() (*op.Token, error) { return &op.Token{}, nil },
		"a panic":             func() (*op.Token, error) { panic("secret") },
		"a runtime error":     func() (*op.Token, error) { var t *op.Token; _ = t.Kind; return nil, nil },
		"a person without id": func() (*op.Token, error) { return visitor(""), nil },
	} {
		g, provider := wiki(t, Guard{})
		provider.look = func(context.Context, string) (*op.Token, error) { return look() }
		up := &upstream{}
		r, _ := request("GET", testSite+"/page", navigation("good"))
		status, header := serve(g, r, up)
		want := http.StatusServiceUnavailable
		if name == "a person without id" {
			want = http.StatusForbidden
		}
		if status != want || header.Get("Location") != "" || up.hits.Load() != 0 {
			t.Errorf("%s: %d to %q, %d hits", name, status, header.Get("Location"), up.hits.Load())
		}
	}
	g, provider := wiki(t, Guard{})
	provider.begin = unavailable
	r, _ := request("GET", testSite+"/page", navigation(""))
	if status, header := serve(g, r, &upstream{}); status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
		t.Errorf("a sign-in that cannot begin: %d %v", status, header)
	}
	provider.enter = func(http.ResponseWriter, string) (string, error) { return "", errors.Join(op.ErrInactive, unavailable) }
	r, _ = request("GET", testSite+enterPath+"?code=c", navigation(""))
	if status, _ := serve(g, r, &upstream{}); status != http.StatusServiceUnavailable {
		t.Errorf("a code that nobody can look up: %d", status)
	}
}

func TestPeopleComeBackToWhereTheyWere(t *testing.T) {
	g, provider := wiki(t, Guard{ACRValues: []string{"pwd"}, Require: []Requirement{{Path: "/admin/*", MaxAge: caddy.Duration(time.Minute)}}})
	for target, want := range map[string]op.SiteWish{
		"/page?q=a%20b&x":     {Path: "/page?q=a%20b&x", ACR: []string{"pwd"}},
		"/admin/users":        {Path: "/admin/users", ACR: []string{"pwd"}, MaxAge: time.Minute},
		loginPath:             {ACR: []string{"pwd"}},
		loginPath + "?x=/evi": {ACR: []string{"pwd"}},
		loginPath + "?prompt=login": {
			Login: true, ACR: []string{"pwd"},
		},
	} {
		r, _ := request("GET", testSite+target, navigation(""))
		status, header := serve(g, r, &upstream{})
		if status != http.StatusSeeOther || header.Get("Location") != testIssuer+"/site?visit=sealed" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", target, status, header)
		}
		provider.mu.Lock()
		if got := provider.wishes[len(provider.wishes)-1]; got.Path != want.Path || got.MaxAge != want.MaxAge || got.Login != want.Login || strings.Join(got.ACR, " ") != strings.Join(want.ACR, " ") {
			t.Errorf("%s: %+v", target, got)
		}
		provider.mu.Unlock()
	}
	// What was rewritten on the way here is come back to as it was asked for.
	r, _ := request("GET", testSite+"/index.php", navigation(""))
	first := *httptest.NewRequest("GET", testSite+"/pretty/path?x=1", nil)
	r = r.WithContext(context.WithValue(r.Context(), caddyhttp.OriginalRequestCtxKey, first))
	if serve(g, r, &upstream{}); provider.wishes[len(provider.wishes)-1].Path != "/pretty/path?x=1" {
		t.Errorf("%+v", provider.wishes[len(provider.wishes)-1])
	}
}

func TestStepUpIsAskedOfWhoIsSignedIn(t *testing.T) {
	g, provider := wiki(t, Guard{Require: []Requirement{{Path: "/admin/*", MaxAge: caddy.Duration(time.Minute)}, {Path: "/pass/*", ACRValues: []string{op.ACRValues()[1]}}}})
	clock := time.Unix(1700000000, 0)
	g.now = func() time.Time { return clock }
	up := &upstream{}
	ask := func(method, path string, header http.Header) int {
		t.Helper()
		r, _ := request(method, testSite+path, header)
		status, _ := serve(g, r, up)
		return status
	}
	if status := ask("GET", "/admin/x", navigation("good")); status != 204 {
		t.Errorf("just signed in: %d", status)
	}
	if status := ask("GET", "/pass/x", navigation("good")); status != 204 {
		t.Errorf("an acr under its other name: %d", status)
	}
	clock = clock.Add(time.Minute + time.Second)
	if status := ask("GET", "/admin/x", navigation("good")); status != 303 || len(provider.wishes) != 1 {
		t.Errorf("too long ago: %d", status)
	}
	script := navigation("good")
	script["Sec-Fetch-Mode"], script["Sec-Fetch-Dest"] = []string{"cors"}, []string{"empty"}
	if status := ask("GET", "/admin/x", script); status != 401 {
		t.Errorf("a script: %d", status)
	}
	form := navigation("good")
	form["Origin"] = []string{testSite}
	if status := ask("POST", "/admin/x", form); status != 401 || up.hits.Load() != 2 {
		t.Errorf("a form: %d, %d hits", status, up.hits.Load())
	}
	if status := ask("GET", "/", navigation("good")); status != 204 {
		t.Errorf("elsewhere: %d", status)
	}
}

func TestAnotherNameOfTheSiteLeadsToIt(t *testing.T) {
	g, _ := wiki(t, Guard{})
	up := &upstream{}
	for host, want := range map[string]int{
		"wiki.example.com": 204, "WIKI.example.com": 204, "wiki.example.com.": 204, "wiki.example.com:443": 204,
		"www.example.com": 303, "wiki.example.com:8443": 303, "evil.example": 303,
	} {
		r, _ := request("GET", "https://"+host+"/page?x=1", navigation("good"))
		r.Host = host
		status, header := serve(g, r, up)
		if status != want || want == 303 && header.Get("Location") != testSite+"/page?x=1" {
			t.Errorf("%s: %d to %q", host, status, header.Get("Location"))
		}
		r, _ = request("POST", "https://"+host+enterPath, http.Header{"Cookie": {testSiteCookie + "=good"}, "Origin": {testSite}})
		r.Host = host
		if status, _ := serve(g, r, up); status == 204 {
			t.Errorf("%s: a path of ours reached the upstream", host)
		}
	}
}

func TestOurPathsAreBelowTheSite(t *testing.T) {
	provider := newFakeProvider()
	provider.enter = func(_ http.ResponseWriter, code string) (string, error) { return testSite + "/app/" + code, nil }
	g := assembled(t, Guard{Audience: testSite + "/app", Browser: true}, provider)
	for target, ours := range map[string]bool{
		"/app" + enterPath + "?code=c": true, "/app" + loginPath: true, "/app" + logoutPath: true,
		enterPath: false, "/application" + enterPath: false, "/app" + enterPath + "/": false, "/app" + strings.ToUpper(enterPath): false,
		"/app/x" + enterPath: false, "/app": false, "/app/.gatehouse/": false, "/app/%2Egatehouse/enter": false, "/app/.gatehouse%2Fenter": false,
	} {
		r, _ := request("GET", testSite+target, navigation(""))
		if got := g.ownPath(r) != nil; got != ours {
			t.Errorf("%s: ours is %t", target, got)
		}
	}
	for path, allow := range map[string]string{enterPath: "GET", loginPath: "GET", logoutPath: "GET, POST"} {
		for _, method := range []string{"HEAD", "PUT", "TRACE", "get"} {
			r, _ := request(method, testSite+"/app"+path, navigation(""))
			if status, header := serve(g, r, &upstream{}); status != 405 || header.Get("Allow") != allow {
				t.Errorf("TestThreat088: %s %s: %d %v", method, path, status, header)
			}
		}
	}
	r, _ := request("POST", testSite+"/app"+logoutPath, nil)
	if status, header := serve(g, r, &upstream{}); status != 303 || header.Get("Location") != testIssuer+"/end_session" {
		t.Errorf("%d %v", status, header)
	}
	r, _ = request("GET", testSite+"/app"+enterPath+"?code=c", navigation(""))
	if status, header := serve(g, r, &upstream{}); status != 303 || header.Get("Location") != testSite+"/app/c" {
		t.Errorf("%d %v", status, header)
	}
}

func TestStreamsOfASessionEndWithIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		g, provider := wiki(t, Guard{})
		r, _ := request("GET", testSite+"/events", navigation("good"))
		end := flow(g, r, waiting)
		time.Sleep(time.Minute)
		if n := provider.visits.Load(); n != 1 {
			t.Errorf("watching counts as %d visits", n-1)
		}
		provider.mu.Lock()
		delete(provider.sessions, "good")
		provider.mu.Unlock()
		wantCut(t, <-end, time.Minute, time.Minute+time.Second)
	})
}

func TestADecisionOnASessionAllocatesNothing(t *testing.T) {
	g, _ := wiki(t, Guard{Allow: []Allow{{Claim: "groups", Values: []string{"admins"}}}, Headers: map[string]string{"X-User": "sub"}})
	token := visitor("diana")
	g.provider.(*fakeProvider).look = func(context.Context, string) (*op.Token, error) { return token, nil }
	r, _ := request("GET", testSite+"/page", navigation("good"))
	for range 100 {
		g.decide(r)
	}
	if n := testing.AllocsPerRun(1000, func() {
		if g.decide(r).verdict != allowedWithToken {
			t.Fatal("denied")
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestMust080_AnUpstreamSetsNoneOfOurCookies(t *testing.T) {
	g, _ := wiki(t, Guard{})
	r, _ := request("GET", testSite+"/page", navigation("good"))
	_, header := serve(g, r, caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
		w.Header()["Set-Cookie"] = []string{"theirs=1; Path=/", testCookie + "=evil; Secure; Path=/", "other=2"}
		w.Header()["Vary"] = []string{"Accept"}
		w.WriteHeader(http.StatusOK)
		return nil
	}))
	if got := strings.Join(header["Set-Cookie"], "|"); got != "theirs=1; Path=/|other=2" {
		t.Errorf("%s", got)
	}
	if got := strings.Join(header["Vary"], ", "); got != "Accept, Authorization, Cookie" || header.Get("Cache-Control") != "private" {
		t.Errorf("%v", header)
	}
}

func TestWhereTheSiteIsIsChecked(t *testing.T) {
	for want, g := range map[string]Guard{
		"browser: the audience is not the https URL of a site; name the URL": {Audience: "urn:example:wiki", Browser: true},
		"browser: the audience must have no user, query":                     {Audience: "https://wiki.example.com?x", Browser: true},
		"browser: is not the https URL":                                      {Audience: testSite, Browser: true, Site: "http://wiki.example.com"},
		"dpop: a guard that takes browsers":                                  {Audience: testSite, Browser: true, DPoP: bindingRequire},
		"mtls: a guard that takes browsers":                                  {Audience: testSite, Browser: true, MTLS: bindingRequire},
		"browser: a site is of a guard":                                      {Audience: testSite, Site: testSite},
		"{env.NO_SUCH_SITE}":                                                 {Audience: testSite, Browser: true, Site: "{env.NO_SUCH_SITE}"},
	} {
		_, faults := g.check()
		if err := errors.Join(faults...); err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(strings.Trim(want, "{}"), "env.")) {
			t.Errorf("%+v: %v, want %s", g, err, want)
		}
	}
	provider := newFakeProvider()
	g := assembled(t, Guard{Audience: "urn:example:wiki", Browser: true, Site: testSite + "/"}, provider)
	if provider.sites[0] != (op.Site{Audience: "urn:example:wiki", URL: testSite}) || g.browser.home() != testSite+"/" {
		t.Errorf("%+v", provider.sites)
	}
	provider.siteErr = errors.New("taken")
	if err := g.takeBrowsers("urn:example:wiki", provider); err == nil {
		t.Error("a site that is not taken")
	}
}

func TestPagesAreWrittenWhereNobodyDressesThem(t *testing.T) {
	g, provider := wiki(t, Guard{Allow: []Allow{{Users: []string{"babs"}}}})
	token := visitor("diana")
	token.Username = `<script>alert(1)</script>`
	provider.sessions["good"] = token
	page := func(server *caddyhttp.Server, header http.Header) (*httptest.ResponseRecorder, error) {
		r, _ := request("GET", testSite+"/page", header)
		w := httptest.NewRecorder()
		return w, g.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), caddyhttp.ServerCtxKey, server)), &upstream{})
	}
	w, err := page(&caddyhttp.Server{}, navigation("good"))
	if err != nil || w.Code != 403 || !strings.Contains(w.Body.String(), "You have no access") || strings.Contains(w.Body.String(), "<script") ||
		!strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "default-src 'none'; style-src 'sha256-") || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%v %d %v\n%s", err, w.Code, w.Header(), w.Body)
	}
	dressed := &caddyhttp.Server{Errors: &caddyhttp.HTTPErrorConfig{Routes: caddyhttp.RouteList{{}}}}
	w, err = page(dressed, navigation("good"))
	if fault, ok := errors.AsType[caddyhttp.HandlerError](err); !ok || fault.StatusCode != 403 || w.Body.Len() != 0 {
		t.Errorf("%v\n%s", err, w.Body)
	}
	script := navigation("good")
	script["Sec-Fetch-Mode"], script["Sec-Fetch-Dest"] = []string{"cors"}, []string{"empty"}
	if w, err = page(&caddyhttp.Server{}, script); err == nil || w.Body.Len() != 0 {
		t.Errorf("a script: %v\n%s", err, w.Body)
	}
}

// An Authorization header is an answer to nobody but its sender, and a cookie beside it counts for nothing.
func TestATokenIsJudgedAsAToken(t *testing.T) {
	g, provider := wiki(t, Guard{})
	provider.give("good", func() *op.Token { t := person("api"); t.Audience = []string{testSite}; return t }())
	for authorization, want := range map[string]int{"Bearer good": 204, "Bearer bad": 401, "Basic eDp5": 401, "Bearer": 400} {
		header := navigation("good")
		header["Authorization"] = []string{authorization}
		r, _ := request("POST", testSite+"/page", header)
		if status, answer := serve(g, r, &upstream{}); status != want || answer.Get("Location") != "" {
			t.Errorf("%s: %d %v", authorization, status, answer)
		}
	}
	u, err := url.Parse(testSite)
	if err != nil || provider.visits.Load() != 0 {
		t.Errorf("%s: the session was asked for %d times", u, provider.visits.Load())
	}
}
