package flow

import (
	"math"
	"strings"
	"testing"
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

// TestThreat016_WhatClientsAreGivenCannotBeGuessed measures the strings themselves, prefix taken away, as they leave
// a real Caddy.
func TestThreat016_WhatClientsAreGivenCannotBeGuessed(t *testing.T) {
	h := shared(t)
	seen := map[string]bool{}
	measure := func(kind, prefix, text string) {
		t.Helper()
		secret, named := strings.CutPrefix(text, prefix)
		if bits := shannon(secret); !named || bits <= 128 {
			t.Errorf("a %s of %d characters has %.0f bits: %.8s…", kind, len(secret), bits, text)
		}
		if seen[secret] {
			t.Errorf("a %s came twice", kind)
		}
		seen[secret] = true
	}
	for range 4 {
		code, verifier := h.code(t, "web", append(offline, "resource", vault)...)
		measure("code", "gac_", code)
		got := h.redeem(t, "web", code, verifier)
		measure("opaque access token", "gat_", got.Access)
		measure("refresh token", "grt_", got.Refresh)
		next := h.refresh(t, "web", got.Refresh)
		measure("refreshed refresh token", "grt_", next.Refresh)
		measure("refreshed access token", "gat_", next.Access)
	}
}
