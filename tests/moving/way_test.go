package moving

import (
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// way leads a node to its database, and breaks.
type way struct {
	net.Listener
	to     string
	broken atomic.Bool
	mu     sync.Mutex
	conns  []net.Conn
}

// wayTo gives a way to the database of dsn, and the connection string that leads over it.
func wayTo(t *testing.T, dsn string) (*way, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &way{Listener: listener, to: u.Host}
	u.Host = listener.Addr().String()
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { w.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		w.cut()
		serving.Wait()
	})
	return w, u.String()
}

func (w *way) serve(node net.Conn) {
	defer node.Close()
	server, err := net.Dial("tcp", w.to)
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
