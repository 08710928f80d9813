package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

var everyAlg = SigningAlgs

// forge signs input with the ring's own key of alg, as no attacker can: what is refused then is refused for its form.
func forge(t testing.TB, r *Ring, alg, header, payload string) string {
	t.Helper()
	k := r.current.Load().signer(alg, r.now())
	signature, err := sign(alg, k.private, join(header, []byte(payload)))
	if err != nil {
		t.Fatal(err)
	}
	return encode(header) + "." + encode(payload) + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestSignedTokensVerify(t *testing.T) {
	r := newRing(t, newClock(), everyAlg...)
	for _, alg := range everyAlg {
		for _, typ := range []string{"", TypeIDToken, TypeAccessToken} {
			token := mustSign(t, r, alg, typ, map[string]any{"sub": "diana", "html": "<&>"})
			payload, kid, err := r.Verify(t.Context(), token, typ)
			if err != nil || kid != kidOf(t, token) {
				t.Fatalf("%s %q: kid %q, %v", alg, typ, kid, err)
			}
			var claims map[string]string
			if err := json.Unmarshal(payload, &claims); err != nil || claims["sub"] != "diana" || claims["html"] != "<&>" {
				t.Errorf("%s %q: %s, %v", alg, typ, payload, err)
			}
		}
	}
}

// What we sign has to verify in a library that clients use, and what it signs with our key has to verify here.
func TestTokensAreThoseOfGoJose(t *testing.T) {
	r := newRing(t, newClock(), everyAlg...)
	set := published(t, r)
	for _, alg := range everyAlg {
		token := mustSign(t, r, alg, TypeAccessToken, map[string]string{"sub": "diana"})
		parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
		if err != nil {
			t.Fatalf("%s: %v", alg, err)
		}
		if payload, err := parsed.Verify(&set); err != nil || string(payload) != `{"sub":"diana"}` {
			t.Errorf("%s: %s, %v", alg, payload, err)
		}
		k := r.current.Load().signer(alg, r.now())
		signer, err := jose.NewSigner(
			jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: jose.JSONWebKey{Key: k.private, KeyID: k.kid}},
			(&jose.SignerOptions{}).WithType(TypeAccessToken),
		)
		if err != nil {
			t.Fatalf("%s: %v", alg, err)
		}
		signed, err := signer.Sign([]byte(`{"sub":"diana"}`))
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.Verify(t.Context(), theirs, TypeAccessToken); err != nil {
			t.Errorf("%s signed by go-jose: %v", alg, err)
		}
	}
}

func TestThreat017_EveryAlterationIsRefused(t *testing.T) {
	r := newRing(t, newClock(), ES256, EdDSA)
	for _, alg := range []string{ES256, EdDSA} {
		token := mustSign(t, r, alg, TypeAccessToken, map[string]string{"sub": "diana"})
		alterations(token, func(altered string) {
			if _, _, err := r.Verify(t.Context(), altered, TypeAccessToken); !errors.Is(err, ErrNotVerified) {
				t.Errorf("%s: altered token is taken: %q", alg, altered)
			}
		})
	}
}

func TestThreat030_TheKeyNotTheHeaderNamesTheAlgorithm(t *testing.T) {
	r := newRing(t, newClock(), everyAlg...)
	payload := `{"sub":"diana"}`
	for _, k := range r.current.Load().keys {
		for _, secret := range publicForms(t, k) {
			for _, alg := range []string{"HS256", "HS384", "HS512"} {
				header := fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"at+jwt"}`, alg, k.kid)
				mac := hmac.New(sha256.New, secret)
				mac.Write([]byte(encode(header) + "." + encode(payload)))
				token := encode(header) + "." + encode(payload) + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
				refused(t, r, token, alg+" with a public "+k.alg+" key")
			}
		}
		for _, alg := range []string{"ES256", "ES384", "ES256K", "RS256", "RS384", "PS256", "EdDSA", "Ed25519", "es256", "RS1"} {
			if alg != k.alg {
				header := fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"at+jwt"}`, alg, k.kid)
				refused(t, r, forge(t, r, k.alg, header, payload), k.alg+" key under "+alg)
			}
		}
	}
}

// publicForms are the spellings of a public key that a confused verifier has taken for an HMAC secret.
func publicForms(t testing.TB, k *signingKey) [][]byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(k.public)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := k.jwk().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	encoded := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return [][]byte{nil, der, jwk, encoded, encoded[:len(encoded)-1]}
}

func TestThreat031_UnsignedTokensAreRefused(t *testing.T) {
	r := newRing(t, newClock(), ES256)
	token := mustSign(t, r, ES256, TypeIDToken, map[string]string{"sub": "diana"})
	parts := strings.Split(token, ".")
	kid := kidOf(t, token)
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "", " none", "n\\u006fne"} {
		header := encode(`{"alg":"` + alg + `","kid":"` + kid + `","typ":"JWT"}`)
		refused(t, r, header+"."+parts[1]+".", alg+" without a signature")
		refused(t, r, header+"."+parts[1]+"."+parts[2], alg+" with a signature")
		refused(t, r, header+"."+parts[1], alg+" with two parts")
	}
	general := fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q}]}`, parts[1], parts[0], parts[2])
	flat := fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, parts[1], parts[0], parts[2])
	for why, text := range map[string]string{
		"empty": "", "one part": parts[0], "two parts": parts[0] + "." + parts[1], "empty signature": parts[0] + "." + parts[1] + ".",
		"no header": "." + parts[1] + "." + parts[2], "no payload": parts[0] + ".." + parts[2], "dots": "..", "four parts": token + ".",
		"five parts": token + "." + token, "JSON serialisation": general, "flattened": flat, "leading space": " " + token,
		"trailing newline": token + "\n", "padded": token + "=", "zero signature": parts[0] + "." + parts[1] + "." + strings.Repeat("A", 86),
		"ASN.1 signature": parts[0] + "." + parts[1] + "." + encode("0\x06\x02\x01\x01\x02\x01\x01"),
	} {
		refused(t, r, text, why)
	}
}

func TestThreat032_EmbeddedKeysAreIgnored(t *testing.T) {
	r := newRing(t, newClock(), ES256)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	own := kids(published(t, r))[0]
	jwk, err := jose.JSONWebKey{Key: &private.PublicKey, KeyID: own, Algorithm: ES256}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{
		`"jwk":` + string(jwk), `"jku":"https://evil.example/jwks"`, `"x5u":"https://evil.example/cert"`, `"x5c":["MIIB"]`, `"x5t":"AAAA"`,
	} {
		header := `{"alg":"ES256","kid":"` + own + `","typ":"JWT",` + member + `}`
		signature, err := sign(ES256, private, join(header, []byte(`{}`)))
		if err != nil {
			t.Fatal(err)
		}
		refused(t, r, encode(header)+"."+encode(`{}`)+"."+base64.RawURLEncoding.EncodeToString(signature), "signed by the key of "+member)
		refused(t, r, forge(t, r, ES256, header, `{}`), "signed by us, with "+member)
	}
}

func TestThreat033_AndTheRestOfTheHeader(t *testing.T) {
	r := newRing(t, newClock(), ES256)
	kid := kids(published(t, r))[0]
	for why, header := range map[string]string{
		"crit":              `{"alg":"ES256","crit":["exp"],"exp":1,"kid":"` + kid + `","typ":"JWT"}`,
		"empty crit":        `{"alg":"ES256","crit":[],"kid":"` + kid + `","typ":"JWT"}`,
		"b64":               `{"alg":"ES256","b64":false,"crit":["b64"],"kid":"` + kid + `","typ":"JWT"}`,
		"kid twice":         `{"alg":"ES256","kid":"x","kid":"` + kid + `","typ":"JWT"}`,
		"alg twice":         `{"alg":"none","alg":"ES256","kid":"` + kid + `","typ":"JWT"}`,
		"alg in capitals":   `{"ALG":"ES256","kid":"` + kid + `","typ":"JWT"}`,
		"no kid":            `{"alg":"ES256","typ":"JWT"}`,
		"empty kid":         `{"alg":"ES256","kid":"","typ":"JWT"}`,
		"another kid":       `{"alg":"ES256","kid":"` + NewToken("") + `","typ":"JWT"}`,
		"path kid":          `{"alg":"ES256","kid":"../` + kid + `","typ":"JWT"}`,
		"SQL kid":           `{"alg":"ES256","kid":"` + kid + `' OR '1'='1","typ":"JWT"}`,
		"prefix of the kid": `{"alg":"ES256","kid":"` + kid[:42] + `","typ":"JWT"}`,
		"numeric kid":       `{"alg":"ES256","kid":1,"typ":"JWT"}`,
		"long kid":          `{"alg":"ES256","kid":"` + strings.Repeat("k", 1<<20) + `","typ":"JWT"}`,
		"zip":               `{"alg":"ES256","kid":"` + kid + `","typ":"JWT","zip":"DEF"}`,
		"nested":            `{"alg":"ES256","cty":"JWT","kid":"` + kid + `","typ":"JWT"}`,
		"trailing bytes":    `{"alg":"ES256","kid":"` + kid + `","typ":"JWT"}{}`,
		"trailing blank":    `{"alg":"ES256","kid":"` + kid + `","typ":"JWT"} `,
		"NUL in a name":     `{"alg":"ES256","kid\u0000":"x","kid":"` + kid + `","typ":"JWT"}`,
		"array":             `["ES256"]`,
		"no JSON":           `ES256`,
		"deep":              strings.Repeat("[", 1000) + strings.Repeat("]", 1000),
		"logout token":      `{"alg":"ES256","kid":"` + kid + `","typ":"logout+jwt"}`,
		"numeric typ":       `{"alg":"ES256","kid":"` + kid + `","typ":1}`,
	} {
		refused(t, r, forge(t, r, ES256, header, `{"sub":"diana"}`), why)
	}
}

// A token is made for one place, and passes nowhere else.
func TestMust042_ATokenOfOneKindIsNoOther(t *testing.T) {
	r := newRing(t, newClock(), ES256)
	presented := []string{"", TypeIDToken, TypeAccessToken, "logout+jwt", "dpop+jwt", "client-authentication+jwt", "AT+JWT", "application/at+jwt"}
	for _, made := range presented {
		token := mustSign(t, r, ES256, made, map[string]string{"sub": "diana"})
		for _, expected := range presented {
			idToken := func(typ string) bool { return typ == "" || typ == TypeIDToken }
			want := made == expected || idToken(made) && idToken(expected)
			if _, _, err := r.Verify(t.Context(), token, expected); (err == nil) != want {
				t.Errorf("%q where %q is expected: %v", made, expected, err)
			}
		}
		if _, err := r.VerifyHint(t.Context(), token); (err == nil) != (made == "" || made == TypeIDToken) {
			t.Errorf("%q as a hint: %v", made, err)
		}
	}
}

func TestThreat037_HugeTokensAreCheap(t *testing.T) {
	r := newRing(t, newClock(), ES256)
	token := mustSign(t, r, ES256, TypeAccessToken, map[string]string{"sub": "diana"})
	for why, huge := range map[string]string{
		"a megabyte of dots":    strings.Repeat(".", 1<<20),
		"a megabyte of letters": strings.Repeat("A", 1<<20),
		"a megabyte behind":     token + strings.Repeat("A", 1<<20),
		"a long header":         strings.Repeat("A", 1<<20) + "." + token,
		"16 KiB of dots":        strings.Repeat(".", MaxJWS),
		"one byte too long":     strings.Repeat("A", MaxJWS+1),
	} {
		refused(t, r, huge, why)
		if allocs := testing.AllocsPerRun(10, func() { _, _, _ = r.Verify(t.Context(), huge, TypeAccessToken) }); allocs > 1 {
			t.Errorf("%s: %v allocations", why, allocs)
		}
		begin := time.Now()
		for range 100 {
			_, _, _ = r.Verify(t.Context(), huge, TypeAccessToken)
		}
		if each := time.Since(begin) / 100; each > 5*time.Millisecond {
			t.Errorf("%s: %s each", why, each)
		}
	}
}

func TestSignRefusesWhatVerifyWould(t *testing.T) {
	r := newRing(t, newClock(), ES256)
	if _, err := r.Sign(ES256, TypeIDToken, map[string]string{"x": strings.Repeat("x", MaxJWS)}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := r.Sign(ES256, TypeIDToken, func() {}); err == nil {
		t.Error("signed what has no JSON form")
	}
	for _, alg := range []string{RS256, "none", "HS256", ""} {
		if _, err := r.Sign(alg, TypeIDToken, struct{}{}); !errors.Is(err, ErrNoKey) || r.Has(alg) {
			t.Errorf("%q: %v", alg, err)
		}
	}
}

func TestThreat038_OnlyKeysThatFitAreUsed(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	edwards, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		alg  string
		key  crypto.PublicKey
		want bool
	}{
		{ES256, &p256.PublicKey, true},
		{ES256, &p384.PublicKey, false},
		{RS256, &small.PublicKey, false},
		{PS256, &small.PublicKey, false},
		{EdDSA, edwards, true},
		{EdDSA, edwards[:31], false},
		{ES256, edwards, false},
		{RS256, &p256.PublicKey, false},
		{ES256, []byte("secret"), false},
		{"HS256", []byte("secret"), false},
		{"none", nil, false},
	} {
		if fits(tt.alg, tt.key) != tt.want {
			t.Errorf("%s with %T", tt.alg, tt.key)
		}
	}
	if verify(ES256, []byte("secret"), nil, nil) || verify("none", nil, nil, nil) {
		t.Error("verified with no key")
	}
	if _, err := sign("none", nil, nil); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("signed with no key: %v", err)
	}
	if _, err := generate("HS256"); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("made a shared key: %v", err)
	}
}
