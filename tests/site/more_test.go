package site

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

func TestTheOperatorDressesErrors(t *testing.T) {
	w := newWorld(t)
	options, guarded := w.config("", "")
	guarded = strings.Replace(guarded, "reverse_proxy "+w.up.address+"\n}\n"+w.shop, `reverse_proxy `+w.up.address+`
	handle_errors {
		respond "dressed {err.status_code} {err.message} [{http.request.header.Cookie}] [{http.auth.user.id}]" {err.status_code}
	}
}
`+w.shop, 1)
	if err := w.Load(t, options, guarded); err != nil {
		t.Fatal(err)
	}
	browser := w.Client(t)
	want := "dressed 403 access_denied [] []"
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		got := open(t, browser, w.wiki+"/page", "babs")
		if got.Text == want && got.StatusCode == http.StatusForbidden {
			break
		}
		if time.Now().After(deadline) { // an old connection may still meet the configuration before
			t.Fatalf("%s %q", got.Status, got.Text)
		}
	}
	// Another site of the server has no such route, and gets a page.
	if got := open(t, browser, w.shop+"/page", ""); got.StatusCode != http.StatusForbidden || !strings.Contains(got.Text, "You have no access") {
		t.Errorf("%s\n%s", got.Status, got.Text)
	}
}

func TestMust075_AnOpenStreamEndsWithTheSession(t *testing.T) {
	everySite(t, func(t *testing.T, w *world, site string) {
		browser := w.Client(t)
		opened(t, browser, site+"/", "diana", "diana")
		r, err := http.NewRequest(http.MethodGet, site+"/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := browser.Do(r)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%v %v", answer, err)
		}
		defer answer.Body.Close()
		events := bufio.NewReader(answer.Body)
		if line, err := events.ReadString('\n'); err != nil || line != "began\n" {
			t.Fatalf("%q, %v", line, err)
		}
		page := open(t, browser, site+"/.gatehouse/logout", "")
		harness.Submit(t, browser, harness.FormOf(t, page))
		ended := time.Now()
		if rest, err := io.ReadAll(events); err == nil {
			t.Errorf("the stream came to an end of its own: %q", rest)
		}
		if took := time.Since(ended); took > 10*time.Second {
			t.Errorf("it took %s", took)
		}
		w.AwaitLog(t, `"stream closed","audience":"`+site+`"`)
	})
}

func TestWhoIsDisabledIsOut(t *testing.T) {
	w := newWorld(t)
	browser := w.Client(t)
	all := []string{w.near, w.wiki, w.shop}
	for _, site := range all {
		opened(t, browser, site+"/", "diana", "diana")
	}
	options, guarded := w.config("", "")
	if err := w.Load(t, strings.Replace(options, "sub dikr0001", "sub dikr0001\ndisabled", 1), guarded); err != nil {
		t.Fatal(err)
	}
	for _, site := range all {
		for deadline := time.Now().Add(10 * time.Second); fetched(t, w.again(t, browser), site+"/") != http.StatusUnauthorized; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s still lets her in", site)
			}
		}
	}
	w.up.take()
	if got := open(t, w.again(t, browser), w.wiki+"/", ""); !strings.Contains(got.Text, `name="password"`) || len(w.up.take()) != 0 {
		t.Errorf("%s\n%s", got.Status, got.Text)
	}
}

// again is the same browser over connections of its own, so that it meets the configuration of now.
func (w *world) again(t *testing.T, browser *http.Client) *http.Client {
	t.Helper()
	fresh := w.Client(t)
	fresh.Jar = browser.Jar
	return fresh
}

func TestThreat099_NobodySeesAnothersPageOfACache(t *testing.T) {
	w := newWorld(t)
	for user, want := range map[string]string{"diana": "hello diana at /", "babs": "hello babs at /"} {
		got := open(t, w.Client(t), w.near+"/", user)
		if got.Text != want || got.Header.Get("Cache-Control") != "private" {
			t.Errorf("%s: %q %v", user, got.Text, got.Header)
		}
	}
	for _, path := range []string{"/.gatehouse/login", "/.gatehouse/logout", "/.gatehouse/enter?code=x", "/page"} {
		if got := harness.Get(t, w.Client(t), w.wiki+path, navigation...); got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s %v", path, got.Status, got.Header)
		}
	}
}

func TestThreat072_ForwardedHeadersChangeNothing(t *testing.T) {
	w := newWorld(t)
	for _, header := range [][]string{
		{"X-Forwarded-Host", "evil.example"},
		{"Forwarded", "host=evil.example;proto=http"},
		{"X-Original-Url", "/health"},
		{"X-Rewrite-Url", "/health"},
		{"X-Forwarded-Proto", "http"},
		{"X-Forwarded-Uri", "//evil.example"},
		{"X-Original-Method", "OPTIONS"},
	} {
		plain := harness.Get(t, w.Client(t), w.wiki+"/page", append(header, navigation...)...)
		location, err := plain.Location()
		if err != nil || plain.StatusCode != http.StatusSeeOther || "https://"+location.Host != w.issuer || location.Path != "/site" {
			t.Errorf("%v: %s to %v", header, plain.Status, location)
		}
	}
}
