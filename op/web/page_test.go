package web

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func written(t *testing.T, name string, view any, opts PageOptions) *httptest.ResponseRecorder {
	t.Helper()
	p, _ := observed(t)
	w := httptest.NewRecorder()
	p.Page(w, get("/"+name), http.StatusOK, name, view, opts)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", name, w.Code, w.Body)
	}
	return w
}

const basePolicy = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'"

var frames = []string{"https://shop.example.com/out?x=1", "https://web.example.com:8443/out", "https://SHOP.example.com:443/bye"}

func TestMust018_EveryPageCarriesItsHeaders(t *testing.T) {
	for name, want := range map[string]struct{ policy, referrer string }{
		"login":        {basePolicy, "same-origin"},
		"select":       {basePolicy, "same-origin"},
		"consent":      {basePolicy, "same-origin"},
		"signed_in":    {basePolicy, "same-origin"},
		"account":      {basePolicy + "; form-action 'self'", "same-origin"},
		"signed_out":   {basePolicy + "; form-action 'none'", "no-referrer"},
		"continue":     {basePolicy + "; script-src 'self'", "same-origin"},
		"form_post":    {basePolicy + "; script-src 'self'; form-action https://shop.example.com", "no-referrer"},
		"error":        {basePolicy + "; form-action 'none'", "no-referrer"},
		"frontchannel": {basePolicy + "; script-src 'self'; frame-src https://shop.example.com https://web.example.com:8443; form-action 'none'", "no-referrer"},
		"answered":     {basePolicy + "; form-action 'none'", "no-referrer"},
	} {
		w := written(t, name, samples[name], PageOptions{FormAction: "https://shop.example.com/callback", Frames: frames})
		for header, value := range map[string]string{
			"Content-Security-Policy":      want.policy,
			"Referrer-Policy":              want.referrer,
			"X-Frame-Options":              "DENY",
			"X-Content-Type-Options":       "nosniff",
			"Cache-Control":                "no-store",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Content-Type":                 "text/html; charset=utf-8",
			"Access-Control-Allow-Origin":  "",
		} {
			if got := w.Header().Get(header); got != value {
				t.Errorf("%s: %s is %q, want %q", name, header, got, value)
			}
		}
	}
	if len(samples) != len(pageNames) {
		t.Errorf("%d samples for %d pages", len(samples), len(pageNames))
	}
}

func TestMust018_PagesLoadNothingButOurAssetsAndTheLogo(t *testing.T) {
	loaded := regexp.MustCompile(`(?:src|<link [^>]*href)="([^"]*)"`)
	for name, view := range samples {
		body := written(t, name, view, PageOptions{}).Body.String()
		for _, ref := range loaded.FindAllStringSubmatch(body, -1) {
			if !strings.HasPrefix(ref[1], "assets/") && !strings.Contains(body, `<iframe src="`+ref[1]+`" sandbox="allow-scripts allow-same-origin" referrerpolicy="no-referrer" `) && !strings.Contains(body, `<img src="`+ref[1]+`" alt="" width="40" height="40" loading="lazy" referrerpolicy="no-referrer">`) {
				t.Errorf("%s loads %s", name, ref[1])
			}
		}
		if inline := regexp.MustCompile(`(?i)<style|<script>|\sstyle=|\son[a-z]+=`).FindString(body); inline != "" {
			t.Errorf("%s has inline %q", name, inline)
		}
	}
}

func TestPagesCanBeReadByEverybody(t *testing.T) {
	field := regexp.MustCompile(`<input id="([a-z]+)"[^>]*>`)
	for name, view := range samples {
		body := written(t, name, view, PageOptions{}).Body.String()
		for _, want := range []string{`<html lang="en">`, `name="viewport"`, "<title>", "<h1>", "<main"} {
			if strings.Count(body, want) != 1 {
				t.Errorf("%s has %d of %s", name, strings.Count(body, want), want)
			}
		}
		for _, input := range field.FindAllStringSubmatch(body, -1) {
			if !strings.Contains(body, `<label for="`+input[1]+`">`) || !strings.Contains(input[0], "autocomplete=") {
				t.Errorf("%s: %s has no label or autocomplete", name, input[0])
			}
		}
		if strings.Contains(body, "<form") && !strings.Contains(body, `type="submit"`) {
			t.Errorf("%s cannot be sent without a script", name)
		}
	}
}

// hostile is text that breaks out of some context of HTML, and what it must not leave in a page.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onfocus=alert(1) autofocus '`, `</title><script>alert(1)</script>`,
	`<svg/onload=alert(1)>`, `{{.Code}}`, `{env.SECRET}`, `<!--`, `]]>`, `<base href="https://evil.example/">`, `<style>*{}</style>`,
	`</main></body><script src=//evil.example></script>`, `<a href="javascript:alert(1)">`, "\x00<b>", `&lt;script&gt;`, `<input name=decision value=allow>`,
}

func TestThreat090_TextInAViewStaysText(t *testing.T) {
	for name, view := range samples {
		clean := written(t, name, view, PageOptions{}).Body.String()
		for _, text := range hostile {
			body := written(t, name, spoiled(reflect.ValueOf(view), text).Interface(), PageOptions{}).Body.String()
			if got, want := tags(body), tags(clean); !slices.Equal(got, want) {
				t.Errorf("%s with %q has the elements %v, want %v", name, text, got, want)
			}
		}
		for _, uri := range []string{"javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x"} {
			body := written(t, name, spoiled(reflect.ValueOf(view), uri).Interface(), PageOptions{}).Body.String()
			if scripted := regexp.MustCompile(`(?i)(href|src|action)="\s*(javascript|data|vbscript)`).FindString(body); scripted != "" {
				t.Errorf("%s has %s", name, scripted)
			}
		}
	}
}

var tag = regexp.MustCompile(`<[a-z!/][a-z0-9]*`)

// tags are the elements of a page, without those that a longer text adds in its own right.
func tags(body string) []string {
	return slices.DeleteFunc(tag.FindAllString(body, -1), func(s string) bool {
		return strings.HasPrefix(s, "<span") || strings.HasPrefix(s, "</span") || s == "<p" || s == "</p" || s == "<code" || s == "</code"
	})
}

// spoiled is the view with text in place of every string.
func spoiled(v reflect.Value, text string) reflect.Value {
	switch v.Kind() {
	case reflect.Interface:
		return spoiled(v.Elem(), text)
	case reflect.String:
		return reflect.ValueOf(text).Convert(v.Type())
	case reflect.Map:
		out := reflect.MakeMap(v.Type())
		for key := range maps.Keys(v.Interface().(map[string]any)) {
			out.SetMapIndex(reflect.ValueOf(key), spoiled(v.MapIndex(reflect.ValueOf(key)), text))
		}
		return out
	case reflect.Slice:
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(spoiled(v.Index(i), text))
		}
		return out
	case reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		for i := range v.NumField() {
			out.Field(i).Set(spoiled(v.Field(i), text))
		}
		return out
	}
	return v
}

func TestThreat093_TheErrorPageSaysNothingOfTheRequest(t *testing.T) {
	p, log := observed(t)
	w := httptest.NewRecorder()
	r := get("/authorize?client_id=call+0900-evil&redirect_uri=https://evil.example&state=spoof")
	r.Header.Set("Referer", "https://evil.example/")
	p.RefusePage(w, r, "authorize", oauth.InvalidRequest("redirect_uri is not registered", errors.New("was https://evil.example")))
	body := w.Body.String()
	if strings.Contains(body, "evil") || strings.Contains(body, "spoof") || w.Code != http.StatusBadRequest {
		t.Errorf("%d %s", w.Code, body)
	}
	id := regexp.MustCompile(`<code>([A-Z2-7]{10})</code>`).FindStringSubmatch(body)
	if id == nil || !strings.Contains(log.String(), `"id":"`+id[1]+`"`) {
		t.Errorf("id is %v, log %s", id, log)
	}
	if !strings.Contains(body, "<code>invalid_request</code>") || !strings.Contains(body, "redirect_uri is not registered") {
		t.Errorf("body is %s", body)
	}
}

func TestErrorPageHasWordsForEveryStatus(t *testing.T) {
	for status, words := range map[int]string{
		400: "This request does not work", 403: "This cannot go on from here", 405: "This request does not work",
		429: "Too many requests", 500: "Something went wrong here", 503: "Not available right now",
	} {
		body := written(t, "error", ErrorView{Code: "code", Status: status, ID: "ID"}, PageOptions{}).Body.String()
		if strings.Count(body, words) != 2 || strings.Contains(body, "Detail") {
			t.Errorf("%d: %s", status, body)
		}
	}
}

func TestPageThatTellsOfARefusalLogsIt(t *testing.T) {
	p, log := observed(t)
	w := httptest.NewRecorder()
	p.Page(w, get("/login"), http.StatusTooManyRequests, "login", samples["login"], PageOptions{
		Endpoint: "login", Err: oauth.TooManyRequests("too many attempts", nil),
	})
	if w.Code != 429 || w.Header().Get("Retry-After") != "60" || strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), `"endpoint":"login"`) {
		t.Errorf("%d %v %s", w.Code, w.Header(), log)
	}
}

func TestConsentPageSaysWhatIsAsked(t *testing.T) {
	view := maps.Clone(samples["consent"].(map[string]any))
	view["RedirectHost"] = "127.0.0.1"
	view["Scopes"] = []map[string]any{
		{"Name": "orders:read", "Description": "See your orders", "New": false},
		{"Name": "orders:write", "Description": "", "New": true},
		{"Name": "orders:cancel", "Description": "orders:cancel", "New": false},
	}
	body := written(t, "consent", view, PageOptions{}).Body.String()
	for _, want := range []string{
		"Web shop", "Diana Krall", "See your orders", "<code>orders:write</code>", "<code>orders:cancel</code>", "https://api.example.com",
		`127.0.0.1 <small>(this device)</small>`, `name="decision" value="allow"`, `name="decision" value="deny"`,
		`name="decision" value="switch"`, `rel="noopener noreferrer"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Count(body, `class="new"`) != 1 {
		t.Error("what is new is not marked")
	}
	view["Scopes"], view["Resources"], view["PolicyURI"], view["TOSURI"] = nil, nil, "", ""
	body = written(t, "consent", view, PageOptions{}).Body.String()
	if !strings.Contains(body, "and nothing else") || strings.Contains(body, "<ul") || strings.Contains(body, "<a ") {
		t.Errorf("a request without scopes: %s", body)
	}
}

// Half a page must not go out as a whole one.
func TestPageThatCannotBeMadeIsOurFault(t *testing.T) {
	for name, view := range map[string]any{"login": struct{}{}, "nosuch": nil} {
		p, log := observed(t)
		w := httptest.NewRecorder()
		p.Page(w, get("/"), http.StatusOK, name, view, PageOptions{})
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "<") || !strings.Contains(log.String(), `"level":"error"`) {
			t.Errorf("%s: %d %s, log %s", name, w.Code, w.Body, log)
		}
	}
}

func TestFormPostNamesOnlyTheOriginOfTheRedirectURI(t *testing.T) {
	for uri, want := range map[string]string{
		"https://shop.example.com/cb?x=1": "https://shop.example.com",
		"https://shop.example.com:8443/":  "https://shop.example.com:8443",
		"http://127.0.0.1:49152/cb":       "http://127.0.0.1:49152",
		"http://[::1]:49152/cb":           "http:",
		"com.example.app:/cb":             "com.example.app:",
		"":                                "'none'",
		"/cb":                             "'none'",
		"https://a;script-src *":          "'none'",
		"https://a,b/cb":                  "'none'",
	} {
		if got := formSource(uri); got != want {
			t.Errorf("formSource(%q) = %q, want %q", uri, got, want)
		}
	}
}

func TestThreat006_FormPostTakesNoScriptableAction(t *testing.T) {
	for uri, want := range map[string][2]string{
		"https://shop.example.com/cb":     {"https://shop.example.com/cb", "shop.example.com"},
		"http://127.0.0.1:49152/cb":       {"http://127.0.0.1:49152/cb", "127.0.0.1:49152"},
		"com.example.app:/cb":             {"com.example.app:/cb", "com.example.app:"},
		"com.example.app://bank.example/": {"com.example.app://bank.example/", "com.example.app:"},
		"javascript:alert(1)":             {"#", "javascript:"},
		"data:text/html,x":                {"#", "data:"},
		"\x01javascript:alert(1)":         {"#", ""},
		"//evil.example/":                 {"#", "evil.example"},
		"vbscript://com.example.app/%0ax": {"#", "vbscript:"},
	} {
		v := FormPostView{Action: uri}
		if got := [2]string{string(v.URL()), v.Host()}; got != want {
			t.Errorf("%q: %v, want %v", uri, got, want)
		}
	}
}
