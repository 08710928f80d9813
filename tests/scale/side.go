package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op"
)

// side is one of the two providers that are compared. Both run in this process.
type side struct {
	name   string
	place  place
	config op.Config
	copies copies
	// opaque and refresh are tokens of the journey that is copied, see copies.token.
	opaque, refresh string

	state    *op.State
	provider *op.Provider
	// ahead is how far its clock is.
	ahead atomic.Int64
	// browser is that of the one person who has signed in.
	browser *http.Client
	signed  []string // JWTs that were issued, to be looked at by a provider that did not
}

func (s *side) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

// open has the provider serve from its store, with nothing in memory.
func (s *side) open(t testing.TB) {
	t.Helper()
	s.close(t)
	var err error
	if s.state, err = op.Open(t.Context(), s.place.location(s.now)); err != nil {
		t.Fatal(err)
	}
	if s.provider, err = op.New(s.config, s.state, op.Observer{}); err != nil {
		t.Fatal(err)
	}
	if err := s.provider.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// close ends the provider; one that was not open is fine.
func (s *side) close(t testing.TB) {
	t.Helper()
	if s.state == nil {
		return
	}
	if err := s.state.Close(); err != nil {
		t.Error(err)
	}
	s.state = nil
}

// RoundTrip implements http.RoundTripper: the provider answers without a network between.
func (s *side) RoundTrip(r *http.Request) (*http.Response, error) {
	inner := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), r.Body)
	inner.Header = r.Header
	w := httptest.NewRecorder()
	s.serve(w, inner)
	answer := w.Result()
	answer.Request = r
	return answer, nil
}

func (s *side) serve(w http.ResponseWriter, r *http.Request) {
	if endpoint, ok := s.provider.Handler(r); ok {
		endpoint.ServeHTTP(w, r)
		return
	}
	http.NotFound(w, r)
}

// post sends a form as the client does, and gives the status and body of the answer.
func (s *side) post(t testing.TB, path string, form url.Values) (int, []byte) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, issuer+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(webClient, secret)
	w := httptest.NewRecorder()
	s.serve(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, body
}
