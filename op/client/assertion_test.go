package client

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
	"github.com/seed-5b16f944/gatehouse/op/store/sqlite"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

const (
	op       = "https://id.example.com"
	opToken  = op + "/token"
	hmacText = "0123456789abcdef0123456789abcdef-secret"
)

// prover is a provider that takes assertions, and the clients that make them.
type prover struct {
	t        *testing.T
	clock    time.Time
	pair     keyPair
	clients  []*Client
	store    store.Store
	throttle *throttle.Joint
	auth     *Authenticator
	strict   bool
	restored time.Time
}

func newProver(t *testing.T) *prover {
	t.Helper()
	p := &prover{t: t, clock: time.Unix(1_900_000_000, 0), pair: newKeyPair(t, "k1")}
	byKey, bySecret := []string{oauth.AuthPrivateKeyJWT}, []string{oauth.AuthClientSecretJWT}
	jwks := jwksOf(t, p.pair)
	p.clients = []*Client{
		{ID: "key", AuthMethods: byKey, JWKS: jwks},
		{ID: "twin", AuthMethods: byKey, JWKS: jwks},
		{ID: "rs", AuthMethods: byKey, JWKS: jwks, AuthSigningAlg: "RS256"},
		{ID: "hs", AuthMethods: bySecret, Secrets: []Secret{KeptSecret(hmacText)}},
		{ID: "hs512", AuthMethods: bySecret, Secrets: []Secret{KeptSecret(hmacText)}, AuthSigningAlg: "HS512"},
		{ID: "post", Secrets: []Secret{KeptSecret(hmacText)}, JWKS: jwks},
		{ID: "gone", AuthMethods: byKey, JWKS: jwks, Disabled: true},
		{ID: "bare", AuthMethods: byKey},
	}
	p.store = memory.New(p.now)
	t.Cleanup(func() { _ = p.store.Close() })
	p.throttle = throttle.NewJoint("", throttle.New(p.now, 1000), nil)
	p.build()
	return p
}

func (p *prover) now() time.Time { return p.clock }

func (p *prover) build() {
	k := newKeySets(&elsewhere{}, p.now)
	p.auth = NewAuthenticator(NewRegistry(p.store, p.clients), p.throttle, NewAssertions(p.store, k, p.now, Audience{Issuer: op, Strict: p.strict}, p.restored))
}

// claims are those of a good assertion of a client, with changes by name and value; nil takes a claim away.
func (p *prover) claims(id string, changes ...any) map[string]any {
	c := map[string]any{
		"iss": id, "sub": id, "aud": op, "jti": keys.NewID(), "iat": p.clock.Unix(), "exp": p.clock.Add(time.Minute).Unix(),
	}
	for i := 0; i+1 < len(changes); i += 2 {
		name, _ := changes[i].(string)
		c[name] = changes[i+1]
		if changes[i+1] == nil {
			delete(c, name)
		}
	}
	return c
}

func (p *prover) hmac(alg string, claims any) string {
	p.t.Helper()
	text, err := keys.SignHMAC(hmacText, alg, "JWT", claims)
	if err != nil {
		p.t.Fatal(err)
	}
	return text
}

func (p *prover) show(assertion string, more ...string) (*Client, error) {
	form := url.Values{"client_assertion_type": {assertionType}, "client_assertion": {assertion}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return asking{form: form.Encode()}.send(p.t.Context(), p.auth)
}

func TestMust037_Assertions(t *testing.T) {
	p := newProver(t)
	at := func(d time.Duration) int64 { return p.clock.Add(d).Unix() }
	sign := func(claims map[string]any) string { return p.pair.sign(t, claims) }
	good := map[string]string{
		"for the issuer":              sign(p.claims("key")),
		"for the token endpoint":      sign(p.claims("key", "aud", opToken)),
		"a list of one audience":      sign(p.claims("key", "aud", []string{op})),
		"without iat":                 sign(p.claims("key", "iat", nil)),
		"10 minutes":                  sign(p.claims("key", "exp", at(10*time.Minute))),
		"iat 10 s ahead":              sign(p.claims("key", "iat", at(10*time.Second))),
		"nbf 10 s ahead":              sign(p.claims("key", "nbf", at(10*time.Second))),
		"parts of a second":           sign(p.claims("key", "exp", float64(at(60*time.Second))+0.5)),
		"unknown claims":              sign(p.claims("key", "foo", map[string]any{"bar": 1})),
		"another typ":                 p.pair.sign(t, p.claims("key"), "typ", "client-authentication+jwt"),
		"a typ in full":               p.pair.sign(t, p.claims("key"), "typ", "application/JWT"),
		"without kid":                 keyPair{private: p.pair.private}.sign(t, p.claims("key")),
		"HS256":                       p.hmac("HS256", p.claims("hs")),
		"TestThreat032: foreign keys": p.pair.sign(t, p.claims("key"), "jku", "https://evil.example/jwks"),
	}
	for name, assertion := range good {
		if c, err := p.show(assertion); err != nil || c == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c, err := p.show(sign(p.claims("key")), "client_id", "key"); err != nil || c.ID != "key" {
		t.Errorf("client_id beside it: %v", err)
	}
	other := newKeyPair(t, "k1")
	full := sign(p.claims("key"))
	bad := map[string]string{
		"TestThreat027: for somebody":    sign(p.claims("key", "aud", "https://evil.example")),
		"TestThreat027: for two":         sign(p.claims("key", "aud", []string{op, "https://evil.example"})),
		"TestThreat027: for us twice":    sign(p.claims("key", "aud", []string{op, opToken})),
		"TestThreat027: another URL":     sign(p.claims("key", "aud", op+"/introspect")),
		"TestThreat027: with a slash":    sign(p.claims("key", "aud", op+"/")),
		"no aud":                         sign(p.claims("key", "aud", nil)),
		"aud without members":            sign(p.claims("key", "aud", []string{})),
		"TestThreat035: aud is a number": sign(p.claims("key", "aud", 1)),
		"TestThreat035: aud nested":      sign(p.claims("key", "aud", []any{[]string{op}})),
		"TestThreat035: iss is a list":   sign(p.claims("key", "iss", []string{"key"})),
		"TestThreat024: no jti":          sign(p.claims("key", "jti", nil)),
		"TestThreat024: empty jti":       sign(p.claims("key", "jti", "")),
		"jti is a number":                sign(p.claims("key", "jti", 7)),
		"no exp":                         sign(p.claims("key", "exp", nil)),
		"exp is text":                    sign(p.claims("key", "exp", "2030-01-01")),
		"exp is enormous":                sign(p.claims("key", "exp", 1e30)),
		"exp is over":                    sign(p.claims("key", "exp", at(0))),
		"exp far ahead":                  sign(p.claims("key", "exp", at(11*time.Minute))),
		"iat 61 s ahead":                 sign(p.claims("key", "iat", at(61*time.Second))),
		"nbf 61 s ahead":                 sign(p.claims("key", "nbf", at(61*time.Second))),
		"iss is another":                 sign(p.claims("key", "iss", "twin")),
		"sub is another":                 sign(p.claims("key", "sub", "twin")),
		"no sub":                         sign(p.claims("key", "sub", nil)),
		"an unknown client":              sign(p.claims("nobody")),
		"a disabled client":              sign(p.claims("gone")),
		"a client of another method":     sign(p.claims("post")),
		"a client without keys":          sign(p.claims("bare")),
		"another registered alg":         sign(p.claims("rs")),
		"another registered HS":          p.hmac("HS256", p.claims("hs512")),
		"HMAC where a key is due":        p.hmac("HS256", p.claims("key")),
		"HMAC where a secret is kept":    p.hmac("HS256", p.claims("post")),
		"a key where HMAC is due":        sign(p.claims("hs")),
		"another key of the same kid":    other.sign(t, p.claims("key")),
		"a request object by typ":        p.pair.sign(t, p.claims("key"), "typ", "oauth-authz-req+jwt"),
		"a request object by media type": p.pair.sign(t, p.claims("key"), "typ", "application/OAuth-authz-req+jwt"),
		"TestMust042: a DPoP proof":      p.pair.sign(t, p.claims("key"), "typ", "dpop+jwt"),
		"TestMust042: an access token":   p.pair.sign(t, p.claims("key"), "typ", "at+jwt"),
		"TestMust042: a logout token":    p.pair.sign(t, p.claims("key"), "typ", "logout+jwt"),
		"a media type of nothing":        p.pair.sign(t, p.claims("key"), "typ", "application/"),
		"a request object by content":    sign(p.claims("key", "response_type", "code", "client_id", "key")),
		"critical":                       p.pair.sign(t, p.claims("key"), "crit", "exp"),
		"TestThreat031: cut off":         full[:strings.LastIndex(full, ".")+1],
		"TestThreat031: none":            "eyJhbGciOiJub25lIn0." + strings.Split(full, ".")[1] + ".",
		"no JWT":                         "x",
		"empty":                          "",
		"dots":                           strings.Repeat(".", 1<<16),
	}
	refusals := map[string]string{}
	for name, assertion := range bad {
		c, err := p.show(assertion)
		if c != nil {
			t.Fatalf("%s: a client", name)
		}
		told := *refusal(t, err)
		if told.Code != "invalid_client" || told.Status != http.StatusUnauthorized {
			t.Errorf("%s: %v", name, err)
		}
		refusals[told.Description] = name
	}
	if len(refusals) != 1 {
		t.Errorf("the answer tells why: %v", refusals)
	}
}

func TestAssertionsBesideOtherThings(t *testing.T) {
	p := newProver(t)
	for name, tt := range map[string]struct {
		more []string
		code string
	}{
		"another client_id":      {[]string{"client_id", "twin"}, "invalid_client"},
		"another type":           {[]string{"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"}, "invalid_client"},
		"no type":                {[]string{"client_assertion_type", ""}, "invalid_client"},
		"Must036: with a secret": {[]string{"client_secret", "x"}, "invalid_request"},
	} {
		if _, err := p.show(p.pair.sign(t, p.claims("key")), tt.more...); refusal(t, err).Code != tt.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.auth = NewAuthenticator(NewRegistry(p.store, p.clients), p.throttle, nil)
	if _, err := p.show(p.pair.sign(t, p.claims("key"))); refusal(t, err).Code != "invalid_client" {
		t.Errorf("where there are none: %v", err)
	}
}

func TestThreat024_AnAssertionCountsOnce(t *testing.T) {
	p := newProver(t)
	for range 20 {
		assertion := p.pair.sign(t, p.claims("key"))
		var won atomic.Int64
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				if c, err := p.show(assertion); err == nil && c.ID == "key" {
					won.Add(1)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d of 16 uses counted", won.Load())
		}
		p.throttle = throttle.NewJoint("", throttle.New(p.now, 1000), nil)
		p.build()
	}
	// A jti is the client's own: what another has used is free.
	same := map[string]any{"jti": "same"}
	for _, id := range []string{"key", "twin"} {
		claims := p.claims(id)
		maps.Copy(claims, same)
		if _, err := p.show(p.pair.sign(t, claims)); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// TestThreat026_AReplayIsRefusedAfterARestart: by another process on the same file, with nothing in memory.
func TestThreat026_AReplayIsRefusedAfterARestart(t *testing.T) {
	p := newProver(t)
	path := filepath.Join(t.TempDir(), "state.db")
	open := func() {
		var err error
		if p.store, err = sqlite.Open(t.Context(), path, p.now); err != nil {
			t.Fatal(err)
		}
		p.build()
	}
	open()
	assertion := p.pair.sign(t, p.claims("key"))
	if _, err := p.show(assertion); err != nil {
		t.Fatal(err)
	}
	if err := p.store.Close(); err != nil {
		t.Fatal(err)
	}
	open()
	defer p.store.Close()
	if _, err := p.show(assertion); refusal(t, err).Code != "invalid_client" {
		t.Errorf("after a restart: %v", err)
	}
	// As long as it could be good for anybody it stays on record, and no longer.
	p.clock = p.clock.Add(time.Minute - time.Second)
	if _, err := p.store.Sweep(t.Context(), p.clock, 100); err != nil {
		t.Fatal(err)
	}
	if _, err := p.show(assertion); !errors.Is(refusal(t, err).Cause, errReplayed) {
		t.Errorf("a second before its end: %v", err)
	}
	p.clock = p.clock.Add(2 * maxSkew)
	if n, err := p.store.Sweep(t.Context(), p.clock, 100); err != nil || n != 1 {
		t.Errorf("%d records swept, %v", n, err)
	}
}

// TestThreat025_NobodyIsAuthenticatedWithoutARecord: a store that does not write is 503, and no client.
func TestThreat025_NobodyIsAuthenticatedWithoutARecord(t *testing.T) {
	p := newProver(t)
	p.store = &unwriting{Store: p.store}
	p.build()
	for range 2 * wrongAssertions { // and it costs no budget
		if c, err := p.show(p.pair.sign(t, p.claims("key"))); c != nil || !errors.Is(err, oauth.ErrUnavailable) {
			t.Fatalf("%v, %v", c, err)
		}
	}
}

func TestAssertionsAreThrottled(t *testing.T) {
	p := newProver(t)
	bad := newKeyPair(t, "k1").sign(t, p.claims("key"))
	for range wrongAssertions {
		if _, err := p.show(bad); refusal(t, err).Status != http.StatusUnauthorized {
			t.Fatal(err)
		}
	}
	if _, err := p.show(p.pair.sign(t, p.claims("key"))); refusal(t, err).Status != http.StatusTooManyRequests {
		t.Errorf("after %d: %v", wrongAssertions, err)
	}
	if _, err := p.show(p.pair.sign(t, p.claims("twin"))); err != nil {
		t.Errorf("another client: %v", err)
	}
}

// TestThreat129_StrangersDoNotFillTheStore: each assertion that counts is a row, and whoever registered a client can
// make any number of them. Clients of the operator's own have no such limit.
func TestThreat129_StrangersDoNotFillTheStore(t *testing.T) {
	p := newProver(t)
	stranger := &Registration{ID: "stranger", ExpiresAt: p.clock.Add(time.Hour), Metadata: Metadata{
		TokenEndpointAuthMethod: oauth.AuthClientSecretJWT, RedirectURIs: []string{"https://app.example/cb"},
	}}
	secrets, err := keys.OpenSecrets(t.Context(), p.store, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := NewRegistrations(RegistrationDeps{Store: p.store, Secrets: secrets, Keep: time.Hour, Now: p.now})
	r.GiveSecret(stranger, hmacText, true)
	if err := p.store.Commit(t.Context(), r.Creating(stranger)); err != nil {
		t.Fatal(err)
	}
	p.auth.clients.Admit(r)
	for range wrongAssertions / 2 { // what is not theirs costs them nothing
		_, _ = p.show(p.hmac("HS256", p.claims("nobody")))
	}
	for i := range strangersAssertions {
		if c, err := p.show(p.hmac("HS256", p.claims("stranger"))); err != nil || c.ID != "stranger" {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if _, err := p.show(p.hmac("HS256", p.claims("stranger"))); refusal(t, err).Status != http.StatusTooManyRequests {
		t.Errorf("one more: %v", err)
	}
	if _, err := p.show(p.hmac("HS256", p.claims("hs"))); err != nil {
		t.Errorf("a configured client: %v", err)
	}
	p.clock = p.clock.Add(secretsWindow)
	if _, err := p.show(p.hmac("HS256", p.claims("stranger"))); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

// unwriting is a store that reads and does not write.
type unwriting struct{ store.Store }

func (*unwriting) Commit(context.Context, ...store.Change) error {
	return store.Unavailable("commit", context.DeadlineExceeded)
}
