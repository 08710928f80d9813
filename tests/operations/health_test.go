package operations

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

const wellAnswer = `{"ready":true,"providers":[{"name":"main","ready":true,"store":true,"keys":true,"listener":true}]}`

func TestHealth(t *testing.T) {
	t.Parallel()
	c, house := started(t, nil)
	t.Run("of a provider that is well", func(t *testing.T) {
		reply, err := harness.Read(http.Get(c.Admin + "/openid/health"))
		if err != nil || reply.Status != http.StatusOK || strings.TrimSpace(reply.Body) != wellAnswer {
			t.Errorf("%v, %v", reply, err)
		}
		if got := reply.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("Cache-Control is %q", got)
		}
	})
	t.Run("in the terminal", func(t *testing.T) {
		address := strings.TrimPrefix(c.Admin, "http://")
		out, err := harness.Command(t, t.TempDir(), []string{"openid", "health", "--address", address})
		if err != nil || !strings.Contains(strings.Join(strings.Fields(out), " "), "main"+strings.Repeat(" yes", 4)) {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("asked by many costs the store nothing", func(t *testing.T) {
		const lists = `gatehouse_store_operation_duration_seconds_count{operation="list",provider="main"}`
		before, began := metrics(t, c)[lists], time.Now()
		var asking sync.WaitGroup
		for range 200 {
			asking.Go(func() {
				if reply, err := harness.Read(http.Get(c.Admin + "/openid/health")); err != nil || reply.Status != http.StatusOK {
					t.Errorf("%v, %v", reply, err)
				}
			})
		}
		asking.Wait()
		// One for each second, and some for what the provider itself looks for meanwhile.
		if n, most := metrics(t, c)[lists]-before, 10+2*time.Since(began).Seconds(); n > most {
			t.Errorf("the store was asked %g times, want %g at most", n, most)
		}
	})
	t.Run("after a reload", func(t *testing.T) {
		changed := house.With(func(h *harness.House) { h.Guard = "realm other" })
		if err := c.Load(t, changed.Options(), changed.Sites()); err != nil {
			t.Fatal(err)
		}
		reply, err := harness.Read(http.Get(c.Admin + "/openid/health"))
		if err != nil || reply.Status != http.StatusOK {
			t.Errorf("%v, %v", reply, err)
		}
	})
}
