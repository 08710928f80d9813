package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// token is a record of the size a grant's tokens have.
func token(key string) store.Record {
	return store.Record{
		Kind: store.RefreshTokens, Key: key, GrantID: "g-" + key, Subject: "diana", ClientID: "client-1", ExpiresAt: time.Now().Add(time.Hour),
		Body: []byte(fmt.Sprintf(`{"scopes":["openid","offline_access","api:read"],"digest":%q,"spent":false,"issued":1770000000}`, key)),
	}
}

// BenchmarkGet reads one of 10,000 records, alone and from all cores.
func BenchmarkGet(b *testing.B) {
	s := mustOpen(b, filepath.Join(b.TempDir(), "store.db"), time.Now)
	const n = 10_000
	for i := 0; i < n; i += 100 {
		var changes []store.Change
		for j := range 100 {
			changes = append(changes, store.Creating(token(fmt.Sprintf("key-%06d", i+j))))
		}
		if err := s.Commit(b.Context(), changes...); err != nil {
			b.Fatal(err)
		}
	}
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("key-%06d", i*7919%n)
	}
	get := func(b *testing.B, ctx context.Context, i int) {
		if _, err := s.Get(ctx, store.RefreshTokens, keys[i%n]); err != nil {
			b.Error(err)
		}
	}
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			get(b, context.Background(), i)
		}
	})
	b.Run("in a request", func(b *testing.B) {
		// A request's context can end, which the driver watches for.
		ctx, cancel := context.WithCancel(b.Context())
		defer cancel()
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			get(b, ctx, i)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		var next atomic.Int64
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				get(b, context.Background(), int(next.Add(1)))
			}
		})
	})
}

// BenchmarkCommit is a refresh token's rotation (require the grant, spend the old, create the new), by one author and by
// many whose commits share transactions. An operation is one durable commit.
func BenchmarkCommit(b *testing.B) {
	for _, authors := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("authors=%d", authors), func(b *testing.B) {
			s := mustOpen(b, filepath.Join(b.TempDir(), "store.db"), time.Now)
			grant := store.Record{Kind: store.Grants, Key: "g", Version: 1}
			if err := s.Commit(b.Context(), store.Creating(grant)); err != nil {
				b.Fatal(err)
			}
			var author atomic.Int64
			b.SetParallelism(max(1, authors/4))
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(p *testing.PB) {
				me := author.Add(1)
				old := token(fmt.Sprintf("a%d-0", me))
				old.Version = 1
				if err := s.Commit(context.Background(), store.Creating(old)); err != nil {
					b.Error(err)
					return
				}
				for i := 1; p.Next(); i++ {
					next := token(fmt.Sprintf("a%d-%d", me, i))
					if err := s.Commit(context.Background(), store.Requiring(grant), store.Replacing(old), store.Creating(next)); err != nil {
						b.Error(err)
						return
					}
					next.Version = 1
					old = next
				}
			})
		})
	}
}
