package flow

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// flips are all texts that differ from text in one bit.
func flips(text string) []string {
	var all []string
	for i := range len(text) {
		for bit := range 8 {
			flipped := []byte(text)
			flipped[i] ^= 1 << bit
			all = append(all, string(flipped))
		}
	}
	return all
}

// someFlips are one in 29 of them: the step shares no factor with 8, so that every bit of a byte has its turn.
// op/grant and op/keys try all.
func someFlips(text string) []string {
	var some []string
	for i, flipped := range flips(text) {
		if i%29 == 0 {
			some = append(some, flipped)
		}
	}
	return some
}

// inHeader are those that an HTTP client can send in a header at all.
func inHeader(texts []string) []string {
	var sendable []string
	for _, text := range texts {
		if !strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
			sendable = append(sendable, text)
		}
	}
	return sendable
}

// TestThreat017_AnAccessTokenWithOneBitFlippedIsNone: at the guard, at userinfo by header and by form, and at
// introspection.
func TestThreat017_AnAccessTokenWithOneBitFlippedIsNone(t *testing.T) {
	h := shared(t)
	for name, token := range map[string]string{
		"JWT": h.issue(t, "web", "scope", "openid api:read").Access, "opaque": h.issue(t, "web", "scope", "openid vault:open", "resource", vault).Access,
	} {
		t.Run(name, func(t *testing.T) {
			tried := flips(token)
			if name == "JWT" {
				tried = someFlips(token)
				h.passes(t, token)
			}
			for _, flipped := range tried {
				if answer := h.post(t, "web", "/introspect", "token", flipped); answer.StatusCode == http.StatusOK && answer.Text != inactive {
					t.Errorf("introspection of %q: %s", flipped, answer.Text)
				}
				form := url.Values{"access_token": {flipped}}
				refused(t, harness.Post(t, h.back, h.issuer+"/userinfo", form), flipped)
			}
			h.up.untouched(t, "a flipped token", func() {
				for _, flipped := range inHeader(tried) {
					refused(t, harness.Get(t, h.back, h.issuer+"/userinfo", "Authorization", "Bearer "+flipped), flipped)
					refused(t, h.call(t, "/orders", flipped), flipped)
				}
			})
			if told, _ := h.introspect(t, "web", token); told["active"] != true {
				t.Errorf("the token itself: %v", told)
			}
		})
	}
}

// refused wants a token to open nothing, whether or not it could be read.
func refused(t *testing.T, answer harness.Answer, token string) {
	t.Helper()
	if answer.StatusCode != http.StatusUnauthorized && answer.StatusCode != http.StatusBadRequest {
		t.Errorf("%s with %q: %s", answer.Request.URL.Path, token, answer.Status)
	}
}

// TestThreat017_ACodeWithOneBitFlippedIsNone, and does not spend the one that it comes from.
func TestThreat017_ACodeWithOneBitFlippedIsNone(t *testing.T) {
	h := shared(t)
	code, verifier := h.code(t, "web", "scope", "openid")
	for _, flipped := range flips(code) {
		got := h.token(t, "web", "grant_type", "authorization_code", "code", flipped, "redirect_uri", callback, "code_verifier", verifier)
		if got.Status != http.StatusBadRequest || got.Access != "" {
			t.Errorf("%q: %d %s", flipped, got.Status, got.Text)
		}
	}
	h.redeem(t, "web", code, verifier)
}

// TestThreat017_ARefreshTokenWithOneBitFlippedIsNone, and does not end the grant of the one that it comes from.
func TestThreat017_ARefreshTokenWithOneBitFlippedIsNone(t *testing.T) {
	h := shared(t)
	token := h.issue(t, "web", offline...).Refresh
	for _, flipped := range flips(token) {
		if got := h.refresh(t, "web", flipped); got.Status != http.StatusBadRequest || got.Access != "" {
			t.Errorf("%q: %d %s", flipped, got.Status, got.Text)
		}
	}
	if got := h.refresh(t, "web", token); got.Status != http.StatusOK {
		t.Errorf("the token itself: %s", got.Text)
	}
}

// TestThreat017_AHintWithOneBitFlippedNamesNobody: prompt=none answers for the ID token and for no other text.
func TestThreat017_AHintWithOneBitFlippedNamesNobody(t *testing.T) {
	h := shared(t)
	for _, client := range []string{"web", "modern"} { // RS256 and ES256
		t.Run(client, func(t *testing.T) {
			hint := h.issue(t, client, "scope", "openid").ID
			ask := func(hint string) harness.Answer {
				address, _ := h.authorization(client, "scope", "openid", "prompt", "none", "id_token_hint", hint)
				return harness.Get(t, h.web, address)
			}
			for _, flipped := range someFlips(hint) {
				answer := ask(flipped)
				if answer.StatusCode == http.StatusBadRequest {
					continue // it was no text at all, and our own page says so
				}
				if told := heard(t, answer); told.Get("error") != "login_required" || told.Has("code") {
					t.Errorf("%q is taken for an ID token: %v", flipped, told)
				}
			}
			if told := heard(t, ask(hint)); told.Get("code") == "" {
				t.Errorf("the ID token itself: %v", told)
			}
		})
	}
}

func TestFlipsDifferInOneBit(t *testing.T) {
	if got := fmt.Sprintf("%q", flips("a")); got != `["`+"`"+`" "c" "e" "i" "q" "A" "!" "\xe1"]` {
		t.Error(got)
	}
}
