package flow

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// idleStreams is how many streams are open at once; each takes two files of Caddy and two of the test.
const idleStreams = 5000

// BenchmarkIdleStreams tells what an idle proxied event stream costs Caddy in memory, guarded and bare. Give it
// a Caddy built without -race in GATEHOUSE_BINARY.
func BenchmarkIdleStreams(b *testing.B) {
	for name, path := range map[string]string{"guarded": "/events", "bare": "/bare/events"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				h, _ := streamingHouse(b, "", "")
				h.openMany(b, path, 200) // connections to the upstream, caches and buffers are there
				before := h.memory(b)
				h.openMany(b, path, idleStreams)
				b.ReportMetric(float64(h.memory(b)-before)/idleStreams, "B/stream")
			}
		})
	}
}

// openMany opens streams on a connection each, which stay until the benchmark is over.
func (h *house) openMany(b *testing.B, path string, n int) {
	b.Helper()
	token := h.person(b)
	by := h.ways(b)["HTTP/1.1"]
	var mu sync.Mutex
	var bodies []io.Closer
	b.Cleanup(func() {
		for _, body := range bodies {
			body.Close()
		}
	})
	var group errgroup.Group
	group.SetLimit(32)
	for range n {
		group.Go(func() error {
			request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, h.extra+path, nil)
			if err != nil {
				return err
			}
			request.Header.Set("Authorization", "Bearer "+token)
			answer, err := by.RoundTrip(request)
			if err != nil {
				return err
			}
			mu.Lock()
			bodies = append(bodies, answer.Body)
			mu.Unlock()
			if answer.StatusCode != http.StatusOK {
				return fmt.Errorf("%s", answer.Status)
			}
			_, err = io.ReadFull(answer.Body, make([]byte, 13))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
}

// memory is what Caddy has resident, in bytes, when it has come to rest.
func (h *house) memory(b *testing.B) int {
	b.Helper()
	time.Sleep(3 * time.Second)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.PID()))
	if err != nil {
		b.Fatal(err)
	}
	_, line, _ := bytes.Cut(status, []byte("VmRSS:"))
	text, _, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
	kib, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return kib << 10
}
