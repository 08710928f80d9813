package site

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// wantRefused wants a status and an upstream that heard nothing.
func (w *world) wantRefused(t *testing.T, name string, got harness.Answer, status int) {
	t.Helper()
	if got.StatusCode != status || got.Header.Get("Location") != "" {
		t.Errorf("%s: %s to %q, want %d", name, got.Status, got.Header.Get("Location"), status)
	}
	if seen := w.up.take(); len(seen) != 0 {
		t.Errorf("%s: the upstream heard %+v", name, seen)
	}
}

func TestWhatCannotSignInIsRefusedAndNotSentAway(t *testing.T) {
	everySite(t, func(t *testing.T, w *world, site string) {
		w.up.take()
		browser := w.Client(t)
		for name, header := range map[string][]string{
			"fetch":       {"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin", "Accept", "*/*"},
			"an image":    {"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image", "Sec-Fetch-Site", "cross-site"},
			"a frame":     {"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe", "Accept", "text/html"},
			"a WebSocket": {"Connection", "Upgrade", "Upgrade", "websocket", "Origin", site, "Accept", "text/html"},
			"a script":    {"Accept", "text/html", "X-Requested-With", "XMLHttpRequest"},
			"curl":        {"Accept", "*/*"},
			"two modes":   {"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"},
		} {
			got := harness.Get(t, browser, site+"/page", header...)
			w.wantRefused(t, name, got, http.StatusUnauthorized)
			if challenge := got.Header.Get("Www-Authenticate"); !strings.HasPrefix(challenge, `Bearer realm=`) || strings.Contains(challenge, "error") {
				t.Errorf("%s: %q", name, challenge)
			}
		}
		old := harness.Get(t, browser, site+"/page", "Accept", "text/html,application/xhtml+xml")
		if old.StatusCode != http.StatusSeeOther {
			t.Errorf("a browser without fetch metadata: %s", old.Status)
		}
		// A token that is not good is an answer to whoever sent it, whatever the cookies say.
		signedIn := w.Client(t)
		open(t, signedIn, site+"/", "diana")
		w.up.take()
		for _, authorization := range []string{"Bearer gat_unknown", "Basic YTpi", "Bearer"} {
			got := harness.Get(t, signedIn, site+"/page", append(navigation, "Authorization", authorization)...)
			if got.StatusCode != http.StatusUnauthorized && got.StatusCode != http.StatusBadRequest || len(w.up.take()) != 0 {
				t.Errorf("%s: %s", authorization, got.Status)
			}
		}
	})
}

func TestAFormIsNotLost(t *testing.T) {
	everySite(t, func(t *testing.T, w *world, site string) {
		w.up.take()
		browser := w.Client(t)
		form := func() harness.Answer {
			return send(t, browser, http.MethodPost, site+"/save", "text=long", "Content-Type", "application/x-www-form-urlencoded",
				"Origin", site, "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document")
		}
		got := form()
		w.wantRefused(t, "signed out", got, http.StatusUnauthorized)
		if !strings.Contains(got.Text, "You are signed out") || !strings.Contains(got.Text, `href="/.gatehouse/login" target="_blank"`) ||
			!strings.HasPrefix(got.Header.Get("Content-Type"), "text/html") || got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%v\n%s", got.Header, got.Text)
		}
		opened := open(t, browser, site+"/.gatehouse/login", "diana")
		if opened.Text != "hello diana at /" {
			t.Errorf("%s", opened.Text)
		}
		w.up.take()
		if got := form(); got.StatusCode != http.StatusOK {
			t.Errorf("sent again: %s", got.Status)
		}
		if seen := w.up.take(); len(seen) != 1 || seen[0].body != "text=long" {
			t.Errorf("%+v", seen)
		}
	})
}

func TestThreat087_WhatAnotherSiteSendsIsRefused(t *testing.T) {
	everySite(t, func(t *testing.T, w *world, site string) {
		browser := w.Client(t)
		open(t, browser, site+"/", "diana")
		w.up.take()
		parent, _ := url.Parse(site)
		for name, tt := range map[string]struct {
			method string
			header []string
			status int
		}{
			"its own":                 {"POST", []string{"Origin", site}, 200},
			"its own, said twice":     {"POST", []string{"Origin", site, "Sec-Fetch-Site", "same-origin"}, 200},
			"its own, no Referer":     {"POST", []string{"Origin", "null", "Sec-Fetch-Site", "same-origin"}, 200},
			"its own, without Origin": {"DELETE", []string{"Sec-Fetch-Site", "same-origin"}, 200},
			"typed":                   {"POST", []string{"Sec-Fetch-Site", "none"}, 200},
			"another site":            {"POST", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
			"a sibling":               {"PUT", []string{"Origin", "https://evil." + parent.Host, "Sec-Fetch-Site", "same-site"}, 403},
			"another port":            {"POST", []string{"Origin", "https://" + parent.Hostname()}, 403},
			"without TLS":             {"POST", []string{"Origin", "http://" + parent.Host}, 403},
			"a contradiction":         {"POST", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "same-origin"}, 403},
			"another contradiction":   {"POST", []string{"Origin", site, "Sec-Fetch-Site", "cross-site"}, 403},
			"nothing":                 {"POST", nil, 403},
			"null":                    {"POST", []string{"Origin", "null"}, 403},
			"two Origins":             {"POST", []string{"Origin", site, "Origin", "https://evil.example"}, 403},
			"two of the same":         {"POST", []string{"Origin", site, "Origin", site}, 403},
			"no method of HTTP":       {"GETS", []string{"Origin", "https://evil.example"}, 403},
			"a link from elsewhere":   {"GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 200},
			"a WebSocket":             {"GET", []string{"Connection", "Upgrade", "Upgrade", "websocket", "Origin", "https://evil.example"}, 403},
			"a WebSocket of nobody":   {"GET", []string{"Connection", "Upgrade", "Upgrade", "websocket"}, 403},
			"its own WebSocket":       {"GET", []string{"Connection", "Upgrade", "Upgrade", "websocket", "Origin", site}, 200},
			"an overridden method":    {"POST", []string{"Origin", "https://evil.example", "X-Http-Method-Override", "GET"}, 403},
		} {
			// A header of a hop needs HTTP/1.1, which a client speaks when it may send one.
			got := send(t, browser, tt.method, site+"/save?x=1", "", tt.header...)
			if seen := w.up.take(); got.StatusCode != tt.status || (len(seen) == 1) != (tt.status == 200) {
				t.Errorf("%s: %s, want %d; the upstream heard %+v", name, got.Status, tt.status, seen)
			}
		}
		anonymous := w.Client(t)
		w.wantRefused(t, "anonymous from elsewhere", send(t, anonymous, "POST", site+"/", "", "Origin", "https://evil.example"), http.StatusForbidden)
		w.wantRefused(t, "anonymous from nowhere", send(t, anonymous, "POST", site+"/", ""), http.StatusUnauthorized)
	})
}

func TestMust070_NobodyNamesThemselves(t *testing.T) {
	everySite(t, func(t *testing.T, w *world, site string) {
		spoofs := []string{
			"X-Remote-User", "root", "x_remote_user", "root", "X.Remote.User", "root",
			"Sec-Fetch-Site", "same-origin", "Origin", site,
		}
		browser := w.Client(t)
		harness.Get(t, browser, site+"/health", spoofs...)
		if seen := w.up.take(); len(seen) == 0 || len(named(seen[len(seen)-1])) != 0 {
			t.Errorf("on a public path: %+v", seen)
		}
		open(t, browser, site+"/", "diana")
		w.up.take()
		harness.Get(t, browser, site+"/page", spoofs...)
		seen := w.up.take()
		if len(seen) != 1 || len(named(seen[0])) != 1 || seen[0].header.Get("X-Remote-User") != "diana" {
			t.Errorf("%+v", seen)
		}
	})
}

// named are the spellings of the identity header that arrived.
func named(s seen) (names []string) {
	for name := range s.header {
		if strings.EqualFold(strings.NewReplacer("_", "-", ".", "-").Replace(name), "X-Remote-User") {
			names = append(names, name)
		}
	}
	return names
}
