package guard

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// pipes is a listener without a network: whoever dials it is served through memory, and no time goes to
// the kernel.
type pipes struct {
	arriving chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func newPipes() *pipes { return &pipes{arriving: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.arriving <- server
	return client
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.arriving:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// pipeTransport is reverse_proxy's way to an upstream in memory that answers everything with two bytes.
type pipeTransport struct{ *http.Transport }

func init() { caddy.RegisterModule(&pipeTransport{}) }

func (*pipeTransport) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.reverse_proxy.transport.pipe", New: func() caddy.Module { return new(pipeTransport) }}
}

func (p *pipeTransport) Provision(caddy.Context) error {
	p.Transport = &http.Transport{MaxIdleConnsPerHost: 100, DialContext: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go answerAll(server)
		return client, nil
	}}
	return nil
}

func (*pipeTransport) UnmarshalCaddyfile(*caddyfile.Dispenser) error { return nil }

func (p *pipeTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r.URL.Scheme = "http"
	return p.Transport.RoundTrip(r)
}

func answerAll(conn net.Conn) {
	defer conn.Close()
	requests := bufio.NewReader(conn)
	for {
		line, err := requests.ReadSlice('\n')
		if err != nil {
			return
		}
		if len(line) == 2 {
			if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"); err != nil {
				return
			}
		}
	}
}

// BenchmarkWholeRequest is a request through the whole of Caddy over HTTP/1.1, but for the kernel: without a
// guard, with one that lets streams be, and with one that closes them.
func BenchmarkWholeRequest(b *testing.B) {
	provider, token := openProvider(b)
	asked := newFakeProvider()
	asked.ask = provider.Introspect
	message := fmt.Appendf(nil, "GET /orders/17 HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\nAuthorization: Bearer %s\r\n\r\n", token())
	const start, end = "openid_guard {\naudience " + testAudience + "\nscopes orders:read\nheader X-User-Id sub\nheader X-Client-Id client_id\nheader X-Scope scope\n", "}\n"
	for _, after := range []struct{ name, handler string }{
		{"respond", `respond "ok"`},
		{"reverse_proxy", "reverse_proxy 127.0.0.1:1 {\ntransport pipe\n}"},
	} {
		for _, before := range []struct{ name, handler string }{{"bare", ""}, {"kept", start + "streams keep\n" + end}, {"closed", start + end}} {
			b.Run(after.name+"/"+before.name, func(b *testing.B) {
				conn := serveInMemory(b, asked, before.handler+after.handler)
				answer := make([]byte, 4096)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := conn.Write(message); err != nil {
						b.Fatal(err)
					}
					n, err := conn.Read(answer)
					if err != nil || !bytes.HasPrefix(answer[:n], []byte("HTTP/1.1 200 OK")) || !bytes.HasSuffix(answer[:n], []byte("\r\n\r\nok")) {
						b.Fatalf("%s %v", answer[:n], err)
					}
				}
			})
		}
	}
}

// serveInMemory runs a site and gives a connection to it.
func serveInMemory(b *testing.B, provider *fakeProvider, site string) net.Conn {
	b.Helper()
	runSite(b, provider, "", site)
	app, err := caddy.ActiveContext().App("http")
	if err != nil {
		b.Fatal(err)
	}
	listener := newPipes()
	server := &http.Server{Handler: app.(*caddyhttp.App).Servers["srv0"], ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { _ = server.Close() })
	return listener.dial()
}
