package op

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-5b16f944/gatehouse/op/keys/keystest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// answers is a source with fixed answers. What it does not know is a no, unless it cannot tell.
type answers struct {
	name  string
	log   *asking
	mu    sync.Mutex
	known map[string]*Token
	err   error
}

// asking notes who was asked.
type asking struct {
	mu  sync.Mutex
	who []string
}

func (a *asking) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	who := a.who
	a.who = nil
	return who
}

func (a *answers) Introspect(_ context.Context, token string) (*Token, error) {
	a.log.mu.Lock()
	a.log.who = append(a.log.who, a.name)
	a.log.mu.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	if found, ok := a.known[token]; ok {
		return found, nil
	}
	if a.err != nil {
		return nil, a.err
	}
	return nil, ErrInactive
}

// house is one of each kind: the provider of this process, a foreign issuer, and two endpoints that are asked.
type askedSources struct {
	log                      *asking
	own, jwts, first, second *answers
	all                      *Sources
}

const (
	ownIssuer     = "https://id.example"
	partnerIssuer = "https://partner.example"
	legacyIssuer  = "https://legacy.example"
)

func newAskedSources() *askedSources {
	log := new(asking)
	made := func(name string) *answers { return &answers{name: name, log: log, known: map[string]*Token{}} }
	s := &askedSources{log: log, own: made("own"), jwts: made("jwts"), first: made("first"), second: made("second")}
	s.all = NewSources(
		IssuedBy{Source: s.own, Issuer: ownIssuer},
		IssuedBy{Source: s.jwts, Issuer: partnerIssuer, OnlyJWT: true},
		IssuedBy{Source: s.first, Issuer: legacyIssuer},
		IssuedBy{Source: s.second},
	)
	return s
}

// jwtOf is a JWS that names an issuer; nobody here verifies it.
func jwtOf(t *testing.T, payload any) string {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return keystest.Sign(t, jose.SigningKey{Algorithm: jose.ES256, Key: private}, nil, payload)
}

func TestATokenIsShownToThoseItMayBelongTo(t *testing.T) {
	for name, test := range map[string]struct {
		token string
		want  []string
	}{
		"a JWT of our own":          {jwtOf(t, map[string]any{"iss": ownIssuer}), []string{"own"}},
		"a JWT of the partner":      {jwtOf(t, map[string]any{"iss": partnerIssuer}), []string{"jwts"}},
		"a JWT of the first":        {jwtOf(t, map[string]any{"iss": legacyIssuer}), []string{"first"}},
		"a JWT of somebody else":    {jwtOf(t, map[string]any{"iss": "https://other.example"}), []string{"second"}},
		"an issuer that is like it": {jwtOf(t, map[string]any{"iss": partnerIssuer + "/"}), []string{"second"}},
		"an issuer in an array":     {jwtOf(t, map[string]any{"iss": []string{partnerIssuer}}), []string{"second"}},
		"an empty issuer":           {jwtOf(t, map[string]any{"iss": ""}), []string{"second"}},
		"a JWT without an object":   {jwtOf(t, 1), []string{"second"}},
		"an opaque token":           {"opaque", []string{"own", "first", "second"}},
		"three parts":               {"a.b.c", []string{"own", "first", "second"}},
		"too long":                  {strings.Repeat("x", 17<<10), nil},
	} {
		s := newAskedSources()
		for range 2 { // a no is not remembered
			if _, err := s.all.Introspect(t.Context(), test.token); !errors.Is(err, ErrInactive) {
				t.Errorf("%s: %v", name, err)
			}
			if got := s.log.take(); !slices.Equal(got, test.want) {
				t.Errorf("%s: asked %v, want %v", name, got, test.want)
			}
		}
	}
}

func TestWhoSaidYesIsAskedFirstAndAnew(t *testing.T) {
	s := newAskedSources()
	s.second.known["t"] = &Token{Issuer: "second"}
	for _, want := range [][]string{{"own", "first", "second"}, {"second"}, {"second"}} {
		if found, err := s.all.Introspect(t.Context(), "t"); err != nil || found != s.second.known["t"] {
			t.Errorf("%v, %v", found, err)
		}
		if got := s.log.take(); !slices.Equal(got, want) {
			t.Errorf("asked %v, want %v", got, want)
		}
	}
	found := s.second.known["t"]
	delete(s.second.known, "t")
	if _, err := s.all.Introspect(t.Context(), "t"); !errors.Is(err, ErrInactive) {
		t.Errorf("a token that is dead: %v", err)
	}
	if got := s.log.take(); !slices.Equal(got, []string{"second", "own", "first"}) {
		t.Errorf("asked %v", got)
	}
	s.first.known["t"] = found
	if again, err := s.all.Introspect(t.Context(), "t"); err != nil || again != found {
		t.Errorf("a token that moved: %v, %v", again, err)
	}
}

// TestMust076_WhoCannotTellEndsTheSearch: an outage is neither a no, nor a reason to show the token to somebody else.
func TestMust076_WhoCannotTellEndsTheSearch(t *testing.T) {
	for _, outage := range []error{oauth.ErrUnavailable, errors.New("broken"), errors.Join(ErrInactive, oauth.ErrUnavailable)} {
		s := newAskedSources()
		s.second.known["t"] = &Token{}
		s.first.err = outage
		if found, err := s.all.Introspect(t.Context(), "t"); found != nil || !errors.Is(err, outage) {
			t.Errorf("%v, %v", found, err)
		}
		if got := s.log.take(); !slices.Equal(got, []string{"own", "first"}) {
			t.Errorf("asked %v", got)
		}
		// What another source has said yes to before does not depend on the one that is away.
		s.first.err = nil
		if _, err := s.all.Introspect(t.Context(), "t"); err != nil {
			t.Fatal(err)
		}
		s.first.err = outage
		if _, err := s.all.Introspect(t.Context(), "t"); err != nil {
			t.Errorf("a token of somebody else: %v", err)
		}
		s.second.err, s.second.known = outage, nil
		s.first.err = nil
		s.log.take()
		if _, err := s.all.Introspect(t.Context(), "t"); !errors.Is(err, outage) || len(s.log.take()) != 1 {
			t.Errorf("who said yes before cannot tell: %v", err)
		}
	}
}

func TestNoSourcesKnowNothing(t *testing.T) {
	if _, err := NewSources().Introspect(t.Context(), "t"); !errors.Is(err, ErrInactive) {
		t.Error(err)
	}
}

func TestThreat057_ManyAtOnceKeepApart(t *testing.T) {
	s := newAskedSources()
	tokens := make([]string, 200)
	for n := range tokens {
		tokens[n] = strings.Repeat("t", n+1)
		[]*answers{s.own, s.first, s.second}[n%3].known[tokens[n]] = &Token{Subject: tokens[n]}
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for _, token := range tokens {
				if found, err := s.all.Introspect(context.Background(), token); err != nil || found.Subject != token {
					t.Errorf("%v, %v", found, err)
				}
			}
		})
	}
	all.Wait()
}

func TestARememberedChoiceCostsNoAllocation(t *testing.T) {
	known := &Token{}
	source := fixed{known}
	s := NewSources(IssuedBy{Source: source, Issuer: ownIssuer}, IssuedBy{Source: source, Issuer: partnerIssuer})
	token := jwtOf(t, map[string]any{"iss": ownIssuer})
	if n := testing.AllocsPerRun(100, func() { _, _ = s.Introspect(context.Background(), token) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// fixed says yes to everything.
type fixed struct{ token *Token }

func (f fixed) Introspect(context.Context, string) (*Token, error) { return f.token, nil }

func TestForeignIssuersAreChecked(t *testing.T) {
	if _, err := NewForeignIssuer(ForeignIssuer{Issuer: "http://a.example", Algs: []string{"none"}}, Outbound{}); err == nil ||
		!strings.Contains(err.Error(), "issuer: ") || !strings.Contains(err.Error(), "algs: ") {
		t.Errorf("got %v", err)
	}
	if source, err := NewForeignIssuer(ForeignIssuer{Issuer: partnerIssuer}, Outbound{}); err != nil || source == nil {
		t.Error(err)
	}
}
