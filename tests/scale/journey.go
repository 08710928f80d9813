package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// rotations is how often the refresh token of a journey is used: most rows of a real store are spent ones. Every
// fourth time the answer is an opaque token.
const rotations = 8

const scopes = "openid offline_access signed:read opaque:read"

// bothResources end the query of an authorization request.
var bothResources = "&" + url.Values{"resource": {signedAudience, opaqueAudience}}.Encode()

// journey is what a person and a client leave behind: a sign-in with consent, a code that was redeemed, refresh
// tokens spent and one live, opaque tokens, and a token that was revoked.
type journey struct {
	records []store.Record
	code    string
	refresh []string // the last is live
	opaque  []string // all are live
}

// party is the client, as the person's browser sees it.
func (s *side) party(browser *http.Client) *harness.Party {
	return &harness.Party{HTTP: browser, Issuer: issuer, ID: webClient, Secret: secret, RedirectURI: redirectURI}
}

// travel makes the journey at the side's provider and leaves the provider closed.
func (s *side) travel(t testing.TB) *journey {
	t.Helper()
	s.open(t)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.browser = &http.Client{Transport: s, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	web := s.party(s.browser)
	address, verifier := web.AuthorizationURL("scope", scopes, "prompt", "consent")
	answer := harness.SignIn(t, s.browser, address+bothResources, account(0), password)
	location, err := answer.Location()
	if err != nil {
		t.Fatalf("%s: %v\n%s", answer.Status, err, answer.Text)
	}
	j := &journey{code: location.Query().Get("code")}
	reply := s.took(t, j)(web.Redeem(harness.Code{Value: j.code, Verifier: verifier}, "resource", opaqueAudience))
	for i := range rotations {
		resource := signedAudience
		if i%4 == 3 {
			resource = opaqueAudience
		}
		reply = s.took(t, j)(web.Refresh(reply.RefreshToken, "resource", resource))
		if i == 0 {
			if revoked, err := web.Revoke(reply.AccessToken); err != nil || revoked.Status != http.StatusOK {
				t.Fatalf("%v: %v", revoked, err)
			}
		}
	}
	s.close(t)
	j.records = s.read(t)
	return j
}

// took notes the tokens of an answer.
func (s *side) took(t testing.TB, j *journey) func(*harness.Reply, error) *harness.Reply {
	t.Helper()
	return func(reply *harness.Reply, err error) *harness.Reply {
		t.Helper()
		if err != nil || reply.RefreshToken == "" {
			t.Fatalf("%v: %v", reply, err)
		}
		j.refresh = append(j.refresh, reply.RefreshToken)
		if len(reply.AccessToken) < 100 {
			j.opaque = append(j.opaque, reply.AccessToken)
		}
		return reply
	}
}

// read gives what the journey has left in the store, but for what is the provider's and not the journey's, and what
// is over within seconds. It adds an assertion that was used.
func (s *side) read(t testing.TB) (records []store.Record) {
	t.Helper()
	backend := s.place.open(t, s.now)
	for _, k := range store.Kinds {
		if slices.Contains([]store.Kind{store.Keys, store.Secrets, store.Throttles, store.RefreshSuccessors}, k) {
			continue
		}
		found, _, err := store.All(t.Context(), backend, k, store.Filter{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, found...)
	}
	if err := backend.Close(); err != nil {
		t.Fatal(err)
	}
	return append(records, store.Record{
		Kind: store.UsedOnce, Key: keys.Digest("an assertion"), Version: 1, ClientID: webClient, ExpiresAt: s.now().Add(longest), Body: []byte("{}"),
	})
}
