package client

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

// slowStore answers once it is told to, and counts who asked.
type slowStore struct {
	store.Store
	answer chan struct{}
	asked  atomic.Int64
}

func (s *slowStore) Get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	s.asked.Add(1)
	select {
	case <-s.answer:
		return s.Store.Get(ctx, k, key)
	case <-ctx.Done():
		return store.Record{}, errors.Join(oauth.ErrUnavailable, ctx.Err())
	}
}

// A service asks many times at once, while judging its secret takes long: all of that is one guess, so
// the right secret is not refused for want of budget.
func TestTheSameCredentialsAtOnceAreOneGuess(t *testing.T) {
	const atOnce = 10 * wrongSecrets
	for name, at := range map[string]struct {
		header http.Header
		status int
	}{
		"the right secret": {header: basic("dyn-1", "generated")},
		"a wrong secret":   {header: basic("dyn-1", "guessed"), status: http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			c := registered()
			c.Disabled = false
			c.Secrets, c.AuthMethods = []Secret{PlainSecret("generated")}, []string{oauth.AuthClientSecretBasic}
			synctest.Test(t, func(t *testing.T) {
				slow := &slowStore{Store: storeWith(t, c), answer: make(chan struct{})}
				auth := NewAuthenticator(NewRegistry(slow, nil), throttle.NewJoint("", throttle.New(time.Now, 1000), nil), nil)
				var all sync.WaitGroup
				for range atOnce {
					all.Go(func() {
						got, err := asking{header: at.header}.send(t.Context(), auth)
						switch refused, isRefusal := errors.AsType[*oauth.Error](err); {
						case at.status == 0 && (err != nil || got.ID != "dyn-1"):
							t.Errorf("got %v, %v", got, err)
						case at.status != 0 && (!isRefusal || refused.Status != at.status || got != nil):
							t.Errorf("got %v, %v; want %d", got, err, at.status)
						}
					})
				}
				synctest.Wait()
				if n := slow.asked.Load(); n != 1 {
					t.Errorf("judged %d times at once", n)
				}
				close(slow.answer)
				all.Wait()
			})
		})
	}
}

// Whoever asked first and hung up takes nobody with them.
func TestAHungUpClientFailsNobodyElse(t *testing.T) {
	c := registered()
	c.Disabled = false
	c.Secrets, c.AuthMethods = []Secret{PlainSecret("generated")}, []string{oauth.AuthClientSecretBasic}
	synctest.Test(t, func(t *testing.T) {
		slow := &slowStore{Store: storeWith(t, c), answer: make(chan struct{})}
		auth := NewAuthenticator(NewRegistry(slow, nil), throttle.NewJoint("", throttle.New(time.Now, 1000), nil), nil)
		first, hangUp := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { _, _ = asking{header: basic("dyn-1", "generated")}.send(first, auth) })
		synctest.Wait()
		all.Go(func() {
			if _, err := (asking{header: basic("dyn-1", "generated")}).send(t.Context(), auth); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		hangUp()
		synctest.Wait()
		close(slow.answer)
		all.Wait()
	})
}
