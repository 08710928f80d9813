package userinfo_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/keys"
)

const secret = "a secret that is long enough for an HMAC with any SHA-2, even with SHA-512"

// told is what the client web reads at userinfo, protected so, and who the claims are about.
func told(t *testing.T, w *granttest.World, how client.Protection, jwks []byte) (got *httptest.ResponseRecorder, sub string) {
	t.Helper()
	cfg := granttest.Standard()
	web := cfg.Clients[0]
	web.Userinfo, web.JWKS = how, jwks
	web.Secrets = append(web.Secrets, client.KeptSecret(secret))
	h := openAs(t, w, cfg)
	issued := h.Issue(t, "web", "openid email")
	return h.do(get("Bearer " + issued.AccessToken)), issued.Grant.Subject
}

func TestUserinfoAsTheClientRegistered(t *testing.T) {
	w := granttest.New(t)
	policy := keys.Policy{Algs: keys.SigningAlgs, PublishAhead: time.Hour, KeepFor: time.Hour}
	if err := w.Ring.Ensure(t.Context(), policy); err != nil {
		t.Fatal(err)
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public(), KeyID: "1"}}})
	if err != nil {
		t.Fatal(err)
	}
	verify := func(alg, token string) (payload []byte, err error) {
		switch alg {
		case "": // encrypted alone
			return []byte(token), nil
		case keys.AlgNone:
			got, err := keys.ReadUnsecured(token)
			return got.Payload, err
		case keys.HS256, keys.HS384, keys.HS512:
			got, err := keys.VerifyHMAC(secret, token, []string{alg})
			return got.Payload, err
		}
		payload, _, err = w.Ring.Verify(t.Context(), token, keys.TypeIDToken)
		return payload, err
	}
	for _, alg := range append(append([]string{"", keys.AlgNone}, keys.HMACAlgs...), keys.SigningAlgs...) {
		for _, encryption := range []string{"", keys.RSAOAEP256} {
			if alg == "" && encryption == "" {
				continue
			}
			rec, sub := told(t, w, client.Protection{Alg: alg, EncryptionAlg: encryption}, set)
			if rec.Code != 200 || rec.Header().Get("Content-Type") != "application/jwt" || rec.Header().Get("Cache-Control") != "no-store" {
				t.Fatalf("%s %s: %d %v %s", alg, encryption, rec.Code, rec.Header(), rec.Body)
			}
			text := rec.Body.String()
			if encryption != "" {
				jwe, err := jose.ParseEncryptedCompact(text, []jose.KeyAlgorithm{jose.RSA_OAEP_256}, []jose.ContentEncryption{jose.A128CBC_HS256})
				if err != nil {
					t.Fatal(err)
				}
				inner, err := jwe.Decrypt(private)
				if err != nil {
					t.Fatal(err)
				}
				text = string(inner)
			}
			payload, err := verify(alg, text)
			if err != nil {
				t.Fatalf("%s %s: %v", alg, encryption, err)
			}
			var claims map[string]any
			if err := json.Unmarshal(payload, &claims); err != nil {
				t.Fatal(err)
			}
			want := map[string]any{
				"iss": granttest.Issuer, "aud": "web", "sub": sub, "email": "alice@example.com", "email_verified": true,
			}
			if diff := cmp.Diff(want, claims); diff != "" {
				t.Errorf("%s %s: %s", alg, encryption, diff)
			}
		}
	}
}

func TestUserinfoThatCannotBeProtectedIsRefused(t *testing.T) {
	w := granttest.New(t)
	for why, tt := range map[string]struct {
		how    client.Protection
		status int
	}{
		"no key of the client": {client.Protection{EncryptionAlg: keys.RSAOAEP256}, 400},
		"no key of ours":       {client.Protection{Alg: keys.PS512}, 500},
	} {
		rec, _ := told(t, w, tt.how, nil)
		if rec.Code != tt.status || rec.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s", why, rec.Code, rec.Body)
		}
		if challenge := rec.Header().Get("WWW-Authenticate"); (challenge != "") != (tt.status == 400) {
			t.Errorf("%s: challenge %q", why, challenge)
		}
	}
}
