package checksession

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/web"
)

const cookie = "__Host-gatehouse-main-session-state"

func ask(t *testing.T, method string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	pages, err := web.NewPages(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, "https://id.example/check_session?anything=%22", nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	New(pages, cookie).ServeHTTP(w, r)
	return w
}

func TestThreat094_ThePageMayBeFramedAndDoesNothingElse(t *testing.T) {
	w := ask(t, http.MethodGet, "Cookie", cookie+"=a.b", "Origin", "https://evil.example", "Referer", "https://evil.example/")
	if w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	for name, want := range map[string]string{
		"Content-Type":            "text/html; charset=utf-8",
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'none'; base-uri 'none'; form-action 'none'",
		"X-Frame-Options":         "", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cache-Control": "public, max-age=300", "Set-Cookie": "", "Access-Control-Allow-Origin": "", "Vary": "",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	body := w.Body.String()
	if strings.Count(body, "<script") != 1 || !strings.Contains(body, `<script src="assets/check_session.js?v=`) || !strings.Contains(body, `data-cookie="`+cookie+`"`) {
		t.Error(body)
	}
	if strings.Contains(body, "anything") || strings.Contains(body, "evil") {
		t.Errorf("something of the request is in %s", body)
	}
	if again := ask(t, http.MethodGet); again.Body.String() != body {
		t.Error("it is another page for another browser")
	}
}

func TestThePageIsCached(t *testing.T) {
	tag := ask(t, http.MethodGet).Header().Get("ETag")
	if w := ask(t, http.MethodGet, "If-None-Match", tag); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
	}
	if w := ask(t, http.MethodHead); w.Code != http.StatusOK || w.Body.Len() > 0 || w.Header().Get("ETag") != tag {
		t.Errorf("HEAD: %d, %d bytes", w.Code, w.Body.Len())
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodOptions} {
		if w := ask(t, method); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}
