package flow

import (
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

// idleStreams is how many streams are open at once, over HTTP/2 as browsers do it: over HTTP/1.1 they take
// 20,000 files of Caddy, which is more than many a machine allows.
const idleStreams = 10_000

// BenchmarkIdleStreams tells what an idle proxied event stream costs Caddy in memory, guarded and bare: what is
// resident, and what lives in heap and stacks after a collection. Give it a Caddy built without -race in
// GATEHOUSE_BINARY.
func BenchmarkIdleStreams(b *testing.B) {
	for name, path := range map[string]string{"guarded": "/events", "bare": "/bare/events"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				h, _ := streamingHouse(b, "", "")
				h.openMany(b, path, 200) // connections to the upstream, caches and buffers are there
				residentBefore, liveBefore := h.memory(b)
				h.openMany(b, path, idleStreams)
				resident, live := h.memory(b)
				b.ReportMetric(float64(resident-residentBefore)/idleStreams, "B/stream")
				b.ReportMetric(float64(live-liveBefore)/idleStreams, "live-B/stream")
			}
		})
	}
}

// openMany opens streams, which stay until the benchmark is over.
func (h *house) openMany(b *testing.B, path string, n int) {
	b.Helper()
	token := h.person(b)
	by := h.ways(b)["HTTP/2.0"]
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

// memory is what Caddy has resident when it has come to rest, and then what lives in it, in bytes.
func (h *house) memory(b *testing.B) (resident, live int) {
	b.Helper()
	time.Sleep(3 * time.Second)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.PID()))
	if err != nil {
		b.Fatal(err)
	}
	resident = numberAfter(b, string(status), "VmRSS:") << 10
	answer, err := http.Get(h.Admin + "/debug/pprof/heap?gc=1&debug=1")
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	profile, err := io.ReadAll(answer.Body)
	if err != nil {
		b.Fatal(err)
	}
	return resident, numberAfter(b, string(profile), "# HeapAlloc = ") + numberAfter(b, string(profile), "# Stack = ")
}

// numberAfter reads the number that follows a name.
func numberAfter(b *testing.B, text, name string) int {
	b.Helper()
	_, rest, found := strings.Cut(text, name)
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		b.Fatalf("no %s", name)
	}
	n, err := strconv.Atoi(fields[0])
	if err != nil {
		b.Fatal(err)
	}
	return n
}
