package sources

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// A provider in another process is an issuer elsewhere: found by its metadata, its tokens verified by its keys.
func TestTokensOfAnotherGatehouse(t *testing.T) {
	a := newAway(t, "keys ES256 RS256")
	g := newGate(t, "issuer "+a.Issuer()+"\n"+a.outbound())
	client := a.caddy.Client(t)
	browser := a.SignedIn(t, a.caddy)
	reply, err := a.Tokens(client, browser)
	if err != nil {
		t.Fatal(err)
	}
	person, service := reply.AccessToken, a.token(t)
	for range 2 { // verified, and remembered
		g.wants(t, "a person's token", person, http.StatusOK)
		if _, header := g.up.seen(); header.Get("X-Issuer") != a.Issuer() || header.Get("X-User-Id") == "" || header.Get("X-Client-Id") != "web" || header.Get("Authorization") != "" {
			t.Errorf("headers %v", header)
		}
		g.wants(t, "a service's token", service, http.StatusOK)
		if _, header := g.up.seen(); header["X-User-Id"] != nil || header.Get("X-Client-Id") != "service" {
			t.Errorf("headers %v", header)
		}
	}
	g.wants(t, "an ID token", reply.IDToken, http.StatusUnauthorized)
	g.wants(t, "a refresh token", reply.RefreshToken, http.StatusUnauthorized)
	head, tail := person[:len(person)-10], person[len(person)-9:]
	flipped := head + "A" + tail
	if flipped == person {
		flipped = head + "B" + tail
	}
	g.wants(t, "a flipped signature", flipped, http.StatusUnauthorized)
	// The keys are known: what was issued before is good while the issuer is away.
	a.caddy.Stop(t)
	g.wants(t, "a token while the issuer is away", person, http.StatusOK)
}

// Two providers, one guard in the Caddy of one of them: each token is judged by its own issuer.
func TestTheProviderHereAndAnotherOne(t *testing.T) {
	a := newAway(t, "")
	up := newUpstream(t)
	here := harness.NewHouse(t, harness.Port(t)).With(func(h *harness.House) {
		h.Guard = "issuer " + a.Issuer() + "\nheader X-Issuer iss\n" + a.outbound()
		_, _ = fmt.Sscanf(up.address, "127.0.0.1:%d", &h.Upstream)
	})
	caddy := here.Start(t, t.TempDir())
	client := caddy.Client(t)
	own, err := here.Service(client).ForItself("scope", harness.HouseScope)
	if err != nil {
		t.Fatal(err)
	}
	for issuer, token := range map[string]string{here.Issuer(): own.AccessToken, a.Issuer(): a.token(t)} {
		reply, err := harness.Guarded(client, here.API(), token)
		if err != nil || reply.Status != http.StatusOK {
			t.Fatal(reply, err)
		}
		if _, header := up.seen(); header.Get("X-Issuer") != issuer {
			t.Errorf("a token of %s: headers %v", issuer, header)
		}
	}
	// A revocation here is felt at once, next to tokens of others.
	if _, err := here.Service(client).Revoke(own.AccessToken); err != nil {
		t.Fatal(err)
	}
	before, _ := up.seen()
	if reply, err := harness.Guarded(client, here.API(), own.AccessToken); err != nil || reply.Status != http.StatusUnauthorized {
		t.Error(reply, err)
	}
	if after, _ := up.seen(); after != before {
		t.Error("a revoked token reached the upstream")
	}
}

// TestThreat055_AnotherIssuersPeopleAreNotOurs: under the name of the provider here, nobody of another one is anybody of
// its own, whatever that one calls them.
func TestThreat055_AnotherIssuersPeopleAreNotOurs(t *testing.T) {
	a := newAway(t, "")
	up := newUpstream(t)
	here := harness.NewHouse(t, harness.Port(t)).With(func(h *harness.House) {
		h.Guard = "issuer " + a.Issuer() + "\nupstream_token jwt\n" + a.outbound()
		_, _ = fmt.Sscanf(up.address, "127.0.0.1:%d", &h.Upstream)
	})
	caddy := here.Start(t, t.TempDir())
	client := caddy.Client(t)
	own, err := here.Service(client).ForItself("scope", harness.HouseScope)
	if err != nil {
		t.Fatal(err)
	}
	for sub, token := range map[string]string{"service": own.AccessToken, a.Issuer() + "#service": a.token(t)} {
		if reply, err := harness.Guarded(client, here.API(), token); err != nil || reply.Status != http.StatusOK {
			t.Fatal(reply, err)
		}
		_, header := up.seen()
		p := harness.ReadPassport(t, client, here.Issuer(), harness.HouseAudience, header)
		of, _ := p.Claims["sub_id"].(map[string]any)
		if p.Claims["sub"] != sub || p.Claims["client_id"] != sub || (of == nil) != (sub == "service") || of != nil && of["iss"] != a.Issuer() {
			t.Errorf("%s: %v", sub, p.Claims)
		}
	}
}

// foreign is an issuer that a test rules: its keys, and how it answers.
type foreign struct {
	*httptest.Server
	mu     sync.Mutex
	keys   []jose.JSONWebKey
	answer func(w http.ResponseWriter, r *http.Request) bool
}

func newForeign(t *testing.T) *foreign {
	t.Helper()
	f := &foreign{}
	f.Server = httptest.NewTLSServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

func (f *foreign) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	set, answer := jose.JSONWebKeySet{Keys: f.keys}, f.answer
	f.mu.Unlock()
	if answer != nil && answer(w, r) {
		return
	}
	switch r.URL.Path {
	case "/.well-known/oauth-authorization-server":
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": f.URL, "jwks_uri": f.URL + "/keys"})
	case "/keys":
		_ = json.NewEncoder(w).Encode(set)
	default:
		http.NotFound(w, r)
	}
}

func (f *foreign) publish(keys ...*ecdsa.PrivateKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keys = nil
	for _, key := range keys {
		f.keys = append(f.keys, jose.JSONWebKey{Key: key.Public(), KeyID: kid(key)})
	}
}

// kid names a key by itself.
func kid(key *ecdsa.PrivateKey) string {
	public, err := key.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(public)
}

func (f *foreign) answers(answer func(w http.ResponseWriter, r *http.Request) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// token makes an access token of the issuer; claims replace those of a good one.
func (f *foreign) token(t *testing.T, key *ecdsa.PrivateKey, claims map[string]any) string {
	t.Helper()
	all := map[string]any{
		"iss": f.URL, "sub": "diana", "client_id": "shop", "aud": harness.HouseAudience, "scope": harness.HouseScope,
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	maps.Copy(all, claims)
	return harness.Sign(t, jose.ES256, key, kid(key), all)
}

func TestMust076_AnIssuerThatLiesOrHangsLetsNobodyThrough(t *testing.T) {
	f := newForeign(t)
	key := newKey(t)
	f.publish(key)
	bomb := []byte(strings.Repeat("\x1f\x8b", 10))
	for what, answer := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"redirects": func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "/keys", http.StatusFound)
			return true
		},
		"is huge": func(w http.ResponseWriter, _ *http.Request) bool { _, _ = w.Write(make([]byte, 1<<20)); return true },
		"is broken": func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		},
		"says HTML": func(w http.ResponseWriter, _ *http.Request) bool { _, _ = w.Write([]byte("<html>")); return true },
		"compresses": func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
			return true
		},
		"is silent": func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true },
		"has no keys": func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/keys" {
				_, _ = w.Write([]byte(`{}`))
			}
			return r.URL.Path == "/keys"
		},
	} {
		t.Run(what, func(t *testing.T) {
			f.answers(answer)
			g := newGate(t, "issuer "+f.URL+" {\ntyp JWT\n}\n"+harness.Outbound(t, f.Server))
			began := time.Now()
			g.wants(t, what, f.token(t, key, nil), http.StatusServiceUnavailable)
			if took := time.Since(began); took > 8*time.Second {
				t.Errorf("it took %s", took)
			}
			g.wants(t, "anything else", "opaque", http.StatusServiceUnavailable)
		})
	}
}

// The keys of an issuer change while a guard is up.
func TestThreat034_RotationElsewhere(t *testing.T) {
	f := newForeign(t)
	old, next := newKey(t), newKey(t)
	f.publish(old)
	g := newGate(t, "issuer "+f.URL+" {\ntyp JWT\nalgs ES256\n}\n"+harness.Outbound(t, f.Server))
	g.wants(t, "the first key", f.token(t, old, nil), http.StatusOK)
	g.wants(t, "a key that nobody published", f.token(t, next, nil), http.StatusUnauthorized)
	f.publish(next, old)
	// The unknown key has had its one look; the next is due 10 s after.
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		if status, _ := g.call(t, f.token(t, next, nil)); status == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the new key is not found")
		}
	}
	g.wants(t, "the key before", f.token(t, old, nil), http.StatusOK)
	for what, claims := range map[string]map[string]any{
		"another audience": {"aud": "https://other.example"},
		"another issuer":   {"iss": "https://other.example"},
		"an expired token": {"exp": time.Now().Unix() - 1},
		"a bound token":    {"cnf": map[string]string{"jkt": "x"}},
	} {
		g.wants(t, what, f.token(t, next, claims), http.StatusUnauthorized)
	}
	g.wants(t, "no scope", f.token(t, next, map[string]any{"scope": "other"}), http.StatusForbidden)
}

// TestThreat055_TwoIssuersShareNothing: a token of one is nothing at the guard of the other, even if that has seen it.
func TestThreat055_TwoIssuersShareNothing(t *testing.T) {
	one, two := newForeign(t), newForeign(t)
	key := newKey(t)
	one.publish(key)
	two.publish(key) // the same key: only the issuer tells them apart
	first := newGate(t, "issuer "+one.URL+" {\ntyp JWT\n}\n"+harness.Outbound(t, one.Server))
	both := newGate(t, "issuer "+two.URL+" {\ntyp JWT\n}\n"+harness.Outbound(t, two.Server))
	token := one.token(t, key, nil)
	for range 2 {
		first.wants(t, "a token at its guard", token, http.StatusOK)
		both.wants(t, "a token at another's", token, http.StatusUnauthorized)
	}
}
