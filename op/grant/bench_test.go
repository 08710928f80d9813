package grant_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/grant/granttest"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

// The decision of the guard when the token is remembered: SHA-256, look-up, atomic loads, clock.
func BenchmarkIntrospectRemembered(b *testing.B) {
	v := onRealTime(b)
	for name, resource := range map[string]string{"jwt": granttest.API, "opaque": granttest.Vault} {
		token := v.Issue(b, "web", "openid api:read vault:open", resource).AccessToken
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Grants.Introspect(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The same on all cores: nothing on the way is shared for writing.
func BenchmarkIntrospectRememberedParallel(b *testing.B) {
	v := onRealTime(b)
	token := v.Issue(b, "web", "openid api:read").AccessToken
	ctx := b.Context()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := v.Grants.Introspect(ctx, token); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// A token whose records may have changed: read again, the signature not verified again.
func BenchmarkIntrospectReadAgain(b *testing.B) {
	v := onRealTime(b)
	issued := v.Issue(b, "web", "openid api:read")
	record, err := v.Store.Get(b.Context(), store.Grants, issued.Grant.ID)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := v.Store.Commit(b.Context(), store.Replacing(record)); err != nil {
			b.Fatal(err)
		}
		record.Version++
		if _, err := v.Grants.Introspect(b.Context(), issued.AccessToken); err != nil {
			b.Fatal(err)
		}
	}
}

// The first sight of an ES256 token in a process that did not issue it.
func BenchmarkIntrospectFirstSight(b *testing.B) {
	v := onRealTime(b)
	token := v.Issue(b, "web", "openid api:read").AccessToken
	for b.Loop() {
		stranger := *v.World
		stranger.Memory = grant.NewMemory(v.Generations, 8)
		b.StopTimer()
		view := stranger.View(b, granttest.Standard())
		b.StartTimer()
		if _, err := view.Grants.Introspect(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkClientCredentials(b *testing.B) {
	v := onRealTime(b)
	c := v.Client(b, "worker")
	scopes, audience := oauth.Scopes{"api:read"}, []string{granttest.API}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Grants.ClientCredentials(b.Context(), c, scopes, audience, grant.Possession{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRotate(b *testing.B) {
	for backend, open := range granttest.Backends() {
		b.Run(backend, func(b *testing.B) {
			v := open(b).View(b, granttest.Standard())
			c := v.Client(b, "web")
			token := v.Issue(b, "web", "openid api:read offline_access").RefreshToken
			for b.Loop() {
				issued, err := v.Grants.Rotate(b.Context(), c, token, grant.Narrowing{})
				if err != nil {
					b.Fatal(err)
				}
				token = issued.RefreshToken
			}
		})
	}
}

// onRealTime is a view whose clock costs what a real one does.
func onRealTime(b *testing.B) *granttest.View {
	b.Helper()
	w := granttest.Over(b, granttest.NewClock(), memory.New(time.Now))
	w.Now = time.Now
	return w.View(b, granttest.Standard())
}

// The memory is bounded: a stream of other tokens pushes facts out, and they are found out about anew.
func TestAFullMemoryForgetsAndStillAnswersRight(t *testing.T) {
	w := granttest.New(t)
	w.Memory = grant.NewMemory(w.Generations, 16)
	v := w.View(t, granttest.Standard())
	tokens := make([]string, 100)
	for i := range tokens {
		tokens[i] = v.Issue(t, "web", "openid api:read").AccessToken
	}
	for i, token := range tokens {
		if _, err := v.Grants.Introspect(t.Context(), token); err != nil {
			t.Error(strconv.Itoa(i), err)
		}
	}
}
