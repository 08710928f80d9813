package fetch

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// TestThreat046_ASlowHostHoldsUpNobodyElse: strangers choose whom we ask, so one host never has all the patience.
func TestThreat046_ASlowHostHoldsUpNobodyElse(t *testing.T) {
	slow := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	quick := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) })
	p := slow.policy()
	p.Roots.AddCert(quick.Certificate())
	n := &names{addresses: []string{"127.0.0.1"}}
	c := newClient(p, n.resolver(t))
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 2 * atOnce {
		all.Go(func() { _, _ = c.Get(ctx, slow.URL) })
	}
	for began := time.Now(); slow.asked.Load() < perHost && time.Since(began) < 2*time.Second; {
		time.Sleep(time.Millisecond)
	}
	if _, err := c.Get(t.Context(), "https://example.com:"+quick.port()); err != nil {
		t.Errorf("another host: %v", err)
	}
	brief, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if _, err := c.Get(brief, strings.Replace(slow.URL, "https:", "HTTPS:", 1)); !errors.Is(err, ErrBusy) || !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("the same host: %v", err)
	}
	if asked := slow.asked.Load(); asked != perHost {
		t.Errorf("the slow host was asked %d times at once", asked)
	}
	cancel()
	all.Wait()
	if len(c.lanes.held) != 0 {
		t.Errorf("%d hosts are remembered", len(c.lanes.held))
	}
}
