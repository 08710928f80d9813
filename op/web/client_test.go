package web

import (
	"maps"
	"regexp"
	"strings"
	"testing"
)

// TestThreat091_OnlyTheLogosOriginIsLoaded: a page may load images from the one origin that its logo has, and from
// nowhere else, whatever a client has registered.
func TestThreat091_OnlyTheLogosOriginIsLoaded(t *testing.T) {
	for uri, want := range map[string]string{
		"":                                      "",
		"https://shop.example.com/logo.png":     " https://shop.example.com",
		"https://cdn.example.com:8443/a?b#c":    " https://cdn.example.com:8443",
		"https://Shop.Example.com:443/":         " https://shop.example.com",
		"http://shop.example.com/logo.png":      "",
		"//shop.example.com/logo.png":           "",
		"data:image/svg+xml,<svg/>":             "",
		"javascript:alert(1)":                   "",
		"https://*.example.com/":                "",
		"https://*/":                            "",
		"https://a.example;script-src *":        "",
		"https://a.example,b.example/":          "",
		"https://u@a.example/":                  "",
		"https://[2001:db8::1]/logo.png":        "", // the grammar of host sources lacks it
		"https://a.example'unsafe-inline'/":     "",
		"https:///logo.png":                     "",
		"https://a.example\r\nX-Injected: yes/": "",
	} {
		if got := imageSource(uri); got != want {
			t.Errorf("imageSource(%q) = %q, want %q", uri, got, want)
		}
	}
	for _, name := range []string{"login", "select", "consent"} {
		w := written(t, name, samples[name], PageOptions{Image: "https://cdn.example.com/logo.png"})
		want := strings.Replace(basePolicy, "img-src 'self'", "img-src 'self' https://cdn.example.com", 1)
		if got := w.Header().Get("Content-Security-Policy"); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestMust050_NobodysWordIsTakenForOurs: beside what a client calls itself stands where the browser returns to, and
// of one that registered itself that nobody has checked it.
func TestMust050_NobodysWordIsTakenForOurs(t *testing.T) {
	space := regexp.MustCompile(`<[^>]*>|\s+`)
	for _, name := range []string{"login", "select", "consent"} {
		say := func(host, logo string, unchecked bool) string {
			view := maps.Clone(samples[name].(map[string]any))
			view["RedirectHost"], view["LogoURI"], view["Unchecked"], view["ClientHost"] = host, logo, unchecked, ""
			body := written(t, name, view, PageOptions{}).Body.String()
			return strings.Join(strings.Fields(space.ReplaceAllString(body, " ")), " ")
		}
		for _, tt := range []struct {
			host, logo string
			unchecked  bool
			want, not  string
		}{
			{"shop.example.com", "", false, "shop.example.com", "registered itself"},
			{"shop.example.com", "https://a.example/l", true, "This application registered itself: its name and logo are its own words and picture, and nobody here has checked them. Go on only if you trust shop.example.com", "this device"},
			{"shop.example.com", "", true, "its name is its own word, and nobody here has checked it. Go on only if you trust shop.example.com", "logo"},
			{"127.0.0.1", "", true, "Go on only if you have just started it on this device.", "if you trust"},
			{"127.0.0.1", "", false, "127.0.0.1 (this device)", "registered itself"},
			{"accounts.bank.example:", "", true, "Go on only if you have just started it on this device.", "if you trust"},
			{"com.example.app:", "", false, "com.example.app: (this device)", "registered itself"},
		} {
			got := say(tt.host, tt.logo, tt.unchecked)
			if !strings.Contains(got, tt.want) || strings.Contains(got, tt.not) {
				t.Errorf("%s for %s says: %s", name, tt.host, got)
			}
		}
	}
}

func TestSmallPrintIsLinkedWhereThePersonDecides(t *testing.T) {
	for _, name := range []string{"login", "consent"} {
		for _, tt := range []struct{ policy, terms, want string }{
			{"https://a.example/p", "https://a.example/t", `Read its <a href="https://a.example/p" target="_blank" rel="noopener noreferrer">privacy policy</a> and <a href="https://a.example/t" target="_blank" rel="noopener noreferrer">terms of service</a>.`},
			{"https://a.example/p", "", `Read its <a href="https://a.example/p" target="_blank" rel="noopener noreferrer">privacy policy</a>.`},
			{"", "https://a.example/t", `Read its <a href="https://a.example/t" target="_blank" rel="noopener noreferrer">terms of service</a>.`},
		} {
			view := maps.Clone(samples[name].(map[string]any))
			view["PolicyURI"], view["TOSURI"] = tt.policy, tt.terms
			if body := written(t, name, view, PageOptions{}).Body.String(); !strings.Contains(body, tt.want) {
				t.Errorf("%s lacks %s:\n%s", name, tt.want, body)
			}
		}
	}
}

// A login that no application asked for speaks of none.
func TestLoginForNobodyInParticular(t *testing.T) {
	body := written(t, "login", map[string]any{
		"Action": "login", "Interaction": "sealed", "Username": "", "Problem": "", "Minutes": 0, "ClientName": "", "RedirectHost": "",
		"LogoURI": "", "PolicyURI": "", "TOSURI": "", "Unchecked": false, "ClientHost": "",
	}, PageOptions{}).Body.String()
	if !strings.Contains(body, "with your account") || strings.Contains(body, "application") || strings.Contains(body, "<img") || strings.Contains(body, "<a ") {
		t.Error(body)
	}
}

// TestThreat047_ADescribedClientIsShownByItsHost: beside the redirect stands where the document lies, and of an answer
// to the person's own device that anybody there can have it.
func TestThreat047_ADescribedClientIsShownByItsHost(t *testing.T) {
	tags := regexp.MustCompile(`<[^>]*>|\s+`)
	for _, name := range []string{"login", "select", "consent"} {
		for redirect, want := range map[string]string{
			"shop.example.com": "This application is described by client.example.com : its name is its own word, and nobody here has checked it. Go on only if you trust shop.example.com",
			"127.0.0.1":        "Your answer goes to a program on this device, and any program here can say that it is this application. Go on only if you have just started it on this device.",
		} {
			view := maps.Clone(samples[name].(map[string]any))
			view["RedirectHost"], view["LogoURI"] = redirect, ""
			said := strings.Join(strings.Fields(tags.ReplaceAllString(written(t, name, view, PageOptions{}).Body.String(), " ")), " ")
			if !strings.Contains(said, want) || strings.Contains(said, "registered itself") {
				t.Errorf("%s for %s says: %s", name, redirect, said)
			}
		}
	}
}
