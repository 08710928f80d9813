package dpop

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// A client with each kind of key gets a token, which says whose key it is bound to, and gets in with it; the upstream
// sees neither.
func TestEveryKindOfKey(t *testing.T) {
	t.Parallel()
	w := open(t, "", "")
	for _, alg := range []string{"ES256", "ES384", "EdDSA", "PS256", "RS256"} {
		by := harness.NewProver(t, alg)
		token := w.bound(t, by)
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
		if err != nil {
			t.Fatal(err)
		}
		var claims struct {
			Cnf map[string]string `json:"cnf"`
		}
		if err := json.Unmarshal(payload, &claims); err != nil || claims.Cnf["jkt"] != by.JKT() {
			t.Errorf("%s: the token says %s, %v", alg, payload, err)
		}
		told, err := w.Service(w.client).Introspect(token)
		if err != nil || !strings.Contains(told.Body, `"cnf":{"jkt":"`+by.JKT()+`"}`) || told.TokenType != "DPoP" {
			t.Errorf("%s: introspection: %s, %v", alg, told.Body, err)
		}
		w.warm(t, token, by)
		w.lets(t, token, by.Proof("GET", w.API(), token))
		for _, name := range []string{"Authorization", "Dpop"} {
			if at := w.seen[len(w.seen)-1]; at.Get(name) != "" {
				t.Errorf("%s: the upstream sees %s", alg, name)
			}
		}
	}
}

// TestMust069_ABoundTokenIsNoBearerToken: a token that is bound to a key counts by its own scheme, with a proof of its
// own key, and no other token counts by that scheme.
func TestMust069_ABoundTokenIsNoBearerToken(t *testing.T) {
	t.Parallel()
	w := open(t, "", "")
	mine, theirs := harness.NewProver(t, "ES256"), harness.NewProver(t, "ES256")
	token := w.bound(t, mine)
	w.warm(t, token, mine)
	theirs.Heard(http.Header{"Dpop-Nonce": {mine.Nonce()}}, 0)
	proof := func(by *harness.Prover) string { return by.Proof("GET", w.API(), token) }

	w.keeps(t, "as Bearer", "invalid_token", "Bearer "+token)
	w.keeps(t, "as Bearer with its proof", "invalid_token", "Bearer "+token, proof(mine))
	w.keeps(t, "without a proof", "invalid_dpop_proof", "DPoP "+token)
	w.keeps(t, "two proofs", "invalid_dpop_proof", "DPoP "+token, proof(mine), proof(mine))
	w.keeps(t, "two proofs in one", "invalid_dpop_proof", "DPoP "+token, proof(mine)+", "+proof(mine))
	w.keeps(t, "the proof of another key", "invalid_token", "DPoP "+token, proof(theirs))

	plain, err := w.Service(w.client).ForItself("scope", harness.HouseScope)
	if err != nil || plain.TokenType != "Bearer" {
		t.Fatal(plain, err)
	}
	w.keeps(t, "a bearer token by DPoP", "invalid_token", "DPoP "+plain.AccessToken, mine.Proof("GET", w.API(), plain.AccessToken))
	if got := w.call(t, "GET", w.API(), "Bearer "+plain.AccessToken); got.Status != http.StatusOK {
		t.Errorf("a bearer token: %v", got)
	}
	w.lets(t, token, proof(mine))
}

// What a proof has to say, and what the guard makes of it when it says something else.
func TestMust038_AProofIsForOneRequest(t *testing.T) {
	t.Parallel()
	w := open(t, "", "")
	by := harness.NewProver(t, "ES256")
	token := w.bound(t, by)
	w.warm(t, token, by)
	now := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	for what, changed := range map[string]harness.Claims{
		"htm":                      {"htm": "POST"},
		"htm in another case":      {"htm": "get"},
		"htm a list":               {"htm": []string{"GET"}},
		"no htm":                   {"htm": nil},
		"another path":             {"htu": w.API() + "/1"},
		"a path in another case":   {"htu": strings.Replace(w.API(), "/api", "/API", 1)},
		"the path alone":           {"htu": "/api/orders"},
		"another port":             {"htu": "https://localhost/api/orders"},
		"another scheme":           {"htu": strings.Replace(w.API(), "https", "http", 1)},
		"another host":             {"htu": "https://evil.example/api/orders"},
		"a host with a user":       {"htu": strings.Replace(w.API(), "https://", "https://evil@", 1)},
		"an encoded slash":         {"htu": strings.Replace(w.API(), "/orders", "%2Forders", 1)},
		"htu a list":               {"htu": []string{w.API()}},
		"no htu":                   {"htu": nil},
		"too old":                  {"iat": now(-70 * time.Second)},
		"from the future":          {"iat": now(30 * time.Second)},
		"iat a text":               {"iat": "1700000000"},
		"iat negative":             {"iat": -1},
		"iat beyond time":          {"iat": 1e300},
		"no iat":                   {"iat": nil},
		"no jti":                   {"jti": nil},
		"an empty jti":             {"jti": ""},
		"jti a number":             {"jti": 1},
		"the ath of another token": {"ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"},
		"no ath":                   {"ath": nil},
		"an empty ath":             {"ath": ""},
	} {
		w.keeps(t, what, "invalid_dpop_proof", "DPoP "+token, by.Proof("GET", w.API(), token, changed))
	}
	w.keeps(t, "a nonce of nobody's", "use_dpop_nonce", "DPoP "+token, by.Proof("GET", w.API(), token, harness.Claims{"nonce": "abc.def"}))
	for what, changed := range map[string]harness.Claims{
		"as it is":               nil,
		"with a query":           {"htu": w.API() + "?a=b"},
		"with a fragment":        {"htu": w.API() + "#a"},
		"the host in upper case": {"htu": strings.Replace(w.API(), "localhost", "LOCALHOST", 1)},
		"the scheme as well":     {"htu": strings.Replace(w.API(), "https", "HTTPS", 1)},
		"a letter as an escape":  {"htu": strings.Replace(w.API(), "orders", "%6frders", 1)},
		"dot segments":           {"htu": strings.Replace(w.API(), "/orders", "/x/../orders", 1)},
		"half a minute old":      {"iat": now(-30 * time.Second)},
		"a little fast":          {"iat": now(5 * time.Second)},
	} {
		t.Log(what)
		w.lets(t, token, by.Proof("GET", w.API(), token, changed))
	}
}

// TestThreat116_TheKeyOfAProof: a key that is told, shared, or of another kind proves nothing, and nor does what a header
// points at.
func TestThreat116_TheKeyOfAProof(t *testing.T) {
	t.Parallel()
	w := open(t, "", "")
	by := harness.NewProver(t, "ES256")
	token := w.bound(t, by)
	w.warm(t, token, by)
	claims := func() harness.Claims {
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(by.Proof("GET", w.API(), token), ".")[1])
		if err != nil {
			t.Fatal(err)
		}
		made := harness.Claims{}
		if err := json.Unmarshal(payload, &made); err != nil {
			t.Fatal(err)
		}
		return made
	}
	oct := map[string]any{"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"}
	for what, header := range map[string]harness.Claims{
		"a private key":        {"jwk": by.PrivateJWK()},
		"a symmetric key":      {"jwk": oct},
		"an HMAC":              {"jwk": oct, "alg": "HS256"},
		"none":                 {"alg": "none"},
		"another algorithm":    {"alg": "ES384"},
		"no key":               {"jwk": nil},
		"the name of a key":    {"jwk": nil, "kid": "1"},
		"the place of a key":   {"jwk": nil, "jku": "https://evil.example/jwks"},
		"a key to encrypt for": {"jwk": with(by.JWK(), "use", "enc")},
		"another kind of JWT":  {"typ": "JWT"},
		"an access token":      {"typ": "at+jwt"},
		"no kind":              {"typ": nil},
		"a critical extension": {"crit": []string{"b64"}, "b64": true},
	} {
		w.keeps(t, what, "invalid_dpop_proof", "DPoP "+token, by.Sign(claims(), header))
	}
	signed := by.Sign(claims(), nil)
	w.keeps(t, "without a signature", "invalid_dpop_proof", "DPoP "+token, signed[:strings.LastIndexByte(signed, '.')+1])
	w.keeps(t, "another signature", "invalid_dpop_proof", "DPoP "+token, signed[:len(signed)-8]+"AAAAAAAA")
	w.keeps(t, "too long", "invalid_dpop_proof", "DPoP "+token, by.Sign(with(claims(), "pad", strings.Repeat("x", 4<<10)), nil))
	w.lets(t, token, by.Sign(claims(), nil))
}

func with(of map[string]any, name string, value any) map[string]any {
	of[name] = value
	return of
}

// What a caller says of where it went is not heard.
func TestThreat116_HeadersDoNotSayWhereARequestWent(t *testing.T) {
	t.Parallel()
	w := open(t, "", "")
	by := harness.NewProver(t, "ES256")
	token := w.bound(t, by)
	w.warm(t, token, by)
	for _, header := range []http.Header{
		{"X-Forwarded-Host": {"evil.example"}},
		{"X-Forwarded-Host": {"evil.example"}, "X-Forwarded-Proto": {"https"}},
		{"Forwarded": {"host=evil.example;proto=https"}},
		{"X-Original-Url": {"https://evil.example/api/orders"}},
	} {
		request, err := http.NewRequest("GET", w.API(), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header = header
		request.Header.Set("Authorization", "DPoP "+token)
		request.Header.Set("DPoP", by.Proof("GET", "https://evil.example/api/orders", token))
		if got, err := harness.Read(w.client.Do(request)); err != nil || got.Status != http.StatusUnauthorized {
			t.Errorf("%v: %v, %v", header, got, err)
		}
	}
	if w.hits() != 0 {
		t.Error("the upstream was reached")
	}
}

// The upstream's own token is bound to no key: it is not the caller who shows it.
func TestTheUpstreamsTokenIsNotBound(t *testing.T) {
	t.Parallel()
	w := open(t, "", "upstream_token jwt")
	by := harness.NewProver(t, "ES256")
	token := w.bound(t, by)
	w.warm(t, token, by)
	w.lets(t, token, by.Proof("GET", w.API(), token))
	seen := w.seen[len(w.seen)-1]
	p := harness.ReadPassport(t, w.client, w.Issuer(), harness.HouseAudience, seen)
	if p.Claims["cnf"] != nil || p.Claims["sub"] != "service" || seen.Get("DPoP") != "" {
		t.Errorf("%v, %v", p.Claims, seen)
	}
	w.keeps(t, "the upstream's token by DPoP", "invalid_token", "DPoP "+p.JWT, by.Proof("GET", w.API(), p.JWT))
}
