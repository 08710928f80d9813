package authorize_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/keys/keystest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

const (
	signedRP = "https://signed.example.com/cb"
	hmacText = "0123456789abcdef0123456789abcdef"
)

// signer is a client's key, and the house its clients ask.
type signer struct {
	*house
	key *ecdsa.PrivateKey
}

// newSigner is a house with clients that send request objects.
func newSigner(t *testing.T, change ...func(*house)) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	jwks, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1"}}})
	if err != nil {
		t.Fatal(err)
	}
	scopes := oauth.Scopes{"openid", "profile", "orders:read"}
	add := func(h *house) {
		for _, c := range []*client.Client{
			{ID: "signed", JWKS: jwks},
			{ID: "twin", JWKS: jwks},
			{ID: "rs", JWKS: jwks, RequestObjectAlg: "RS256"},
			{ID: "hs", RequestObjectAlg: "HS256"},
			{ID: "open", JWKS: jwks, RequestObjectAlg: "none"},
		} {
			c.Secrets, c.Scopes, c.ConsentSkip = []client.Secret{client.KeptSecret(hmacText)}, scopes, true
			c.RedirectURIs = []string{signedRP, signedRP + "/2"}
			c.RequestURIs = []string{"https://signed.example.com/request"}
			h.clients = append(h.clients, c)
		}
	}
	return &signer{newHouse(t, append([]func(*house){add}, change...)...), key}
}

// object signs what a client asks for; changes are by name and value, nil takes a member away.
func (s *signer) object(typ string, changes ...any) string {
	s.t.Helper()
	key := jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: s.key, KeyID: "1"}}
	return keystest.Sign(s.t, key, (&jose.SignerOptions{}).WithType(jose.ContentType(typ)), s.claims(changes...))
}

func (s *signer) claims(changes ...any) map[string]any {
	claims := map[string]any{
		"iss": "signed", "aud": issuer, "client_id": "signed", "response_type": "code", "redirect_uri": signedRP, "state": "inner", "scope": "openid",
	}
	for i := 0; i+1 < len(changes); i += 2 {
		name, _ := changes[i].(string)
		if claims[name] = changes[i+1]; changes[i+1] == nil {
			delete(claims, name)
		}
	}
	return claims
}

// around is the least that stands beside an object.
func around(id, object string, changes ...string) url.Values {
	v := url.Values{"client_id": {id}, "response_type": {"code"}, "scope": {"openid"}, "request": {object}}
	for _, change := range changes {
		name, value, _ := strings.Cut(change, "=")
		v.Set(name, value)
	}
	return v
}

func TestMust013_TheObjectWinsAndTheRestFillsGaps(t *testing.T) {
	s := newSigner(t)
	b := s.signedIn("diana", "krall")
	outer := []string{"redirect_uri=" + signedRP + "/2", "state=outer", "nonce=outer", "scope=openid profile"}
	got := b.authorize(around("signed", s.object("JWT"), outer...)).answer(signedRP)
	if got.Get("state") != "inner" || got.Get("code") == "" {
		t.Errorf("answer = %v", got)
	}
	g := s.granted(got.Get("code"))
	if g.Scopes.String() != "openid" {
		t.Errorf("scopes = %s", g.Scopes)
	}
	// What the object leaves out is taken from beside it.
	got = b.authorize(around("signed", s.object("oauth-authz-req+jwt", "redirect_uri", nil, "state", nil, "scope", nil), outer...)).answer(signedRP + "/2")
	if g = s.granted(got.Get("code")); got.Get("state") != "outer" || g.Scopes.String() != "openid profile" {
		t.Errorf("answer = %v, scopes = %s", got, g.Scopes)
	}
}

func TestMust013_MembersKeepTheirMeaning(t *testing.T) {
	s := newSigner(t)
	b := s.signedIn("diana", "krall")
	s.wait(time.Hour)
	b.authorize(around("signed", s.object("", "max_age", 60, "prompt", "none"))).wantError(signedRP, "login_required")
	b.authorize(around("signed", s.object("", "max_age", 7200, "prompt", "none"))).code(signedRP)
	code := b.authorize(around("signed", s.object("", "scope", "openid orders:read", "resource", []string{api, issuer}))).code(signedRP)
	if g := s.granted(code); len(g.Resources) != 2 {
		t.Errorf("resources = %v", g.Resources)
	}
	b.authorize(around("signed", s.object("", "nonce", nil, "state", nil, "unknown", true, "null", nil, "claims", map[string]any{"userinfo": map[string]any{}}))).code(signedRP)
	// login_hint begins the form.
	if page := s.browser().authorize(around("signed", s.object("", "login_hint", "diana-of-the-hint"))); !strings.Contains(page.body, "diana-of-the-hint") {
		t.Error("login_hint of the object is lost")
	}
}

func TestMust013_ObjectsThatDoNotHold(t *testing.T) {
	s := newSigner(t)
	b := s.signedIn("diana", "krall")
	at := func(d time.Duration) int64 { return s.now().Add(d).Unix() }
	full := s.object("JWT")
	unsigned, err := keys.Unsecured(s.claims())
	if err != nil {
		t.Fatal(err)
	}
	hmac := func(id string) string {
		text, err := keys.SignHMAC(hmacText, "HS256", "JWT", s.claims("iss", id, "client_id", id))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	good := map[string]url.Values{
		"no iss, aud, exp":        around("signed", s.object("JWT", "iss", nil, "aud", nil)),
		"one of several aud":      around("signed", s.object("JWT", "aud", []string{"https://other.example", issuer})),
		"exp and nbf that hold":   around("signed", s.object("JWT", "exp", at(time.Minute), "nbf", at(-time.Minute), "iat", at(0))),
		"without client_id":       around("signed", s.object("JWT", "client_id", nil)),
		"without response_type":   around("signed", s.object("JWT", "response_type", nil)),
		"response_type inside":    around("signed", full, "response_type="),
		"HMAC where registered":   around("hs", hmac("hs")),
		"a sub that is not its":   around("signed", s.object("JWT", "sub", "somebody")),
		"parameters of no effect": around("signed", s.object("JWT", "iat", at(-time.Hour), "jti", "1"), "redirect_uri=https://evil.example"),
	}
	unsignedOpen, err := keys.Unsecured(s.claims("iss", "open", "client_id", "open"))
	if err != nil {
		t.Fatal(err)
	}
	good["none of a configured"] = around("open", unsignedOpen)
	for name, v := range good {
		if got := b.authorize(v).answer(signedRP); got.Get("code") == "" {
			t.Errorf("%s: %v", name, got)
		}
	}
	bad := map[string]url.Values{
		"TestThreat031: none":               around("signed", unsigned),
		"TestThreat031: nOnE":               around("open", "eyJhbGciOiJuT25FIn0."+strings.Split(unsignedOpen, ".")[1]+"."),
		"signed where none is registered":   around("open", s.object("JWT", "iss", "open", "client_id", "open")),
		"TestThreat031: signature cut off":  around("signed", full[:strings.LastIndex(full, ".")+1]),
		"another registered alg":            around("rs", s.object("JWT", "iss", "rs", "client_id", "rs")),
		"HMAC where none is registered":     around("signed", hmac("signed")),
		"another client's key":              around("hs", s.object("JWT", "iss", "hs", "client_id", "hs")),
		"a client without keys":             around("web", s.object("JWT", "iss", "web", "client_id", "web")),
		"another iss":                       around("signed", s.object("JWT", "iss", "twin")),
		"another client_id":                 around("signed", s.object("JWT", "client_id", "twin")),
		"another client's object":           around("twin", full),
		"another response_type":             around("signed", s.object("JWT", "response_type", "id_token")),
		"another aud":                       around("signed", s.object("JWT", "aud", "https://other.example")),
		"TestThreat035: aud is a number":    around("signed", s.object("JWT", "aud", 1)),
		"TestThreat035: aud is empty":       around("signed", s.object("JWT", "aud", []string{})),
		"exp is over":                       around("signed", s.object("JWT", "exp", at(-time.Minute))),
		"exp is text":                       around("signed", s.object("JWT", "exp", "tomorrow")),
		"nbf is far ahead":                  around("signed", s.object("JWT", "nbf", at(time.Minute))),
		"iat is far ahead":                  around("signed", s.object("JWT", "iat", at(time.Minute))),
		"a client assertion":                around("signed", s.object("JWT", "sub", "signed", "jti", "1", "exp", at(time.Minute))),
		"another kind of JWT":               around("signed", s.object("at+jwt")),
		"request inside":                    around("signed", s.object("JWT", "request", full)),
		"request_uri inside":                around("signed", s.object("JWT", "request_uri", "https://signed.example.com/request")),
		"a list where there is one value":   around("signed", s.object("JWT", "redirect_uri", []string{signedRP})),
		"TestThreat039: a member twice":     around("signed", s.raw(`{"state":"a","state":"b"}`)),
		"not an object":                     around("signed", s.raw(`[]`)),
		"TestThreat037: a megabyte of dots": around("signed", strings.Repeat(".", 60<<10)),
	}
	for name, v := range bad {
		v.Set("state", "outer")
		page := b.authorize(v)
		page.wantRefused(400, "invalid_request_object")
		if page.location() != "" {
			t.Errorf("%s: went to %s", name, page.location())
		}
		// With a registered redirect_uri beside it, the client is told; with another one, nobody is.
		rp := signedRP
		if v.Get("client_id") == "web" {
			rp = callback
		}
		v.Set("redirect_uri", rp)
		if got := b.authorize(v).wantError(rp, "invalid_request_object"); got.Get("state") != "outer" {
			t.Errorf("%s: %v", name, got)
		}
		v.Set("redirect_uri", "https://evil.example/cb")
		if b.authorize(v).location() != "" {
			t.Errorf("TestThreat007: %s: a redirect to nobody's address", name)
		}
	}
	if s.count(store.Codes) != len(good) {
		t.Errorf("%d codes", s.count(store.Codes))
	}
}

// raw signs a payload as it is.
func (s *signer) raw(payload string) string {
	s.t.Helper()
	return keystest.Sign(s.t, jose.SigningKey{Algorithm: jose.ES256, Key: s.key}, nil, []byte(payload))
}

// TestThreat007_TheRedirectOfAnObjectIsProvenToo: a signature makes no address registered.
func TestThreat007_TheRedirectOfAnObjectIsProvenToo(t *testing.T) {
	s := newSigner(t)
	b := s.signedIn("diana", "krall")
	for _, uri := range []string{"https://evil.example/cb", signedRP + "/", "javascript:alert(1)", ""} {
		got := b.authorize(around("signed", s.object("JWT", "redirect_uri", uri)))
		if got.wantRefused(400, "invalid_request"); got.location() != "" {
			t.Errorf("%q: %s", uri, got.location())
		}
	}
}

// What an object said is sealed: after the login nobody reads it again, by then it may have expired.
func TestAnObjectIsReadOnce(t *testing.T) {
	s := newSigner(t)
	b := s.browser()
	object := s.object("JWT", "exp", s.now().Add(time.Minute).Unix(), "scope", "openid profile")
	page := b.authorize(around("signed", object))
	page.wantPage("login")
	s.wait(10 * time.Minute)
	got := b.signIn(page, "diana", "krall").answer(signedRP)
	if g := s.granted(got.Get("code")); g.Scopes.String() != "openid profile" || got.Get("state") != "inner" {
		t.Errorf("answer %v, scopes %s", got, g.Scopes)
	}
	b.authorize(around("signed", object)).wantRefused(400, "invalid_request_object")
}
