package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// task is something that is done at both sides, with the k-th journey that is picked. It says how long that took,
// without what had to be done before.
type task struct {
	name string
	do   func(t testing.TB, s *side, k int) time.Duration
}

// tasks are in an order in which each finds what it needs. Before each, the providers forget what they have read.
var tasks = []task{
	{"an opaque token, seen first", func(t testing.TB, s *side, k int) time.Duration {
		return s.introspected(t, s.copies.token(s.opaque, s.copies.pick(k)))
	}},
	{"an opaque token that nobody issued", func(t testing.TB, s *side, _ int) time.Duration {
		began := time.Now()
		_, err := s.provider.Introspect(t.Context(), keys.NewToken(keys.PrefixAccess))
		took := time.Since(began)
		if err == nil {
			t.Fatal("a token that nobody issued is live")
		}
		return took
	}},
	{"a refresh token, introspected", func(t testing.TB, s *side, k int) time.Duration {
		began := time.Now()
		status, body := s.post(t, "/introspect", url.Values{"token": {s.copies.token(s.refresh, s.copies.pick(k))}})
		took := time.Since(began)
		s.mustBe(t, status, body, `"active":true`)
		return took
	}},
	{"a refresh token, rotated", func(t testing.TB, s *side, k int) time.Duration {
		began := time.Now()
		status, body := s.post(t, "/token", url.Values{
			"grant_type": {"refresh_token"}, "refresh_token": {s.copies.token(s.refresh, s.copies.pick(k))}, "resource": {signedAudience},
		})
		took := time.Since(began)
		var reply harness.Reply
		if err := json.Unmarshal(body, &reply); err != nil || status != http.StatusOK || reply.AccessToken == "" {
			t.Fatalf("%s: %d %s", s.name, status, body)
		}
		s.signed = append(s.signed, reply.AccessToken)
		return took
	}},
	{"a JWT, seen first", func(t testing.TB, s *side, k int) time.Duration {
		return s.introspected(t, s.signed[k])
	}},
	{"an authorization, signed in", func(t testing.TB, s *side, _ int) time.Duration {
		began := time.Now()
		s.authorized(t)
		return time.Since(began)
	}},
	{"a code, redeemed", func(t testing.TB, s *side, _ int) time.Duration {
		code := s.authorized(t)
		form := url.Values{
			"grant_type": {"authorization_code"}, "code": {code.Value}, "code_verifier": {code.Verifier},
			"redirect_uri": {redirectURI}, "resource": {opaqueAudience},
		}
		began := time.Now()
		status, body := s.post(t, "/token", form)
		took := time.Since(began)
		s.mustBe(t, status, body, `"refresh_token"`)
		return took
	}},
}

// introspected has the provider look at a token as a guard does.
func (s *side) introspected(t testing.TB, token string) time.Duration {
	t.Helper()
	began := time.Now()
	_, err := s.provider.Introspect(t.Context(), token)
	took := time.Since(began)
	if err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	return took
}

// mustBe ends the program unless the answer is 200 with that in it.
func (s *side) mustBe(t testing.TB, status int, body []byte, holds string) {
	t.Helper()
	if status != http.StatusOK || !strings.Contains(string(body), holds) {
		t.Fatalf("%s: %d %s", s.name, status, body)
	}
}

// authorized gets a code for the person who is signed in.
func (s *side) authorized(t testing.TB) harness.Code {
	t.Helper()
	address, verifier := s.party(s.browser).AuthorizationURL("scope", "signed:read opaque:read", "prompt", "none")
	answer := harness.Get(t, s.browser, address+bothResources)
	location, err := answer.Location()
	if err != nil {
		t.Fatalf("%s: %s: %v", s.name, answer.Status, err)
	}
	return harness.Code{Value: location.Query().Get("code"), Verifier: verifier}
}
