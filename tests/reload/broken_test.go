package reload

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const brokenReloads = 40

// TestBrokenConfigurationNeverServes: what fails last, when a store is opened, must fail before the new
// configuration has answered anybody. New connections are the ones that would meet it.
func TestBrokenConfigurationNeverServes(t *testing.T) {
	t.Parallel()
	c, house := started(t, nil)
	token := tokens(t, house, c.Client(t), house.SignedIn(t, c)).AccessToken
	users := filepath.Join(t.TempDir(), "users.json")
	if err := os.WriteFile(users, []byte(`{"users":[{"name":"anna","inactive":true}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := append(brokenOnes(t, house), broken{
		"users file", house.With(func(h *harness.House) { h.Provider = "users file " + users }).Options(), house.Sites(), "inactive",
	})
	var stopped atomic.Bool
	var visitors sync.WaitGroup
	var mu sync.Mutex
	answers := make(map[string]int)
	for range 8 {
		client := fresh(c.Client(t))
		visitors.Go(func() {
			for !stopped.Load() {
				outcome := "no answer"
				if got, err := harness.Guarded(client, house.API(), token); err == nil {
					outcome = fmt.Sprint(got.Status)
				}
				mu.Lock()
				answers[outcome]++
				mu.Unlock()
			}
		})
	}
	for n := range brokenReloads {
		wantRefused(t, c, bad[n%len(bad)])
	}
	stopped.Store(true)
	visitors.Wait()
	t.Logf("%v", answers)
	delete(answers, fmt.Sprint(http.StatusOK))
	delete(answers, "no answer") // Caddy resets what waits to be accepted when a listener closes
	if len(answers) > 0 {
		t.Errorf("some were answered %v", answers)
	}
}
