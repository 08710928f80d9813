package granttest

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

var hidden = regexp.MustCompile(`name="interaction" value="([^"]+)"`)

// Sealed is the hidden field of a page with a form; a page without one fails the test.
func Sealed(t testing.TB, page *httptest.ResponseRecorder) string {
	t.Helper()
	found := hidden.FindStringSubmatch(page.Body.String())
	if found == nil {
		t.Fatalf("no interaction in the answer %d to %q\n%s", page.Code, page.Header().Get("Location"), page.Body)
	}
	return found[1]
}

// WantPage checks status and title of a page, and the words it has.
func WantPage(t testing.TB, w *httptest.ResponseRecorder, status int, title string, words ...string) {
	t.Helper()
	body := w.Body.String()
	if w.Code != status || !strings.Contains(body, "<title>"+title+" · ") {
		t.Fatalf("got %d to %q, want %d %q:\n%s", w.Code, w.Header().Get("Location"), status, title, body)
	}
	for _, word := range words {
		if !strings.Contains(body, word) {
			t.Errorf("the page lacks %q:\n%s", word, body)
		}
	}
}

// WantRedirect checks that an answer leads to exactly this address.
func WantRedirect(t testing.TB, w *httptest.ResponseRecorder, want string) {
	t.Helper()
	if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != want {
		t.Errorf("%d to %q, want 303 to %q\n%s", w.Code, got, want, w.Body)
	}
}
