package keys

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestThreat016_SecretsAreLongAndNeverRepeat samples a million secrets of all kinds.
func TestThreat016_SecretsAreLongAndNeverRepeat(t *testing.T) {
	const samples = 1_000_000
	prefixes := []string{PrefixCode, PrefixRefresh, PrefixAccess, ""}
	seen := make(map[[secretBytes]byte]struct{}, samples)
	for i := range samples {
		prefix := prefixes[i%len(prefixes)]
		token := NewToken(prefix)
		value, ok := strings.CutPrefix(token, prefix)
		raw, plain := decode64(value)
		if !ok || !plain || len(raw) != 32 {
			t.Fatalf("%q is not 256 bits behind %q", token, prefix)
		}
		seen[[secretBytes]byte(raw)] = struct{}{}
	}
	if len(seen) != samples {
		t.Errorf("%d of %d secrets came twice", samples-len(seen), samples)
	}
}

func TestPrefixesAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, prefix := range []string{PrefixCode, PrefixRefresh, PrefixAccess} {
		if seen[prefix] || len(prefix) != 4 {
			t.Errorf("prefix %q", prefix)
		}
		seen[prefix] = true
	}
}

func TestNewIDIs128Bits(t *testing.T) {
	seen := make(map[string]bool)
	for range 20_000 {
		id := NewID()
		if raw, ok := decode64(id); !ok || len(raw) != 16 {
			t.Fatalf("%q is not 128 bits", id)
		}
		if seen[id] {
			t.Fatal("an id came twice")
		}
		seen[id] = true
	}
}

// The value is that of FIPS 180-2, appendix B.1.
func TestDigestIsSHA256(t *testing.T) {
	if got := Digest("abc"); got != "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0" {
		t.Errorf("digest of abc is %s", got)
	}
}

func TestEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		if Equal(a, b) != (a == b) || !Equal(a, a) || Equal(a, a+"x") {
			t.Fatalf("%q and %q", a, b)
		}
	})
}

// The first two are the examples of OpenID Connect Core appendix A.
func TestMust034_HalfHashForEveryAlgorithm(t *testing.T) {
	const token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
	for _, tt := range []struct{ alg, value, want string }{
		{"RS256", token, "77QmUPtjPfzWtF2AnpK9RQ"},
		{"RS256", "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk", "LDktKdoQak3Pk0cnXxCltA"},
		{"ES256", token, "77QmUPtjPfzWtF2AnpK9RQ"},
		{"PS256", token, "77QmUPtjPfzWtF2AnpK9RQ"},
		{"HS256", token, "77QmUPtjPfzWtF2AnpK9RQ"},
	} {
		if got, err := HalfHash(tt.alg, tt.value); err != nil || got != tt.want {
			t.Errorf("%s: %q, %v", tt.alg, got, err)
		}
	}
	for alg, size := range map[string]int{
		"RS384": 24, "PS384": 24, "ES384": 24, "HS384": 24, "RS512": 32, "PS512": 32, "ES512": 32, "HS512": 32, "EdDSA": 32,
	} {
		got, err := HalfHash(alg, token)
		if raw, ok := decode64(got); err != nil || !ok || len(raw) != size {
			t.Errorf("%s: %q, %v", alg, got, err)
		}
	}
	for _, alg := range []string{"", "none", "RS1", "rs256", "ES256K", "Ed25519 "} {
		if got, err := HalfHash(alg, token); !errors.Is(err, ErrAlgorithm) || got != "" {
			t.Errorf("%q: %q, %v", alg, got, err)
		}
	}
}
