package introspection_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/keys"
)

const signedType = "application/token-introspection+jwt"

// askFor is ask with an Accept header.
func (h *house) askFor(accept, caller, token string) *httptest.ResponseRecorder {
	r := request(url.Values{"token": {token}})
	r.SetBasicAuth(caller, url.QueryEscape(granttest.Secret))
	r.Header["Accept"] = strings.Split(accept, "|")
	return h.do(r)
}

// with is Standard with a change to the client "worker".
func with(t *testing.T, change func(*client.Client)) (*granttest.World, *house) {
	t.Helper()
	cfg := granttest.Standard()
	cfg.Clients = slices.Clone(cfg.Clients)
	for n, c := range cfg.Clients {
		if c.ID == "worker" {
			changed := *c
			change(&changed)
			cfg.Clients[n] = &changed
		}
	}
	w := granttest.New(t)
	policy := keys.Policy{
		Algs: []string{keys.ES256, keys.RS256}, RotateEvery: 30 * 24 * time.Hour, PublishAhead: time.Hour, KeepFor: 2 * time.Hour,
	}
	if err := w.Ring.Ensure(t.Context(), policy); err != nil {
		t.Fatal(err)
	}
	return w, open(t, w, cfg)
}

// verified opens a signed answer by the published keys alone.
func verified(t *testing.T, w *granttest.World, alg, jws string) (header jose.Header, claims map[string]any) {
	t.Helper()
	var set jose.JSONWebKeySet
	body, _ := w.Ring.JWKS()
	if err := json.Unmarshal(body, &set); err != nil {
		t.Fatal(err)
	}
	signed, err := jose.ParseSignedCompact(jws, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
	if err != nil {
		t.Fatal(err)
	}
	header = signed.Signatures[0].Header
	payload, err := signed.Verify(set.Key(header.KeyID)[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return header, claims
}

// An answer as a JWT says the same as one in JSON, to whom and since when, and nothing of its own that would make it an
// access token (RFC 9701 section 5).
func TestSignedAnswersSayTheSame(t *testing.T) {
	for alg, change := range map[string]func(*client.Client){
		keys.RS256: func(*client.Client) {},
		keys.ES256: func(c *client.Client) { c.Introspection.Alg = keys.ES256 },
	} {
		w, h := with(t, change)
		token := h.Issue(t, "web", "openid api:read").AccessToken
		for name, token := range map[string]string{"live": token, "unknown": "gat_unknown"} {
			var plain map[string]any
			if err := json.Unmarshal(h.ask("worker", token).Body.Bytes(), &plain); err != nil {
				t.Fatal(err)
			}
			rec := h.askFor(signedType, "worker", token)
			if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != signedType || rec.Header().Get("Cache-Control") != "no-store" || rec.Header().Get("Vary") != "Accept" {
				t.Fatalf("%s: %d %v", name, rec.Code, rec.Header())
			}
			header, claims := verified(t, w, alg, rec.Body.String())
			if header.ExtraHeaders[jose.HeaderType] != "token-introspection+jwt" {
				t.Errorf("%s: typ %v", name, header.ExtraHeaders)
			}
			want := map[string]any{
				"iss": granttest.Issuer, "aud": "worker", "iat": float64(w.Clock.Now().Unix()), "token_introspection": plain,
			}
			if diff := cmp.Diff(want, claims); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			if name == "live" && plain["active"] != true || name != "live" && len(plain) != 1 {
				t.Errorf("%s: %v", name, plain)
			}
		}
	}
}

func TestWhichAnswerIsAskedFor(t *testing.T) {
	_, h := with(t, func(*client.Client) {})
	token := h.Issue(t, "web", "openid api:read").AccessToken
	for accept, want := range map[string]string{
		"":                                    "application/json",
		"*/*":                                 "application/json",
		"application/*":                       "application/json",
		"application/json":                    "application/json",
		"application/jwt":                     "application/json",
		signedType:                            signedType,
		"Application/Token-Introspection+JWT": signedType,
		signedType + ", application/json":     signedType,
		"application/json, " + signedType:     signedType,
		"application/json;q=0.9, " + signedType + ";q=0.5": "application/json",
		"application/json;q=0.5|" + signedType + ";q=0.9":  signedType,
		signedType + ";q=0": "application/json",
		signedType + ";q=x": "application/json",
		";;;," + signedType: signedType,
	} {
		if got := h.askFor(accept, "worker", token).Header().Get("Content-Type"); got != want {
			t.Errorf("%q: %s", accept, got)
		}
	}
	if rec := h.askFor(signedType, "nobody", token); rec.Code != http.StatusUnauthorized || rec.Header().Get("Content-Type") != "application/json" {
		t.Errorf("a stranger: %d %v", rec.Code, rec.Header())
	}
}

// TestMust042_ASignedAnswerIsNothingElse: at no other place of this provider does it count.
func TestMust042_ASignedAnswerIsNothingElse(t *testing.T) {
	_, h := with(t, func(c *client.Client) { c.Introspection.Alg = keys.ES256 })
	jws := h.askFor(signedType, "worker", h.Issue(t, "web", "openid api:read").AccessToken).Body.String()
	if _, err := h.Grants.Introspect(t.Context(), jws); err == nil {
		t.Error("it is an access token")
	}
	if rec := h.ask("worker", jws); rec.Body.String() != inactive {
		t.Errorf("asked about it: %s", rec.Body)
	}
}

func TestEncryptedAnswers(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public(), KeyID: "1", Use: "enc"}}})
	if err != nil {
		t.Fatal(err)
	}
	w, h := with(t, func(c *client.Client) {
		c.JWKS, c.Introspection = set, client.Protection{EncryptionAlg: keys.ECDHES, EncryptionEnc: keys.A256GCM}
	})
	rec := h.askFor(signedType, "worker", h.Issue(t, "web", "openid api:read").AccessToken)
	jwe, err := jose.ParseEncryptedCompact(rec.Body.String(), []jose.KeyAlgorithm{jose.ECDH_ES}, []jose.ContentEncryption{jose.A256GCM})
	if err != nil {
		t.Fatalf("%d %v: %v", rec.Code, rec.Header(), err)
	}
	inner, err := jwe.Decrypt(private)
	if err != nil {
		t.Fatal(err)
	}
	if _, claims := verified(t, w, keys.RS256, string(inner)); claims["aud"] != "worker" {
		t.Errorf("%v", claims)
	}
}

// A key that is missing is an outage, and not a plain answer in its place.
func TestWhatCannotBeSignedIsNotSent(t *testing.T) {
	_, h := with(t, func(c *client.Client) { c.Introspection.Alg = keys.ES512 })
	if rec := h.askFor(signedType, "worker", "gat_unknown"); rec.Code != http.StatusInternalServerError || strings.Contains(rec.Body.String(), "active") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}
