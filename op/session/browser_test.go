package session_test

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestASessionTellsWhichBrowserInWordsOfOurs(t *testing.T) {
	const webkit = "AppleWebKit/537.36 (KHTML, like Gecko) "
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                    "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + webkit + "Chrome/140.0.0.0 Safari/537.36":                                                    "Chrome on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + webkit + "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":                                      "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15":                     "Safari on macOS",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " + webkit + "Chrome/140.0.0.0 Safari/537.36 OPR/120.0.0.0":                                "Opera on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1":   "Safari on iPhone",
		"Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1":             "Chrome on iPad",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/140.0 Mobile/15E148 Safari/605.1.15": "Firefox on iPhone",
		"Mozilla/5.0 (Linux; Android 15; Pixel 9) " + webkit + "Chrome/140.0.0.0 Mobile Safari/537.36":                                              "Chrome on Android",
		"Mozilla/5.0 (Linux; Android 15; SM-S921B) " + webkit + "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":                         "Samsung Internet on Android",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) " + webkit + "Chrome/140.0.0.0 Safari/537.36":                                                     "Chrome on ChromeOS",
		"curl/8.14.1":               "",
		"":                          "",
		"Dillo/3.2 (Linux)":         "Linux",
		"Firefox/1":                 "Firefox",
		"<script>alert(1)</script>": "",
		"<b>Firefox/1</b> {env.SECRET} on Windows; diana@example.org": "Firefox on Windows",
		strings.Repeat("x", 600) + "Firefox/1":                        "",
	} {
		h, b := newHouse(t), &browser{}
		w, r := httptest.NewRecorder(), b.request()
		r.Header.Set("User-Agent", agent)
		made, err := h.SignIn(t.Context(), w, r, "diana", "s1", "pwd", nil)
		if err != nil {
			t.Fatal(err)
		}
		b.take(w)
		if kept := h.current(b); made.Browser != want || kept.Browser != want {
			t.Errorf("%q is %q, want %q", agent, kept.Browser, want)
		}
	}
}

func TestTheBrowserIsTheOneOfTheLastSignIn(t *testing.T) {
	h, b := newHouse(t), &browser{}
	for _, agent := range []string{"Firefox/1", "curl/8"} {
		w, r := httptest.NewRecorder(), b.request()
		r.Header.Set("User-Agent", agent)
		if _, err := h.SignIn(t.Context(), w, r, "diana", "s1", "pwd", nil); err != nil {
			t.Fatal(err)
		}
		b.take(w)
	}
	if kept := h.current(b); kept.Browser != "" {
		t.Errorf("it is still %q", kept.Browser)
	}
}
