package keys

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
)

func TestHMAC(t *testing.T) {
	for _, alg := range HMACAlgs {
		for _, typ := range []string{"", TypeIDToken} {
			token, err := SignHMAC(longSecret, alg, typ, map[string]string{"sub": "diana"})
			if err != nil {
				t.Fatal(err)
			}
			got, err := VerifyHMAC(longSecret, token, []string{alg})
			if diff := cmp.Diff(JWS{Alg: alg, Type: typ, Payload: []byte(`{"sub":"diana"}`)}, got); err != nil || diff != "" {
				t.Errorf("%s: %v %s", alg, err, diff)
			}
			if _, err := VerifyHMAC(longSecret+"x", token, HMACAlgs); !errors.Is(err, ErrNotVerified) {
				t.Errorf("%s: taken with another secret: %v", alg, err)
			}
			for _, allowed := range [][]string{nil, {AlgNone}, SigningAlgs} {
				if _, err := VerifyHMAC(longSecret, token, allowed); !errors.Is(err, ErrNotVerified) {
					t.Errorf("%s: taken where %v is allowed: %v", alg, allowed, err)
				}
			}
			parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parsed.Verify([]byte(longSecret)); err != nil {
				t.Errorf("%s: go-jose refuses it: %v", alg, err)
			}
		}
	}
}

// RFC 7518 section 3.2: a key at least as long as the hash.
func TestHMACSecretsAreLongEnough(t *testing.T) {
	for alg, size := range map[string]int{HS256: 32, HS384: 48, HS512: 64} {
		short, enough := strings.Repeat("s", size-1), strings.Repeat("s", size)
		if _, err := SignHMAC(short, alg, "", struct{}{}); !errors.Is(err, ErrSecretTooShort) {
			t.Errorf("%s: %v", alg, err)
		}
		token, err := SignHMAC(enough, alg, "", struct{}{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := VerifyHMAC(enough, token, HMACAlgs); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		input := token[:strings.LastIndex(token, ".")]
		weak := input + "." + encode(string(authenticate(short, alg, []byte(input))))
		if _, err := VerifyHMAC(short, weak, HMACAlgs); !errors.Is(err, ErrNotVerified) {
			t.Errorf("%s: a short secret verifies: %v", alg, err)
		}
	}
	for _, alg := range []string{"", AlgNone, RS256, "hs256"} {
		if err := CheckHMACSecret(longSecret, alg); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("%q: %v", alg, err)
		}
		if _, err := SignHMAC(longSecret, alg, "", struct{}{}); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("%q: %v", alg, err)
		}
	}
}

func TestSignHMACRefusesWhatVerifyWould(t *testing.T) {
	if _, err := SignHMAC(longSecret, HS256, "", strings.Repeat("x", MaxJWS)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := SignHMAC(longSecret, HS256, "", func() {}); err == nil {
		t.Error("signed what has no JSON form")
	}
}

func TestUnsecured(t *testing.T) {
	token, err := Unsecured(map[string]string{"sub": "diana"})
	if err != nil {
		t.Fatal(err)
	}
	if token != encode(`{"alg":"none"}`)+"."+encode(`{"sub":"diana"}`)+"." { // as RFC 7519 section 6.1 shows it
		t.Error(token)
	}
	got, err := ReadUnsecured(token)
	if diff := cmp.Diff(JWS{Alg: AlgNone, Payload: []byte(`{"sub":"diana"}`)}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if _, err := Unsecured(strings.Repeat("x", MaxJWS)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := Unsecured(func() {}); err == nil {
		t.Error("made of what has no JSON form")
	}
}

// Where a caller wants exactly none, a signed token stripped of its signature is not it.
func TestThreat031_UnsecuredIsNoneAndNothingElse(t *testing.T) {
	signed, err := SignHMAC(longSecret, HS256, "", struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	body := "." + encode(`{}`) + "."
	for why, token := range map[string]string{
		"signed": signed, "stripped": signed[:strings.LastIndex(signed, ".")+1], "None": encode(`{"alg":"None"}`) + body,
		"nOnE": encode(`{"alg":"nOnE"}`) + body, "no alg": encode(`{}`) + body, "with a signature": encode(`{"alg":"none"}`) + body + "AA",
		"crit": encode(`{"alg":"none","crit":["exp"]}`) + body, "alg twice": encode(`{"alg":"HS256","alg":"none"}`) + body,
		"two parts": encode(`{"alg":"none"}`) + "." + encode(`{}`), "four parts": encode(`{"alg":"none"}`) + body + ".",
		"no payload": encode(`{"alg":"none"}`) + "..", "empty": "", "dots": "..", "no base64url": "+." + encode(`{}`) + ".",
		"payload of none": encode(`{"alg":"none"}`) + ".+.", "huge": strings.Repeat("A", MaxJWS) + "..",
	} {
		if got, err := ReadUnsecured(token); !errors.Is(err, ErrNotVerified) || got.Payload != nil {
			t.Errorf("%s: %v", why, err)
		}
	}
}
