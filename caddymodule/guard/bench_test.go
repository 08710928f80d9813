package guard

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/seed-5b16f944/gatehouse/op"
)

// instant answers from a map without a lock, so that what is measured is the guard.
type instant struct {
	*fakeProvider
	known map[string]*op.Token
}

func (i instant) Introspect(_ context.Context, token string) (*op.Token, error) {
	if t, ok := i.known[token]; ok {
		return t, nil
	}
	return nil, op.ErrInactive
}

func benchmarkGuard(b *testing.B, tokens int) (*Guard, []string) {
	provider := instant{newFakeProvider(), map[string]*op.Token{}}
	bearers := make([]string, tokens)
	for i := range bearers {
		name := strconv.Itoa(i)
		bearers[i] = "Bearer gat_0123456789012345678901234567890123456789_" + name
		provider.known[bearers[i][len("Bearer "):]] = person("user-"+name, "orders:read")
	}
	return assembled(b, Guard{
		Scopes:  []string{"orders:read"},
		Public:  []string{"/health", "/assets/*"},
		Headers: map[string]string{"X-User-Id": "sub", "X-Client-Id": "client_id", "X-Scope": "scope"},
	}, provider), bearers
}

// browserHeader is about what a browser or an API client sends.
func browserHeader() http.Header {
	return http.Header{
		"Accept": {"application/json"}, "Accept-Encoding": {"gzip, br"}, "Accept-Language": {"en"},
		"User-Agent": {"benchmark/1.0"}, "Cache-Control": {"no-cache"}, "X-Request-Id": {"1"},
	}
}

// BenchmarkDecision is the decision alone on a hit, beyond what the provider's Introspect costs.
func BenchmarkDecision(b *testing.B) {
	g, bearers := benchmarkGuard(b, 1)
	header := browserHeader()
	header["Authorization"] = []string{bearers[0]}
	r, _ := request("GET", "/orders/17/items?page=2", header)
	b.ReportAllocs()
	for b.Loop() {
		if d := g.decide(r); d.verdict != allowedWithToken {
			b.Fatal(d.cause)
		}
	}
}

// BenchmarkServeHTTP is all the guard does to a request: decide, scrub, identity, placeholders, answer.
func BenchmarkServeHTTP(b *testing.B) { benchmarkServe(b, 1) }

// BenchmarkServeHTTP20000 takes 20,000 tokens in turn.
func BenchmarkServeHTTP20000(b *testing.B) { benchmarkServe(b, 20000) }

func benchmarkServe(b *testing.B, tokens int) {
	g, bearers := benchmarkGuard(b, tokens)
	header := browserHeader()
	r, replacer := request("GET", "/orders/17/items?page=2", header)
	authorizations := make([][]string, tokens)
	for i, value := range bearers {
		authorizations[i] = []string{value}
	}
	replacer.Map(func(string) (any, bool) { return nil, false }) // Caddy's own has four before us
	clean, arrived := *replacer, *r
	answer := httptest.NewRecorder()
	next := caddyhttp.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.Header["Authorization"] = authorizations[i%tokens]
		*replacer, *r = clean, arrived
		clear(answer.Header())
		if err := g.ServeHTTP(answer, r, next); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkScrub is the part that every request pays, public ones too.
func BenchmarkScrub(b *testing.B) {
	g, _ := benchmarkGuard(b, 1)
	r, _ := request("GET", "/health", browserHeader())
	b.ReportAllocs()
	for b.Loop() {
		g.scrubber.scrub(r)
	}
}

// BenchmarkServeHTTPUpstreamToken gives the upstream a token of its own as well, which is remembered.
func BenchmarkServeHTTPUpstreamToken(b *testing.B) {
	provider := issuing(b, newClock())
	for name, told := range map[string]*UpstreamToken{"without": nil, "with": upstreamJWTs()} {
		b.Run(name, func(b *testing.B) {
			g := assembled(b, Guard{Scopes: []string{"orders:read"}, Headers: map[string]string{"X-User-Id": "sub"}, UpstreamToken: told}, provider)
			r, _ := request("GET", "/orders/17", browserHeader())
			arrived, answer, authorization := *r, httptest.NewRecorder(), []string{"Bearer good"}
			next := caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return nil })
			b.ReportAllocs()
			for b.Loop() {
				*r = arrived
				r.Header["Authorization"] = authorization
				if err := g.ServeHTTP(answer, r, next); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
