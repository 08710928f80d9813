package keys

import (
	"crypto"
	"crypto/hmac"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestVerifyTokensOfOthers(t *testing.T) {
	p := theirs(t)
	for _, alg := range SigningAlgs {
		for _, header := range []string{
			`{"alg":"` + alg + `","kid":"` + alg + `","typ":"client-authentication+jwt"}`,
			`{ "typ":"client-authentication+jwt", "alg":"` + alg + `" }`,
		} {
			token := signAs(t, alg, somebodys()[alg], header, `{"iss":"s6BhdRkqt3"}`)
			got, err := p.Verify(token, SigningAlgs)
			if err != nil {
				t.Errorf("%s: %v", alg, err)
			}
			want := JWS{Alg: alg, Type: "client-authentication+jwt", Payload: []byte(`{"iss":"s6BhdRkqt3"}`)}
			if strings.Contains(header, "kid") {
				want.KeyID = alg
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			others := slices.DeleteFunc(slices.Clone(SigningAlgs), func(other string) bool { return other == alg })
			if _, err := p.Verify(token, others); !errors.Is(err, ErrNotVerified) {
				t.Errorf("%s is taken where it is not allowed: %v", alg, err)
			}
			if _, err := p.Verify(token, nil); !errors.Is(err, ErrNotVerified) {
				t.Errorf("%s is taken where nothing is allowed: %v", alg, err)
			}
		}
	}
}

// What a common library signs has to verify here.
func TestVerifyTokensOfGoJose(t *testing.T) {
	p := theirs(t)
	for _, alg := range SigningAlgs {
		signer, err := jose.NewSigner(jose.SigningKey{
			Algorithm: jose.SignatureAlgorithm(alg), Key: jose.JSONWebKey{Key: somebodys()[alg], KeyID: alg},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signer.Sign([]byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		token, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Verify(token, []string{alg}); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

func TestThreat017_EveryFlippedBitIsRefusedForEveryAlgorithm(t *testing.T) {
	p := theirs(t)
	check := func(alg, token string, refuse func(string) error) {
		for i := range token {
			for bit := range 8 {
				flipped := []byte(token)
				flipped[i] ^= 1 << bit
				if err := refuse(string(flipped)); !errors.Is(err, ErrNotVerified) {
					t.Errorf("%s: bit %d of byte %d: %v", alg, bit, i, err)
				}
			}
		}
	}
	for _, alg := range SigningAlgs {
		token := signAs(t, alg, somebodys()[alg], `{"alg":"`+alg+`"}`, `{"a":1}`)
		check(alg, token, func(s string) error { _, err := p.Verify(s, SigningAlgs); return err })
	}
	for _, alg := range HMACAlgs {
		token, err := SignHMAC(longSecret, alg, TypeIDToken, map[string]int{"a": 1})
		if err != nil {
			t.Fatal(err)
		}
		check(alg, token, func(s string) error { _, err := VerifyHMAC(longSecret, s, HMACAlgs); return err })
	}
	r := newRing(t, newClock(), SigningAlgs...)
	for _, alg := range SigningAlgs {
		token := mustSign(t, r, alg, TypeAccessToken, map[string]int{"a": 1})
		rapid.Check(t, func(t *rapid.T) {
			flipped := []byte(token)
			flipped[rapid.IntRange(0, len(token)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			if _, _, err := r.Verify(t.Context(), string(flipped), TypeAccessToken); !errors.Is(err, ErrNotVerified) {
				t.Fatalf("%s: %v", alg, err)
			}
		})
	}
}

func TestThreat030_APublicKeyIsNoSecret(t *testing.T) {
	for _, alg := range []string{RS256, ES256, EdDSA} {
		public := somebodys()[alg].Public()
		p := parse(t, jwks(t, members(t, public, map[string]any{"kid": "k"})))
		for _, secret := range spellings(t, public) {
			for _, hs := range HMACAlgs {
				header := `{"alg":"` + hs + `","kid":"k"}`
				mac := hmac.New(hmacHash(hs).New, secret)
				mac.Write([]byte(encode(header) + "." + encode(`{}`)))
				token := encode(header) + "." + encode(`{}`) + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
				notTaken(t, p, token, hs+" under a public "+alg+" key")
			}
		}
	}
}

// spellings are the forms of a public key that a confused verifier has taken for a secret.
func spellings(t testing.TB, public crypto.PublicKey) [][]byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := json.Marshal(members(t, public, nil))
	if err != nil {
		t.Fatal(err)
	}
	encoded := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return [][]byte{nil, der, jwk, jwks(t, members(t, public, nil)), encoded, encoded[:len(encoded)-1]}
}

// Each key under each algorithm: only those pass that the key is for, whatever the header says.
func TestThreat030_OfEachKeyOnlyItsAlgorithms(t *testing.T) {
	for _, made := range SigningAlgs {
		p := parse(t, jwks(t, members(t, somebodys()[made].Public(), nil)))
		strict := parse(t, jwks(t, members(t, somebodys()[made].Public(), map[string]any{"alg": made})))
		for _, said := range SigningAlgs {
			token := signAs(t, made, somebodys()[made], `{"alg":"`+said+`"}`, `{}`)
			for _, p := range []*PublicKeys{p, strict} {
				if _, err := p.Verify(token, SigningAlgs); (err == nil) != (made == said) {
					t.Errorf("signed with %s under %s: %v", made, said, err)
				}
			}
			// A key that says RS256 does not verify PS256, though it could.
			if !fits(said, somebodys()[made].Public()) || said == made {
				continue
			}
			token = signAs(t, said, somebodys()[made], `{"alg":"`+said+`"}`, `{}`)
			if _, err := p.Verify(token, SigningAlgs); err != nil {
				t.Errorf("a key without alg does not verify %s: %v", said, err)
			}
			if _, err := strict.Verify(token, SigningAlgs); !errors.Is(err, ErrNoFittingKey) {
				t.Errorf("a key for %s verifies %s: %v", made, said, err)
			}
		}
	}
}

func TestWhatAKeyIsForIsRespected(t *testing.T) {
	token := signAs(t, ES256, somebodys()[ES256], `{"alg":"ES256"}`, `{}`)
	for why, tt := range map[string]struct {
		more map[string]any
		want bool
	}{
		"nothing said":    {nil, true},
		"use sig":         {map[string]any{"use": "sig"}, true},
		"use enc":         {map[string]any{"use": "enc"}, false},
		"use unknown":     {map[string]any{"use": "tls"}, false},
		"verify":          {map[string]any{"key_ops": []string{"verify"}}, true},
		"and more":        {map[string]any{"key_ops": []string{"wrapKey", "verify"}}, true},
		"sign only":       {map[string]any{"key_ops": []string{"sign"}}, false},
		"no operation":    {map[string]any{"key_ops": []string{}}, false},
		"alg":             {map[string]any{"alg": ES256}, true},
		"another alg":     {map[string]any{"alg": ES384}, false},
		"alg to encrypt":  {map[string]any{"alg": ECDHES}, false},
		"use against ops": {map[string]any{"use": "enc", "key_ops": []string{"verify"}}, false},
	} {
		p := parse(t, jwks(t, members(t, somebodys()[ES256].Public(), tt.more)))
		if _, err := p.Verify(token, SigningAlgs); (err == nil) != tt.want {
			t.Errorf("%s: %v", why, err)
		} else if err != nil && !errors.Is(err, ErrNoFittingKey) {
			t.Errorf("%s: not told apart from a forgery: %v", why, err)
		}
	}
}

func TestThreat031_UnsignedForeignTokensAreRefused(t *testing.T) {
	p := theirs(t)
	token := signAs(t, ES256, somebodys()[ES256], `{"alg":"ES256"}`, `{"sub":"diana"}`)
	parts := strings.Split(token, ".")
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "", " none", "n\\u006fne"} {
		header := encode(`{"alg":"` + alg + `"}`)
		notTaken(t, p, header+"."+parts[1]+".", alg+" without a signature")
		notTaken(t, p, header+"."+parts[1]+"."+parts[2], alg+" with a signature")
		notTaken(t, p, header+"."+parts[1], alg+" with two parts")
	}
	flat := fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, parts[1], parts[0], parts[2])
	general := fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q}]}`, parts[1], parts[0], parts[2])
	for why, text := range map[string]string{
		"empty": "", "dots": "..", "empty signature": parts[0] + "." + parts[1] + ".", "two parts": parts[0] + "." + parts[1],
		"detached payload": parts[0] + ".." + parts[2], "flattened": flat, "JSON serialisation": general,
		"five parts": token + ".x.y", "padded": token + "=", "a blank before": " " + token,
	} {
		notTaken(t, p, text, why)
	}
}

func TestThreat032_KeysInTheHeaderAreIgnored(t *testing.T) {
	p := theirs(t)
	private, err := generate(ES256)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := json.Marshal(members(t, private.Public(), map[string]any{"kid": ES256}))
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{
		`"jwk":` + string(jwk), `"jku":"https://evil.example/jwks"`, `"x5u":"https://evil.example/cert"`, `"x5c":["MIIB"]`, `"x5t":"AAAA"`, `"x5c":1`,
	} {
		header := `{"alg":"ES256",` + member + `}`
		notTaken(t, p, signAs(t, ES256, private, header, `{}`), "signed by the key of "+member)
		// The same header under a key we know is no reason to refuse: nothing of it was looked at.
		if _, err := p.Verify(signAs(t, ES256, somebodys()[ES256], header, `{}`), SigningAlgs); err != nil {
			t.Errorf("%s: %v", member, err)
		}
	}
}

func TestThreat033_KidAndTheRestOfTheHeader(t *testing.T) {
	p := theirs(t)
	for why, header := range map[string]string{
		"crit":               `{"alg":"ES256","crit":["exp"],"exp":1}`,
		"empty crit":         `{"alg":"ES256","crit":[]}`,
		"null crit":          `{"alg":"ES256","crit":null}`,
		"b64":                `{"alg":"ES256","b64":false,"crit":["b64"]}`,
		"kid twice":          `{"alg":"ES256","kid":"x","kid":"ES256"}`,
		"alg twice":          `{"alg":"none","alg":"ES256"}`,
		"alg in capitals":    `{"ALG":"ES256"}`,
		"another's kid":      `{"alg":"ES256","kid":"ES384"}`,
		"unknown kid":        `{"alg":"ES256","kid":"x"}`,
		"path kid":           `{"alg":"ES256","kid":"../ES256"}`,
		"SQL kid":            `{"alg":"ES256","kid":"ES256' OR '1'='1"}`,
		"numeric kid":        `{"alg":"ES256","kid":1}`,
		"null kid":           `{"alg":"ES256","kid":null}`,
		"a megabyte of kid":  `{"alg":"ES256","kid":"` + strings.Repeat("k", 1<<20) + `"}`,
		"10 kilobytes of it": `{"alg":"ES256","kid":"` + strings.Repeat("k", 10<<10) + `"}`,
		"numeric typ":        `{"alg":"ES256","typ":1}`,
		"alg as a list":      `{"alg":["ES256"]}`,
		"trailing bytes":     `{"alg":"ES256"}{}`,
		"array":              `["ES256"]`,
		"no JSON":            `ES256`,
		"deep":               `{"alg":"ES256","x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
	} {
		notTaken(t, p, signAs(t, ES256, somebodys()[ES256], header, `{}`), why)
	}
}

// Two parties use one kid, and one party uses it for two keys. The right key decides, or none does.
func TestThreat033_OneKidForSeveralKeys(t *testing.T) {
	mine, other := somebodys()[ES256], somebodys()[EdDSA]
	second, err := generate(ES256)
	if err != nil {
		t.Fatal(err)
	}
	kid := map[string]any{"kid": "1"}
	for why, set := range map[string][]map[string]any{
		"other first": {members(t, other.Public(), kid), members(t, second.Public(), kid), members(t, mine.Public(), kid)},
		"mine first":  {members(t, mine.Public(), kid), members(t, second.Public(), kid), members(t, other.Public(), kid)},
		"nameless":    {members(t, mine.Public(), nil), members(t, other.Public(), kid)},
	} {
		p := parse(t, jwks(t, set...))
		for _, header := range []string{`{"alg":"ES256","kid":"1"}`, `{"alg":"ES256"}`} {
			if _, err := p.Verify(signAs(t, ES256, mine, header, `{}`), SigningAlgs); err != nil {
				t.Errorf("%s, %s: %v", why, header, err)
			}
		}
	}
	party := parse(t, jwks(t, members(t, second.Public(), kid)))
	_, err = party.Verify(signAs(t, ES256, mine, `{"alg":"ES256","kid":"1"}`, `{}`), SigningAlgs)
	if !errors.Is(err, ErrNotVerified) || errors.Is(err, ErrNoFittingKey) {
		t.Errorf("the same kid at another party: %v", err)
	}
}

func TestThreat034_AMissingKeyIsToldApart(t *testing.T) {
	token := signAs(t, ES256, somebodys()[ES256], `{"alg":"ES256","kid":"new"}`, `{}`)
	for why, set := range map[string][]byte{
		"an empty set":      jwks(t),
		"another kid":       jwks(t, members(t, somebodys()[ES256].Public(), map[string]any{"kid": "old"})),
		"another algorithm": jwks(t, members(t, somebodys()[RS256].Public(), map[string]any{"kid": "new"})),
	} {
		if _, err := parse(t, set).Verify(token, SigningAlgs); !errors.Is(err, ErrNoFittingKey) || !errors.Is(err, ErrNotVerified) {
			t.Errorf("%s: %v", why, err)
		}
	}
	for _, garbage := range []string{"", "a.b.c", token[:len(token)-2]} {
		if _, err := parse(t, jwks(t)).Verify(garbage, SigningAlgs); errors.Is(err, ErrNoFittingKey) != (garbage == token[:len(token)-2]) {
			t.Errorf("%q: %v", garbage, err)
		}
	}
}

func TestThreat037_HugeForeignTokensAreCheap(t *testing.T) {
	p := theirs(t)
	token := signAs(t, ES256, somebodys()[ES256], `{"alg":"ES256"}`, `{}`)
	for why, huge := range map[string]string{
		"a megabyte of dots": strings.Repeat(".", 1<<20), "a megabyte behind": token + strings.Repeat("A", 1<<20),
		"16 KiB of dots": strings.Repeat(".", MaxJWS), "one byte too long": strings.Repeat("A", MaxJWS+1),
	} {
		notTaken(t, p, huge, why)
		if _, _, err := Peek(huge); !errors.Is(err, ErrNotVerified) {
			t.Errorf("%s: peeked: %v", why, err)
		}
		begin := time.Now()
		for range 100 {
			_, _ = p.Verify(huge, SigningAlgs)
		}
		if each := time.Since(begin) / 100; each > 5*time.Millisecond {
			t.Errorf("%s: %s each", why, each)
		}
	}
}

func TestPeek(t *testing.T) {
	token := signAs(t, ES256, somebodys()[ES256], `{"alg":"ES256","kid":"x"}`, `{"iss":"c"}`)
	if alg, payload, err := Peek(token); err != nil || alg != ES256 || string(payload) != `{"iss":"c"}` {
		t.Errorf("%q %s %v", alg, payload, err)
	}
	unsecured, err := Unsecured(struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "..", unsecured, encode(`{}`) + "." + encode(`{}`) + ".AA", encode(`x`) + "." + encode(`{}`) + ".AA"} {
		if alg, payload, err := Peek(text); !errors.Is(err, ErrNotVerified) || alg != "" || payload != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzForeignJWS(f *testing.F) {
	p := theirs(f)
	signed := map[string]bool{}
	for _, alg := range SigningAlgs {
		token := signAs(f, alg, somebodys()[alg], `{"alg":"`+alg+`","kid":"`+alg+`"}`, `{"a":1}`)
		signed[token] = true
		f.Add(token)
	}
	f.Add("e30.e30.e30")
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := p.Verify(token, everyName); err == nil && !signed[token] {
			t.Fatalf("a forgery: %q", token)
		}
		if _, err := VerifyHMAC(longSecret, token, everyName); err == nil {
			t.Fatalf("a forgery: %q", token)
		}
		alg, payload, err := Peek(token)
		if (err == nil) != (alg != "") || err != nil && payload != nil {
			t.Fatalf("%q: %q, %v", token, alg, err)
		}
		if got, err := ReadUnsecured(token); err == nil && (got.Alg != AlgNone || !strings.HasSuffix(token, ".")) {
			t.Fatalf("%q: %+v", token, got)
		}
	})
}
