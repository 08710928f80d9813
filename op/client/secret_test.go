package client

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func mustVerify(t *testing.T, s Secret, plain string, want bool) {
	t.Helper()
	got, err := s.Verify(plain)
	if err != nil || got != want {
		t.Fatalf("Verify(%q) = %v, %v; want %v", plain, got, err, want)
	}
}

func TestPlainSecret(t *testing.T) {
	s := PlainSecret("demo-service-secret")
	mustVerify(t, s, "demo-service-secret", true)
	for _, wrong := range []string{"", "demo-service-secre", "demo-service-secret ", "Demo-service-secret", "\x00"} {
		mustVerify(t, s, wrong, false)
	}
}

// TestThreat107_NoSecretProvesNothing: nothing that was left empty can be matched by sending something empty.
func TestThreat107_NoSecretProvesNothing(t *testing.T) {
	yes := func([]byte, []byte) (bool, error) { return true, nil }
	for name, s := range map[string]Secret{
		"zero": {}, "empty": PlainSecret(""), "empty hash": HashedSecret("", yes), "no compare": HashedSecret("$x$", nil),
	} {
		if !s.IsZero() {
			t.Errorf("%s: IsZero = false", name)
		}
		for _, plain := range []string{"", "null", "\x00", "[secret]"} {
			mustVerify(t, s, plain, false)
		}
	}
	if PlainSecret("x").IsZero() || HashedSecret("h", yes).IsZero() {
		t.Error("a secret counts as none")
	}
	mustVerify(t, HashedSecret("h", yes), "", false)
}

func TestNewSecretHash(t *testing.T) {
	secret, form := NewSecretHash()
	if raw, err := base64.RawURLEncoding.DecodeString(secret); err != nil || len(raw) != 64 {
		t.Fatalf("the secret has %d bytes, %v; want 64", len(raw), err)
	}
	if !IsDigestSecret(form) || strings.Contains(form, secret) {
		t.Fatalf("form = %q", form)
	}
	s, err := DigestSecret(form)
	if err != nil {
		t.Fatal(err)
	}
	mustVerify(t, s, secret, true)
	mustVerify(t, s, form, false)
	other, _ := NewSecretHash()
	mustVerify(t, s, other, false)
}

// TestThreat016_SecretsDoNotRepeat samples the generator.
func TestThreat016_SecretsDoNotRepeat(t *testing.T) {
	seen := map[string]bool{}
	for range 20_000 {
		secret, _ := NewSecretHash()
		if seen[secret] {
			t.Fatal("a secret came twice")
		}
		seen[secret] = true
	}
}

func TestDigestSecretRefusesAnyOtherForm(t *testing.T) {
	_, good := NewSecretHash()
	last := good[len(good)-1]
	for _, form := range []string{
		"", "$sha256$", good[:len(good)-1], good + "A", good + "=", good + "\n", " " + good, strings.ToUpper(digestPrefix) + good[len(digestPrefix):],
		"$2a$14$X3ulqf", "$sha256$" + strings.Repeat("*", 43),
		good[:len(good)-1] + string(rune(last+1)), // the same bits with a stray one in the tail
	} {
		if s, err := DigestSecret(form); err == nil || !s.IsZero() {
			t.Errorf("DigestSecret(%q) is accepted", form)
		} else if len(form) > 20 && strings.Contains(err.Error(), form[len(digestPrefix):]) {
			t.Errorf("the error quotes the secret: %v", err)
		}
	}
}

func TestHashedSecretPassesErrorsOn(t *testing.T) {
	broken := errors.New("no such hash")
	s := HashedSecret("h", func(hash, plain []byte) (bool, error) {
		if string(hash) != "h" || string(plain) != "p" {
			t.Errorf("compare(%q, %q)", hash, plain)
		}
		return true, broken
	})
	if _, err := s.Verify("p"); !errors.Is(err, broken) {
		t.Fatalf("error = %v", err)
	}
}

func TestVerifyIsTrueForTheSecretAlone(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		secret := rapid.StringN(1, 80, -1).Draw(rt, "secret")
		shown := rapid.OneOf(rapid.String(), rapid.Just(secret)).Draw(rt, "shown")
		s, err := DigestSecret(SecretHash(secret))
		if err != nil {
			rt.Fatal(err)
		}
		if got, err := s.Verify(shown); err != nil || got != (shown == secret) {
			rt.Fatalf("Verify = %v, %v", got, err)
		}
	})
}

// TestThreat117_SecretsStayOutOfLogs prints a client in every way a log or a dump would.
func TestThreat117_SecretsStayOutOfLogs(t *testing.T) {
	const canary, hash = "canary-secret", "$argon2id$canary-hash"
	c := Client{ID: "web", Secrets: []Secret{PlainSecret(canary), HashedSecret(hash, func([]byte, []byte) (bool, error) { return false, nil })}}
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	printed := string(asJSON)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		printed += fmt.Sprintf(format, c) + fmt.Sprintf(format, &c) + fmt.Sprintf(format, c.Secrets[0])
	}
	for _, secret := range []string{canary, hash, digest(canary)} {
		if strings.Contains(printed, secret) {
			t.Errorf("%q is in\n%s", secret, printed)
		}
	}
}
