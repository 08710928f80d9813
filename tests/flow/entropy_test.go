package flow

import (
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// shannon is how many bits a text has if its characters were drawn as often as they are seen in it. It is an
// estimate from below: a short text cannot show all the characters that could have been drawn.
func shannon(text string) float64 {
	seen := map[rune]float64{}
	for _, char := range text {
		seen[char]++
	}
	bits, length := 0.0, float64(len([]rune(text)))
	for _, times := range seen {
		bits -= times * math.Log2(times/length)
	}
	return bits
}

func TestShannonMeasuresWhatItSays(t *testing.T) {
	for text, want := range map[string]float64{"": 0, "aaaa": 0, "abab": 4, "abcd": 8, strings.Repeat("abcdefgh", 2): 48} {
		if got := shannon(text); math.Abs(got-want) > 1e-9 {
			t.Errorf("%q has %v bits, want %v", text, got, want)
		}
	}
}

// gauge measures strings that nobody may guess, as they leave a real Caddy.
type gauge struct {
	*testing.T
	seen map[string]bool
}

// measure takes the prefix away, which everybody knows.
func (g gauge) measure(kind, prefix, text string) {
	g.Helper()
	secret, named := strings.CutPrefix(text, prefix)
	if bits := shannon(secret); !named || bits <= 128 {
		g.Errorf("a %s of %d characters has %.0f bits: %.8s…", kind, len(secret), bits, text)
	}
	if g.seen[secret] {
		g.Errorf("a %s came twice", kind)
	}
	g.seen[secret] = true
}

func TestThreat016_WhatClientsAreGivenCannotBeGuessed(t *testing.T) {
	h, g := shared(t), gauge{t, map[string]bool{}}
	for range 4 {
		code, verifier := h.code(t, "web", append(offline, "resource", vault)...)
		g.measure("code", "gac_", code)
		got := h.redeem(t, "web", code, verifier)
		g.measure("opaque access token", "gat_", got.Access)
		g.measure("refresh token", "grt_", got.Refresh)
		next := h.refresh(t, "web", got.Refresh)
		g.measure("refreshed refresh token", "grt_", next.Refresh)
		g.measure("refreshed access token", "gat_", next.Access)
	}
}

// TestThreat016_WhatRegisteredClientsAreGivenCannotBeGuessed: what they prove themselves by, and what they manage
// themselves by, which changes with each update.
func TestThreat016_WhatRegisteredClientsAreGivenCannotBeGuessed(t *testing.T) {
	h, g := build(t, plan{bare: true, provider: "registration open"}), gauge{t, map[string]bool{}}
	type answer struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
		Token  string `json:"registration_access_token"`
		URI    string `json:"registration_client_uri"`
	}
	ask := func(method, address, token, body string) answer {
		t.Helper()
		request, err := http.NewRequest(method, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		got := harness.Do(t, h.back, request)
		var read answer
		if err := json.Unmarshal([]byte(got.Text), &read); err != nil || read.ID == "" {
			t.Fatalf("%s %s", got.Status, got.Text)
		}
		return read
	}
	for _, method := range []string{"client_secret_basic", "client_secret_jwt", "client_secret_basic", "client_secret_jwt"} {
		metadata := `"redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"` + method + `"}`
		made := ask(http.MethodPost, h.issuer+"/register", "", "{"+metadata)
		g.measure("client secret for "+method, "", made.Secret)
		g.measure("registration access token", "grr_", made.Token)
		next := ask(http.MethodPut, made.URI, made.Token, `{"client_id":"`+made.ID+`",`+metadata)
		g.measure("changed registration access token", "grr_", next.Token)
	}
}
