package moving

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

// way leads a node to its database, and breaks.
type way struct {
	broken atomic.Bool
	mu     sync.Mutex
	conns  []net.Conn
}

// wayTo gives a way to the database of dsn, and the connection string that leads over it.
func wayTo(t *testing.T, dsn string) (*way, string) {
	t.Helper()
	w := &way{}
	return w, postgrestest.Way(t, dsn, w.serve, w.cut)
}

func (w *way) serve(node net.Conn, address string) {
	defer node.Close()
	// The server hears nothing of those who try in vain: they would keep it from answering others.
	if w.broken.Load() {
		return
	}
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	w.mu.Lock()
	if w.broken.Load() {
		w.mu.Unlock()
		return
	}
	w.conns = append(w.conns, node, server)
	w.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(server, node); _ = server.Close() })
	both.Go(func() { _, _ = io.Copy(node, server); _ = node.Close() })
	both.Wait()
}

// cut breaks every connection, and those that are made until mend.
func (w *way) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken.Store(true)
	for _, conn := range w.conns {
		_ = conn.Close()
	}
	w.conns = nil
}

func (w *way) mend() { w.broken.Store(false) }
