package nodes

import (
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// TestMust056_ANodeThatStoodStillBelievesNothingItRemembers: a machine that is paused and goes on does not know what was
// ended meanwhile, and the requests that waited for it come before the news.
func TestMust056_ANodeThatStoodStillBelievesNothingItRemembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Database(t), "")
	browser := w.a.house.SignedIn(t, w.a.Caddy)
	rounds := harness.Times(5, 50)
	for range rounds {
		token := w.a.tokens(t, browser).AccessToken
		if got := w.b.guarded(t, token); got != http.StatusOK {
			t.Fatalf("before: %d", got)
		}
		if err := syscall.Kill(w.b.PID(), syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		_ = harness.Must(t)(w.a.web().Revoke(token))
		time.Sleep(bites + 100*time.Millisecond)
		var asking sync.WaitGroup
		for range 8 {
			asking.Go(func() {
				got, err := harness.Guarded(w.b.client, w.b.house.API(), token)
				if err != nil || got.Status == http.StatusOK {
					t.Errorf("with a token that was revoked a second ago: %v, %v", got, err)
				}
			})
		}
		time.Sleep(20 * time.Millisecond) // until the requests wait there
		if err := syscall.Kill(w.b.PID(), syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		asking.Wait()
	}
}
