package flow

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// seen is one request as it arrived behind the guard.
type seen struct {
	Method, Target, Body string
	Header, Trailer      http.Header
}

// upstream answers everything with 200 and keeps what it was asked.
type upstream struct {
	address string
	mu      sync.Mutex
	visits  []seen
}

func newUpstream(t testing.TB) *upstream {
	t.Helper()
	u := &upstream{}
	server := httptest.NewServer(http.HandlerFunc(u.serve))
	t.Cleanup(server.Close)
	u.address = strings.TrimPrefix(server.URL, "http://")
	return u
}

func (u *upstream) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	u.mu.Lock()
	u.visits = append(u.visits, seen{
		Method: r.Method, Target: r.RequestURI, Body: string(body), Header: r.Header.Clone(), Trailer: r.Trailer.Clone(),
	})
	u.mu.Unlock()
	_, _ = io.WriteString(w, "upstream")
}

// hits is how many requests have arrived.
func (u *upstream) hits() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.visits)
}

// last is the request that arrived last.
func (u *upstream) last(t testing.TB) seen {
	t.Helper()
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.visits) == 0 {
		t.Fatal("nothing has reached the upstream")
	}
	return u.visits[len(u.visits)-1]
}

// untouched runs what must be refused and fails if the upstream hears of it.
func (u *upstream) untouched(t testing.TB, what string, run func()) {
	t.Helper()
	before := u.hits()
	run()
	if n := u.hits() - before; n != 0 {
		t.Errorf("%s: %d requests reached the upstream: %+v", what, n, u.last(t))
	}
}
