package interaction

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestNewsIsToldInItsBrowserForAMinute(t *testing.T) {
	const use = "something done"
	browser := strings.Repeat("b", browserLength)
	w := newWorld(t)
	sealed, err := w.SealNews(httptest.NewRecorder(), request(browser), use, "a session", "it was done")
	if err != nil {
		t.Fatal(err)
	}
	form, err := w.Seal(browser, w.Receive("a form", []byte(`"it was done"`)))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		browser, sealed, use string
		after                time.Duration
		told                 bool
	}{
		"at once":          {browser, sealed, use, 0, true},
		"within a minute":  {browser, sealed, use, newsLife, true},
		"later":            {browser, sealed, use, newsLife + time.Second, false},
		"much later":       {browser, sealed, use, life, false},
		"another browser":  {strings.Repeat("c", browserLength), sealed, use, 0, false},
		"without a cookie": {"", sealed, use, 0, false},
		"another page":     {browser, sealed, "something else", 0, false},
		"a form":           {browser, form, use, 0, false},
		"words":            {browser, "it was done", use, 0, false},
		"nothing":          {browser, "", use, 0, false},
	} {
		before := w.at
		w.at = w.at.Add(tt.after)
		var done string
		session, ok := w.OpenNews(request(tt.browser), tt.sealed, tt.use, &done)
		w.at = before
		if ok != tt.told || (done == "it was done") != tt.told || (session == "a session") != tt.told {
			t.Errorf("%s: %t, %q in %q", name, ok, done, session)
		}
	}
	if _, err := w.SealNews(httptest.NewRecorder(), request(browser), use, "", strings.Repeat("x", maxRequest)); err == nil {
		t.Error("what is too large is sealed")
	}
}
