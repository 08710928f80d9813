package postgres_test

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

// What a proxy does about the next COMMIT.
const (
	passOn     int32 = iota
	loseAnswer       // it arrives, and the connection breaks before the answer does
	loseIt           // the connection breaks before it arrives, and in between meanwhile is called
	goSilent         // it arrives, and nothing is ever heard again on any connection
)

// proxy lies between a store and its server, and breaks connections at the worst moment.
type proxy struct {
	next   atomic.Int32
	silent atomic.Bool
	shut   atomic.Bool // to whoever comes
	// foreign has the server speak another language, as lc_messages would.
	foreign atomic.Bool
	// meanwhile is what happens while a COMMIT is lost; nil is nothing.
	meanwhile func()

	mu    sync.Mutex
	conns []net.Conn
}

// between gives the DSN of a way to the server of dsn that leads through a proxy.
func between(t *testing.T, dsn string) (*proxy, string) {
	t.Helper()
	p := &proxy{}
	return p, postgrestest.Way(t, dsn, p.serve, p.breakAll)
}

func (p *proxy) serve(client net.Conn, address string) {
	if p.shut.Load() {
		_ = client.Close()
		return
	}
	server, err := net.Dial("tcp", address)
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, client, server)
	p.mu.Unlock()
	if p.shut.Load() { // since it was looked at; breakAll has not seen this one
		_, _ = client.Close(), server.Close()
		return
	}
	var both sync.WaitGroup
	end := func() { _ = client.Close(); _ = server.Close() }
	var lost atomic.Bool
	both.Go(func() {
		defer end()
		pump(server, client, func(part []byte) error {
			if !bytes.Contains(part, []byte("COMMIT\x00")) {
				return nil
			}
			switch p.next.Swap(passOn) {
			case loseAnswer:
				lost.Store(true)
			case loseIt:
				if p.meanwhile != nil {
					p.meanwhile()
				}
				return io.EOF
			case goSilent:
				p.silent.Store(true)
			}
			return nil
		})
	})
	both.Go(func() {
		defer end()
		pump(client, server, func(part []byte) error {
			if lost.Load() {
				return io.EOF
			}
			if at := bytes.Index(part, []byte("SERROR\x00")); at >= 0 && p.foreign.Load() {
				copy(part[at:], "SFEHLR") // a letter short, so that the message keeps its length
			}
			for p.silent.Load() {
				if _, err := server.Read(make([]byte, 1024)); err != nil {
					return err
				}
			}
			return nil
		})
	})
	both.Wait()
}

// pump copies what look lets through.
func pump(to io.Writer, from io.Reader, look func([]byte) error) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil || look(buffer[:n]) != nil {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// breakAll ends every connection.
func (p *proxy) breakAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
	p.conns = nil
}
