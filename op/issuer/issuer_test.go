package issuer

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys/keystest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

const (
	name    = "https://as.example/tenant"
	jwksURI = "https://keys.as.example/jwks"
	api     = "https://api.example"
)

// pair is a key on P-256.
type pair struct {
	kid     string
	private *ecdsa.PrivateKey
}

func newPair(t testing.TB, kid string) pair {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return pair{kid, private}
}

// sign makes a JWS with this typ, "" for none.
func (p pair) sign(t testing.TB, typ string, claims any) string {
	t.Helper()
	return sign(t, jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: p.private, KeyID: p.kid}}, typ, claims)
}

func sign(t testing.TB, key jose.SigningKey, typ string, claims any) string {
	t.Helper()
	options := &jose.SignerOptions{}
	if typ != "" {
		options = options.WithType(jose.ContentType(typ))
	}
	if text, ok := claims.(string); ok {
		claims = []byte(text) // as it is
	}
	return keystest.Sign(t, key, options, claims)
}

func jwks(t testing.TB, pairs ...pair) string {
	t.Helper()
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, p := range pairs {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: p.private.Public(), KeyID: p.kid})
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// world is what lies at addresses, and how often it is asked for.
type world struct {
	mu    sync.Mutex
	files map[string]string
	fresh time.Duration
	err   error
	asked map[string]int
	total atomic.Int64
}

func (w *world) Get(_ context.Context, address string) (fetch.Document, error) {
	w.total.Add(1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[address]++
	if w.err != nil {
		return fetch.Document{}, w.err
	}
	file, there := w.files[address]
	if !there {
		return fetch.Document{}, fetch.ErrStatus
	}
	return fetch.Document{Body: []byte(file), FreshFor: w.fresh}, nil
}

func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

func (w *world) times(address string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked[address]
}

// publishing is a world in which the issuer has metadata and keys.
func publishing(t testing.TB, pairs ...pair) *world {
	t.Helper()
	return &world{asked: map[string]int{}, files: map[string]string{
		name + "/.well-known/openid-configuration": `{"issuer":"` + name + `","jwks_uri":"` + jwksURI + `"}`,
		jwksURI: jwks(t, pairs...),
	}}
}

// claims are those of a good token, with some of them replaced; nil takes one out.
func claims(now time.Time, replaced map[string]any) map[string]any {
	all := map[string]any{
		"iss": name, "sub": "diana", "client_id": "shop", "jti": "1", "aud": api, "scope": "read",
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	maps.Copy(all, replaced)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	return all
}

func TestATokenIsVerifiedOnceAndRemembered(t *testing.T) {
	p := newPair(t, "1")
	w := publishing(t, p)
	i := New(Config{Issuer: name}, w, time.Now)
	token := p.sign(t, "at+jwt", claims(time.Now(), nil))
	first, err := i.Introspect(t.Context(), token)
	if err != nil || first.Subject != "diana" || first.Issuer != name || first.ClientID != "shop" || !first.SignedIn || first.Audience[0] != api {
		t.Fatalf("%+v, %v", first, err)
	}
	for range 3 {
		if again, err := i.Introspect(t.Context(), token); err != nil || again != first {
			t.Errorf("other facts: %v", err)
		}
	}
	if w.times(jwksURI) != 1 || w.total.Load() != 2 {
		t.Errorf("asked %v", w.asked)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = i.Introspect(t.Context(), token) }); n != 0 {
		t.Errorf("%v allocations for a token that is remembered", n)
	}
}

func TestARememberedTokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, "1")
		i := New(Config{Issuer: name}, publishing(t, p), time.Now)
		token := p.sign(t, "at+jwt", claims(time.Now(), map[string]any{"exp": time.Now().Unix() + 60}))
		for _, wait := range []time.Duration{0, 59 * time.Second} {
			time.Sleep(wait)
			if _, err := i.Introspect(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		for range 2 { // from memory, and without
			if _, err := i.Introspect(t.Context(), token); !errors.Is(err, grant.ErrInactive) {
				t.Errorf("an expired token: %v", err)
			}
		}
	})
}

// TestThreat034_AWithdrawnKeyStopsVerifying also where a token was seen before.
func TestThreat034_AWithdrawnKeyStopsVerifying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, current := newPair(t, "1"), newPair(t, "2")
		w := publishing(t, old)
		w.fresh = 20 * time.Minute
		i := New(Config{Issuer: name}, w, time.Now)
		long := map[string]any{"exp": time.Now().Add(10 * time.Hour).Unix()}
		seen, unseen := old.sign(t, "at+jwt", claims(time.Now(), long)), old.sign(t, "at+jwt", claims(time.Now(), long))
		if _, err := i.Introspect(t.Context(), seen); err != nil {
			t.Fatal(err)
		}
		// A key that is new is found by the first token that it signed.
		w.set(func() { w.files[jwksURI] = jwks(t, current, old) })
		time.Sleep(10 * time.Second)
		rotated := current.sign(t, "at+jwt", claims(time.Now(), long))
		if _, err := i.Introspect(t.Context(), rotated); err != nil || w.times(jwksURI) != 2 {
			t.Fatalf("asked %d times, %v", w.times(jwksURI), err)
		}
		if _, err := i.Introspect(t.Context(), seen); err != nil {
			t.Errorf("a key that stands beside the new one: %v", err)
		}
		w.set(func() { w.files[jwksURI] = jwks(t, current) })
		time.Sleep(20 * time.Minute)
		for _, token := range []string{seen, unseen} {
			if _, err := i.Introspect(t.Context(), token); !errors.Is(err, grant.ErrInactive) {
				t.Errorf("a withdrawn key: %v", err)
			}
		}
		if _, err := i.Introspect(t.Context(), rotated); err != nil {
			t.Errorf("the key that stayed: %v", err)
		}
	})
}

// An issuer that is away is felt when its keys are too old, and then as an outage and not as a no.
func TestMust076_AnOutageOfTheIssuerIsNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, "1")
		w := publishing(t, p)
		w.fresh = 20 * time.Minute
		i := New(Config{Issuer: name}, w, time.Now)
		token := p.sign(t, "at+jwt", claims(time.Now(), map[string]any{"exp": time.Now().Add(10 * time.Hour).Unix()}))
		if _, err := i.Introspect(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		w.set(func() { w.err = fetch.ErrUnreached })
		for range 19 {
			time.Sleep(time.Minute)
			if _, err := i.Introspect(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		if _, err := i.Introspect(t.Context(), token); !errors.Is(err, oauth.ErrUnavailable) || errors.Is(err, grant.ErrInactive) {
			t.Errorf("keys that are too old: %v", err)
		}
		w.set(func() { w.err = nil })
		time.Sleep(10 * time.Second)
		if _, err := i.Introspect(t.Context(), token); err != nil {
			t.Errorf("after the outage: %v", err)
		}
	})
}

// Kids that nobody has make us ask, but not often.
func TestThreat033_UnknownKidsAreAskedForSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, "1")
		w := publishing(t, p)
		w.fresh = time.Hour
		i := New(Config{Issuer: name}, w, time.Now)
		for _, kid := range []string{"../../etc/passwd", "' OR 1=1", "x", "1"} {
			forged := newPair(t, kid).sign(t, "at+jwt", claims(time.Now(), nil))
			for range 25 { // 20 s in all
				if _, err := i.Introspect(t.Context(), forged); !errors.Is(err, grant.ErrInactive) {
					t.Fatal(err)
				}
				time.Sleep(200 * time.Millisecond)
			}
		}
		if asked := w.times(jwksURI); asked < 2 || asked > 3 {
			t.Errorf("asked %d times", asked)
		}
	})
}

// What a token costs that was seen before, and one that was not.
func BenchmarkIntrospect(b *testing.B) {
	p := newPair(b, "1")
	i := New(Config{Issuer: name}, publishing(b, p), time.Now)
	token := p.sign(b, "at+jwt", claims(time.Now(), nil))
	for what, between := range map[string]func(){"remembered": func() {}, "first sight": i.facts.InvalidateAll} {
		b.Run(what, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				between()
				if _, err := i.Introspect(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
