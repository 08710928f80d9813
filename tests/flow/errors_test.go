package flow

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// bad is one bad request and what it must be answered.
type bad struct {
	name, method, path, body string
	header                   []string
	status                   int
	code                     string // of a JSON error; "page" is the error page, "" no body at all
	challenge                string // how WWW-Authenticate begins
	quiet                    bool   // documents that are the same for everybody log nothing
}

const (
	formType = "application/x-www-form-urlencoded"
	big      = 65 << 10
)

func (h *house) send(t testing.TB, b bad) harness.Answer {
	t.Helper()
	request, err := http.NewRequest(b.method, h.issuer+b.path, strings.NewReader(b.body))
	if err != nil {
		t.Fatal(err)
	}
	if b.method == http.MethodPost {
		request.Header.Set("Content-Type", formType)
	}
	for i := 0; i+1 < len(b.header); i += 2 {
		request.Header.Del(b.header[i])
	}
	for i := 0; i+1 < len(b.header); i += 2 {
		request.Header.Add(b.header[i], b.header[i+1])
	}
	return harness.Do(t, h.back, request)
}

// refusals counts the lines in the log that tell of a request that was refused or failed.
func (h *house) refusals(t testing.TB) int {
	t.Helper()
	log := h.Log(t)
	return strings.Count(log, `"msg":"request refused"`) + strings.Count(log, `"msg":"request failed"`)
}

// judge sends a bad request and holds the answer, and the log, against what it must be.
func (h *house) judge(t *testing.T, b bad) {
	t.Helper()
	before := h.refusals(t)
	got := h.send(t, b)
	if got.StatusCode != b.status || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: %s %v %s", b.name, got.Status, got.Header, got.Text)
	}
	contentType := got.Header.Get("Content-Type")
	switch b.code {
	case "":
		if got.Text != "" {
			t.Errorf("%s: %s", b.name, got.Text)
		}
	case "page":
		if !strings.HasPrefix(contentType, "text/html") || got.Header.Get("Location") != "" || got.Header.Get("Referrer-Policy") != "no-referrer" ||
			got.Header.Get("X-Frame-Options") != "DENY" || !strings.Contains(got.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") ||
			strings.Contains(got.Text, "evil") || strings.Contains(got.Text, "<script") {
			t.Errorf("%s: %v\n%s", b.name, got.Header, got.Text)
		}
	default:
		if contentType != "application/json" || !strings.Contains(got.Text, `{"error":"`+b.code+`"`) || strings.Contains(got.Text, "evil") {
			t.Errorf("%s: %v %s", b.name, got.Header, got.Text)
		}
	}
	if challenge := got.Header.Get("WWW-Authenticate"); !strings.HasPrefix(challenge, b.challenge) || b.challenge == "" && challenge != "" {
		t.Errorf("%s: challenge %q", b.name, challenge)
	}
	if lines := h.refusals(t) - before; lines != 1 && !b.quiet {
		t.Errorf("%s: %d lines in the log", b.name, lines)
	}
}

func encode(more ...string) string { return pairs(url.Values{}, more).Encode() }

// clientAuthentication are the faults that token, introspection and revocation have in common.
func clientAuthentication(path, rest string) []bad {
	web := []string{"Authorization", basic("web", secrets["web"])}
	post := func(name, body string, status int, code, challenge string, header ...string) bad {
		return bad{name: path + ": " + name, method: http.MethodPost, path: path, body: body, header: header, status: status, code: code, challenge: challenge}
	}
	return []bad{
		post("nobody", rest, 401, "invalid_client", ""),
		post("an unknown client", rest+"&client_id=evil&client_secret=x", 401, "invalid_client", ""),
		post("an unknown client by Basic", rest, 401, "invalid_client", "Basic ", "Authorization", basic("evil", "x")),
		post("a wrong secret", rest+"&client_id=web&client_secret=evil", 401, "invalid_client", ""),
		post("a wrong secret by Basic", rest, 401, "invalid_client", "Basic ", "Authorization", basic("web", "evil")),
		post("a client with a secret, without", rest+"&client_id=web", 401, "invalid_client", ""),
		post("a public client with a secret", rest, 401, "invalid_client", "Basic ", "Authorization", basic("cli", "evil")),
		post("two methods", rest+"&client_id=web&client_secret=x", 400, "invalid_request", "", web...),
		post("two Authorization headers", rest, 400, "invalid_request", "", append(web, web...)...),
		post("another client_id beside Basic", rest+"&client_id=other", 401, "invalid_client", "Basic ", web...),
		post("Basic that is no base64", rest, 400, "invalid_request", "", "Authorization", "Basic evil!"),
		post("Basic without colon", rest, 400, "invalid_request", "", "Authorization", "Basic ZXZpbA=="),
		post("Basic that is loosely encoded", rest, 400, "invalid_request", "", "Authorization", "Basic d2ViOiU="),
		post("a parameter in the query", rest, 400, "invalid_request", "", web...).at(path + "?client_id=web"),
		post("JSON", `{"evil":1}`, 400, "invalid_request", "", append(web, "Content-Type", "application/json")...),
		post("multipart", "evil", 400, "invalid_request", "", append(web, "Content-Type", "multipart/form-data; boundary=x")...),
		post("no content type", rest, 400, "invalid_request", "", append(web, "Content-Type", "")...),
		post("a parameter twice", rest+"&client_id=web&client_id=web", 400, "invalid_request", "", web...),
		post("a body too large", "x="+strings.Repeat("a", big), 400, "invalid_request", "", web...),
		post("too many parameters", strings.Repeat("a=&", 5000), 400, "invalid_request", "", web...),
		post("bad encoding", "a=%zz", 400, "invalid_request", "", web...),
		post("no UTF-8", "a=%ff", 400, "invalid_request", "", web...),
		{name: path + ": GET", method: http.MethodGet, path: path, status: 405, code: "invalid_request"},
		{name: path + ": HEAD", method: http.MethodHead, path: path, status: 405, code: ""},
		{name: path + ": PUT", method: http.MethodPut, path: path, body: rest, status: 405, code: "invalid_request"},
		{name: path + ": DELETE", method: http.MethodDelete, path: path, status: 405, code: "invalid_request"},
	}
}

func (b bad) at(path string) bad {
	b.path = path
	return b
}

func TestMust035_ErrorsOfClientAuthentication(t *testing.T) {
	h := shared(t)
	for path, rest := range map[string]string{"/token": "grant_type=client_credentials", "/introspect": "token=x", "/revoke": "token=x"} {
		for _, b := range clientAuthentication(path, rest) {
			h.judge(t, b)
		}
	}
}

func TestMust033_ErrorsOfTheTokenEndpoint(t *testing.T) {
	h := shared(t)
	code, verifier := h.code(t, "web", "scope", "openid")
	as := func(client, name string, status int, code string, more ...string) bad {
		form, header := h.form(client, more...)
		return bad{name: name, method: http.MethodPost, path: "/token", body: form.Encode(), header: header, status: status, code: code}
	}
	redeem := func(name, code string, more ...string) bad {
		return as("web", name, 400, "invalid_grant", append([]string{"grant_type", "authorization_code", "code", code}, more...)...)
	}
	for _, b := range []bad{
		as("web", "no grant_type", 400, "invalid_request"),
		as("web", "an unknown grant_type", 400, "unsupported_grant_type", "grant_type", "evil"),
		as("web", "the password grant", 400, "unsupported_grant_type", "grant_type", "password", "username", user, "password", password),
		as("web", "a grant type of others", 400, "unauthorized_client", "grant_type", "client_credentials"),
		as("worker", "another grant type of others", 400, "unauthorized_client", "grant_type", "authorization_code", "code", "evil"),
		as("web", "no code", 400, "invalid_request", "grant_type", "authorization_code"),
		as("web", "no refresh_token", 400, "invalid_request", "grant_type", "refresh_token"),
		as("web", "an unknown refresh_token", 400, "invalid_grant", "grant_type", "refresh_token", "refresh_token", "grt_evil"),
		as("web", "a code as refresh_token", 400, "invalid_grant", "grant_type", "refresh_token", "refresh_token", code),
		as("worker", "an unknown scope", 400, "invalid_scope", "grant_type", "client_credentials", "scope", "evil"),
		as("worker", "a scope that is none", 400, "invalid_scope", "grant_type", "client_credentials", "scope", `"evil"`),
		as("worker", "an unknown resource", 400, "invalid_target", "grant_type", "client_credentials", "resource", "https://evil.example"),
		redeem("an unknown code", "gac_evil"),
		redeem("no redirect_uri", code, "code_verifier", verifier),
		redeem("another redirect_uri", code, "redirect_uri", "https://evil.example/cb", "code_verifier", verifier),
		redeem("no code_verifier", code, "redirect_uri", callback),
		redeem("another code_verifier", code, "redirect_uri", callback, "code_verifier", strings.Repeat("evil", 12)),
		redeem("a code_verifier that is too short", code, "redirect_uri", callback, "code_verifier", "evil"),
	} {
		h.judge(t, b)
	}
	h.redeem(t, "web", code, verifier) // none of that has spent the code
}

func TestMust058_ErrorsOfUserinfoAndTheRest(t *testing.T) {
	h := shared(t)
	token := h.issue(t, "web", "scope", "openid").Access
	service := h.service(t, "worker", "scope", "api:read").Access
	form, header := h.form("web")
	for _, b := range []bad{
		{name: "a dead token", method: "GET", path: "/userinfo", header: []string{"Authorization", "Bearer evil"}, status: 401, code: "invalid_token", challenge: `Bearer error="invalid_token"`},
		{name: "a token in the query", method: "GET", path: "/userinfo?access_token=" + token, status: 400, code: "invalid_request", challenge: `Bearer error="invalid_request"`},
		{name: "two tokens", method: "GET", path: "/userinfo", header: []string{"Authorization", "Bearer " + token, "Authorization", "Bearer " + token}, status: 400, code: "invalid_request", challenge: "Bearer "},
		{name: "header and form", method: "POST", path: "/userinfo", body: "access_token=" + token, header: []string{"Authorization", "Bearer " + token}, status: 400, code: "invalid_request", challenge: "Bearer "},
		{name: "malformed credentials", method: "GET", path: "/userinfo", header: []string{"Authorization", "Bearer evil token"}, status: 400, code: "invalid_request", challenge: "Bearer "},
		{name: "a service's token", method: "GET", path: "/userinfo", header: []string{"Authorization", "Bearer " + service}, status: 403, code: "insufficient_scope", challenge: `Bearer error="insufficient_scope"`},
		{name: "DELETE", method: "DELETE", path: "/userinfo", header: []string{"Authorization", "Bearer " + token}, status: 405, code: "invalid_request"},
		{name: "introspection without token", method: "POST", path: "/introspect", body: form.Encode(), header: header, status: 400, code: "invalid_request"},
		{name: "revocation without token", method: "POST", path: "/revoke", body: form.Encode(), header: header, status: 400, code: "invalid_request"},
		{name: "another client's token", method: "POST", path: "/revoke", body: encode("token", service), header: header, status: 400, code: "invalid_grant"},
		{name: "POST to the keys", method: "POST", path: "/jwks", status: 405, code: "invalid_request", quiet: true},
		{name: "POST to the metadata", method: "POST", path: "/.well-known/openid-configuration", status: 405, code: "invalid_request", quiet: true},
		{name: "HEAD of the login page", method: "HEAD", path: "/login", status: 405, code: ""},
		{name: "HEAD of an authorization request", method: "HEAD", path: "/authorize", status: 405, code: ""},
		{name: "GET of the consent", method: "GET", path: "/consent", status: 405, code: "page"},
		{name: "a login of nowhere", method: "POST", path: "/login", body: encode("username", user, "password", password), status: 403, code: "page"},
		{name: "a login from elsewhere", method: "POST", path: "/login", body: encode("username", user, "password", password), header: []string{"Origin", "https://evil.example"}, status: 403, code: "page"},
		{name: "a consent of nowhere", method: "POST", path: "/consent", body: encode("decision", "allow", "interaction", "evil"), status: 403, code: "page"},
		{name: "a consent from elsewhere", method: "POST", path: "/consent", body: encode("decision", "allow"), header: []string{"Sec-Fetch-Site", "cross-site"}, status: 403, code: "page"},
		{name: "a login that is too large", method: "POST", path: "/login", body: "username=" + strings.Repeat("a", big), status: 400, code: "page"},
	} {
		h.judge(t, b)
	}
	quiet := h.refusals(t)
	got := harness.Get(t, h.back, h.issuer+"/userinfo") // how every client may begin: a challenge without an error
	if got.StatusCode != 401 || !strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Bearer realm=") || got.Header.Get("Cache-Control") != "no-store" || h.refusals(t) != quiet {
		t.Errorf("userinfo without a token: %s %v", got.Status, got.Header)
	}
}

func TestThreat007_AnUnprovenRedirectURIGetsAPage(t *testing.T) {
	h := shared(t)
	address, _ := h.authorization("web", "scope", "openid")
	q, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	good := q.Query()
	with := func(name string, change func(url.Values)) bad {
		changed := url.Values{}
		for key, values := range good {
			changed[key] = append([]string(nil), values...)
		}
		change(changed)
		return bad{name: name, method: http.MethodGet, path: "/authorize?" + changed.Encode(), status: 400, code: "page"}
	}
	rows := []bad{
		{name: "nothing at all", method: http.MethodGet, path: "/authorize", status: 400, code: "page"},
		with("no client_id", func(v url.Values) { v.Del("client_id") }),
		with("an unknown client_id", func(v url.Values) { v.Set("client_id", "<script>evil") }),
		with("no redirect_uri", func(v url.Values) { v.Del("redirect_uri") }),
		with("two client ids", func(v url.Values) { v.Add("client_id", "web") }),
		with("two redirect URIs", func(v url.Values) { v.Add("redirect_uri", "https://evil.example") }),
		{name: "too large a body", method: http.MethodPost, path: "/authorize", body: "state=" + strings.Repeat("a", big), status: 400, code: "page"},
		{name: "a form that is none", method: http.MethodPost, path: "/authorize", body: "{}", header: []string{"Content-Type", "application/json"}, status: 400, code: "page"},
		{name: "a sealed request of nobody", method: http.MethodGet, path: "/authorize?interaction=evil", status: 403, code: "page"},
		{name: "a posted request of nobody", method: http.MethodGet, path: "/authorize?posted=evil", status: 400, code: "page"},
	}
	for _, uri := range []string{
		callback + "/", callback + "?x=1", strings.ToUpper(callback), "https://rp.example:443/callback", "https://rp.example./callback",
		"https://rp.example@evil.example/callback", "https://evil.example\\@rp.example/callback", "https://rp.example/callback#x", "//rp.example/callback",
		"https://rp.example/x/../callback", "https://rp.example/%63allback", "javascript:alert(1)", "http://rp.example/callback", "https://rp.example/callback\r\nX: evil",
	} {
		for _, fault := range [][2]string{{"response_type", "token"}, {"prompt", "none"}, {"scope", `"`}, {"resource", "evil"}, {"request", "evil"}, {"", ""}} {
			rows = append(rows, with(uri+" and "+fault[0], func(v url.Values) {
				v.Set("redirect_uri", uri)
				if fault[0] != "" {
					v.Set(fault[0], fault[1])
				}
			}))
		}
	}
	for _, b := range rows {
		h.judge(t, b)
	}
}

// What is told to the client by redirect: the error, state and iss, and nothing of what was sent.
func TestMust004_ErrorsByRedirect(t *testing.T) {
	h := shared(t)
	for _, test := range []struct{ name, value, code string }{
		{"response_type", "token", "unsupported_response_type"},
		{"response_type", "code unknown", "unsupported_response_type"},
		{"response_type", "", "invalid_request"},
		{"response_mode", "fragment", "invalid_request"},
		{"prompt", "none login", "invalid_request"},
		{"prompt", "evil", "invalid_request"},
		{"max_age", "-1", "invalid_request"},
		{"max_age", "evil", "invalid_request"},
		{"scope", `openid "evil"`, "invalid_scope"},
		{"resource", "https://evil.example", "invalid_target"},
		{"resource", "evil", "invalid_target"},
		{"code_challenge_method", "plain", "invalid_request"},
		{"code_challenge_method", "", "invalid_request"},
		{"code_challenge", "", "invalid_request"},
		{"code_challenge", "evil", "invalid_request"},
		{"request", "evil", "invalid_request_object"},
		{"request_uri", "https://evil.example", "invalid_request_uri"},
		{"state", strings.Repeat("a", 5000), "invalid_request"},
	} {
		before := h.refusals(t)
		address, _ := h.authorization("web", test.name, "", test.name, test.value)
		answer := harness.Get(t, h.back, address)
		got := heard(t, answer)
		if got.Get("error") != test.code || got.Get("iss") != h.issuer || answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Cache-Control") != "no-store" ||
			strings.Contains(answer.Header.Get("Location"), "evil") || test.name != "state" && !strings.HasPrefix(got.Get("state"), "state-") {
			t.Errorf("%s=%q: %s %v", test.name, test.value, answer.Status, got)
		}
		for name := range got {
			if !strings.Contains(" error error_description state iss ", " "+name+" ") {
				t.Errorf("%s=%q: the answer carries %s", test.name, test.value, name)
			}
		}
		if lines := h.refusals(t) - before; lines != 1 {
			t.Errorf("%s=%q: %d lines in the log", test.name, test.value, lines)
		}
	}
	// A parameter that is there twice has no value that could be echoed.
	address, _ := h.authorization("web", "state", "evil", "scope", "openid")
	if got := heard(t, harness.Get(t, h.back, address)); got.Get("error") != "invalid_request" || got.Has("state") || got.Get("iss") != h.issuer {
		t.Errorf("state twice: %v", got)
	}
}
