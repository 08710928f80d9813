package harness

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
)

// Upstream starts what a guard protects and returns its port. It ends with the test.
func Upstream(t testing.TB, handler http.HandlerFunc) int {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(address.Port())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// SayUserID is an upstream that answers with who the guard says is calling.
func SayUserID(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, r.Header.Get("X-User-Id"))
}

// SayForWhom is an upstream that says that it is one, and for whom the guard says that it is.
func SayForWhom(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, "upstream for "+r.Header.Get("X-User-Id"))
}
