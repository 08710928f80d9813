package guard

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// waiting is a handler that answers when its request's context ends, as a proxy of an idle stream does.
var waiting = caddyhttp.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
	<-r.Context().Done()
	return nil
})

// ended is how a request that was let through came to its end.
type ended struct {
	panicked any
	err      error
	after    time.Duration
}

// bubble runs a test on a clock of its own, and gives what watches and asks the time to end. What does not
// fails the test.
func bubble(t *testing.T, run func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		run(t)
		time.Sleep(2 * time.Hour)
	})
}

// flow serves a request in the background.
func flow(g *Guard, r *http.Request, next caddyhttp.Handler) <-chan ended {
	end, began := make(chan ended, 1), time.Now()
	go func() {
		var how ended
		defer func() {
			how.panicked, how.after = recover(), time.Since(began)
			end <- how
		}()
		how.err = g.ServeHTTP(httptest.NewRecorder(), r, next)
	}()
	return end
}

// wantCut wants the request to have been aborted in so many seconds after it began.
func wantCut(t *testing.T, how ended, least, most time.Duration) {
	t.Helper()
	aborted, _ := how.panicked.(error)
	if !errors.Is(aborted, http.ErrAbortHandler) || how.after < least || how.after > most {
		t.Errorf("%v, %v after %s, want an abort after %s to %s", how.panicked, how.err, how.after, least, most)
	}
}

func TestMust075_StreamsEndWithTheirToken(t *testing.T) {
	for name, change := range map[string]func(f *fakeProvider){
		"revoked or expired": func(f *fakeProvider) { delete(f.tokens, "good") },
		"no scope any more":  func(f *fakeProvider) { f.tokens["good"] = person("diana") },
		"another audience": func(f *fakeProvider) {
			f.tokens["good"] = &op.Token{Kind: "access", TokenType: "Bearer", Scopes: []string{"orders:read"}}
		},
		"another kind":      func(f *fakeProvider) { f.tokens["good"] = &op.Token{Kind: "refresh"} },
		"nobody's any more": func(f *fakeProvider) { f.tokens["good"] = person("", "orders:read") },
		"a kind of its own": func(f *fakeProvider) { f.tokens["good"] = &op.Token{} },
		"bound to a key only": func(f *fakeProvider) {
			f.tokens["good"].TokenType = "DPoP"
			t := *f.tokens["good"]
			f.tokens["good"] = &t
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				provider := diana()
				g := ordersGuard(t, provider)
				r, _ := request("GET", "/orders", bearer("good"))
				end := flow(g, r, waiting)
				time.Sleep(time.Minute)
				select {
				case how := <-end:
					t.Fatalf("a live stream ended: %+v", how)
				default:
				}
				provider.mu.Lock()
				change(provider)
				provider.mu.Unlock()
				wantCut(t, <-end, time.Minute, time.Minute+time.Second)
			})
		})
	}
}

func TestStreamsGoOnWhereTheyAreKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		provider := diana()
		g := assembled(t, Guard{Streams: streamsKeep}, provider)
		r, _ := request("GET", "/orders", bearer("good"))
		ctx, cancel := context.WithCancel(r.Context())
		end := flow(g, r.WithContext(ctx), waiting)
		time.Sleep(time.Second)
		provider.mu.Lock()
		delete(provider.tokens, "good")
		provider.mu.Unlock()
		time.Sleep(time.Hour)
		cancel()
		if how := <-end; how.panicked != nil || how.err != nil || how.after < time.Hour {
			t.Errorf("%+v", how)
		}
	})
}

// What waits hears of a client that went away: at once when the request has lasted, and else with the next look.
func TestStreamsEndWithTheirClient(t *testing.T) {
	for after, within := range map[time.Duration]time.Duration{time.Millisecond: lookEvery, time.Minute + time.Millisecond: 0} {
		bubble(t, func(t *testing.T) {
			g := ordersGuard(t, diana())
			r, _ := request("GET", "/orders", bearer("good"))
			ctx, leave := context.WithCancel(r.Context())
			defer leave()
			end := flow(g, r.WithContext(ctx), waiting)
			time.Sleep(after)
			leave()
			if how := <-end; how.panicked != nil || how.err != nil || how.after < after || how.after > after+within {
				t.Errorf("%+v, want it to end within %s after %s", how, within, after)
			}
		})
	}
}

// A token that changes and stays enough, by a new fact about it, keeps its streams.
func TestStreamsOutliveNewFacts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		provider := diana()
		g := ordersGuard(t, provider)
		r, _ := request("GET", "/orders", bearer("good"))
		end := flow(g, r, waiting)
		for range 20 {
			time.Sleep(time.Second)
			provider.give("good", person("diana", "orders:read", "orders:write"))
		}
		provider.mu.Lock()
		delete(provider.tokens, "good")
		provider.mu.Unlock()
		wantCut(t, <-end, 20*time.Second, 21*time.Second)
	})
}

func TestMust076_StreamsEndWhenNobodyCanTell(t *testing.T) {
	hang := func(ctx context.Context, _ string) (*op.Token, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for name, ask := range map[string]func(context.Context, string) (*op.Token, error){
		"unavailable": func(context.Context, string) (*op.Token, error) { return nil, unavailable },
		"unavailable and no": func(context.Context, string) (*op.Token, error) {
			return nil, errors.Join(op.ErrInactive, oauth.ErrUnavailable)
		},
		"an error of its own":  func(context.Context, string) (*op.Token, error) { return nil, errors.New("disk") },
		"no token, no error":   func(context.Context, string) (*op.Token, error) { return nil, nil },
		"a panic":              panicWith("secret"),
		"hangs until deadline": hang,
		"hangs for good": func(context.Context, string) (*op.Token, error) {
			time.Sleep(time.Hour)
			return nil, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				token := person("diana", "orders:read")
				var broken atomic.Bool
				provider := newFakeProvider()
				provider.ask = func(ctx context.Context, bearer string) (*op.Token, error) {
					if broken.Load() {
						return ask(ctx, bearer)
					}
					return token, nil
				}
				g := ordersGuard(t, provider)
				r, _ := request("GET", "/orders", bearer("good"))
				end := flow(g, r, waiting)
				time.Sleep(10*time.Second + time.Millisecond)
				broken.Store(true)
				wantCut(t, <-end, 12*time.Second, 12500*time.Millisecond)
			})
		})
	}
}

// An outage shorter than the grace cuts nothing.
func TestStreamsOutliveAShortOutage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		provider := newFakeProvider()
		token := person("diana", "orders:read")
		began := time.Now()
		provider.ask = func(context.Context, string) (*op.Token, error) {
			switch at := time.Since(began); {
			case at > time.Minute:
				return nil, op.ErrInactive
			case at%(4*time.Second) > 2500*time.Millisecond:
				return nil, unavailable
			}
			return token, nil
		}
		g := ordersGuard(t, provider)
		r, _ := request("GET", "/orders", bearer("good"))
		wantCut(t, <-flow(g, r, waiting), time.Minute, time.Minute+time.Second)
	})
}

func TestWatchingEndsWithTheLastStream(t *testing.T) {
	bubble(t, func(t *testing.T) {
		provider := diana()
		g := ordersGuard(t, provider)
		for range 3 {
			var ends []<-chan ended
			ctx, cancel := context.WithCancel(t.Context())
			for range 300 {
				r, _ := request("GET", "/orders", bearer("good"))
				ends = append(ends, flow(g, r.WithContext(ctx), waiting))
			}
			time.Sleep(time.Second)
			if n := len(g.streams.inFlight()); n != 300 || !g.streams.watching.Load() {
				t.Errorf("%d in flight, watched: %t", n, g.streams.watching.Load())
			}
			cancel()
			for _, end := range ends {
				if how := <-end; how.panicked != nil || how.err != nil {
					t.Errorf("%+v", how)
				}
			}
			time.Sleep(time.Second) // a round of questions may still be under way
			asked := provider.asked.Load()
			time.Sleep(time.Second)
			if n := len(g.streams.inFlight()); n != 0 || g.streams.watching.Load() || provider.asked.Load() != asked {
				t.Errorf("%d in flight, watched: %t", n, g.streams.watching.Load())
			}
		}
	})
}

// Handlers see the request the server made, with all it had, and their errors and panics go up as they are.
func TestStreamsAreTransparent(t *testing.T) {
	type key struct{}
	g := ordersGuard(t, diana())
	r, _ := request("GET", "/orders", bearer("good"))
	r = r.WithContext(context.WithValue(r.Context(), key{}, "value"))
	fault := errors.New("fault")
	err := g.ServeHTTP(httptest.NewRecorder(), r, caddyhttp.HandlerFunc(func(_ http.ResponseWriter, seen *http.Request) error {
		if seen != r || seen.Context().Value(key{}) != "value" || seen.Context().Err() != nil {
			t.Error("another request")
		}
		return fault
	}))
	if !errors.Is(err, fault) || r.Context().Err() != nil {
		t.Errorf("%v, %v: error pages need a context that lives", err, r.Context().Err())
	}
	defer func() {
		if p := recover(); p != "panic of a handler" || len(g.streams.inFlight()) != 0 {
			t.Errorf("%v, %d in flight", p, len(g.streams.inFlight()))
		}
	}()
	r, _ = request("GET", "/orders", bearer("good"))
	_ = g.ServeHTTP(httptest.NewRecorder(), r, caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error {
		panic("panic of a handler")
	}))
}

// deadlines counts what is done to a connection.
type deadlines struct {
	http.ResponseWriter
	read, write int
}

func (d *deadlines) SetReadDeadline(time.Time) error  { d.read++; return nil }
func (d *deadlines) SetWriteDeadline(time.Time) error { d.write++; return nil }

func TestACutTouchesOnlyItsOwnConnection(t *testing.T) {
	writer := &deadlines{ResponseWriter: httptest.NewRecorder()}
	s := new(stream)
	s.response.ResponseWriter, s.context.Context = writer, t.Context()
	if s.finish() || s.cut() || writer.read+writer.write != 0 || s.context.Err() != nil {
		t.Error("a stream that was over was cut")
	}
	s = new(stream)
	s.response.ResponseWriter, s.context.Context = writer, t.Context()
	if !s.cut() || s.cut() || writer.read != 2 || writer.write != 2 || s.context.Err() == nil || !s.finish() {
		t.Error("a stream in flight was not cut, or told twice")
	}
}

// A handler may keep its request; that must keep no other request in memory.
func TestAStreamThatIsOverHoldsNoOther(t *testing.T) {
	all := &streams{seed: maphash.MakeSeed()}
	all.watching.Store(true) // so that nothing runs beside
	var many [3 * shards]stream
	for i := range many {
		all.enter(&many[i])
	}
	for _, i := range rand.Perm(len(many)) {
		all.leave(&many[i])
		if s := &many[i]; s.next != nil || s.prev != nil || s.state.Load() != over {
			t.Fatalf("%+v", s)
		}
	}
	if n := len(all.inFlight()); n != 0 {
		t.Errorf("%d in flight", n)
	}
}

// After an answer that took long, the connection serves the next request.
func TestConnectionsGoOnAfterTheirStreams(t *testing.T) {
	up := newProxied(t, func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		time.Sleep(2 * lookEvery)
		_, _ = io.WriteString(w, "end")
	})
	provider := diana()
	address := runSite(t, provider, "", "openid_guard {\naudience "+testAudience+"\n}\nreverse_proxy "+up.address())
	for range 2 {
		r, _ := http.NewRequest(http.MethodGet, "http://"+address+"/orders", nil)
		r.Header = bearer("good")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if text := bodyOf(t, response); text != "end" {
			t.Errorf("%q", text)
		}
		response.Body.Close()
	}
	if provider.asked.Load() < 4 {
		t.Errorf("asked %d times: nobody looked while the answers lasted", provider.asked.Load())
	}
}
