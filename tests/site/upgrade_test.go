package site

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// planted is what an upstream that somebody took over says beside each answer.
const planted = "Set-Cookie: __Host-gatehouse-main-session=planted; Path=/; Secure\r\n" +
	"Set-Cookie: __Host-gatehouse-main-site-abc-visit=planted; Path=/; Secure\r\nSet-Cookie: theirs=1\r\n"

// plant answers each connection once: 101 to an upgrade, early hints and a page to anything else.
func plant(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				r, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				if r.Header.Get("Upgrade") != "" {
					_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+planted+"\r\n")
					return
				}
				_, _ = io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\n"+planted+"\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n"+planted+"\r\nok")
			}()
		}
	}()
	return listener.Addr().String()
}

// TestMust080_NoAnswerOfAnUpstreamSetsOurCookies: neither a page for everybody, nor what comes before an answer, nor the
// one that opens a WebSocket, whose cookies browsers take as well.
func TestMust080_NoAnswerOfAnUpstreamSetsOurCookies(t *testing.T) {
	w := newWorld(t)
	options, guarded := w.config("", "")
	if err := w.Load(t, options, strings.ReplaceAll(guarded, w.up.address, plant(t))); err != nil {
		t.Fatal(err)
	}
	for _, site := range []string{w.near, w.wiki} {
		browser := w.Client(t)
		for deadline := time.Now().Add(10 * time.Second); open(t, browser, site+"/page", "diana").Text != "ok"; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the configuration does not change")
			}
		}
		u, err := url.Parse(site)
		if err != nil {
			t.Fatal(err)
		}
		head := " HTTP/1.1\r\nHost: " + u.Host + "\r\nOrigin: " + site + "\r\n"
		var cookies []string
		for _, c := range browser.Jar.Cookies(u) {
			cookies = append(cookies, c.Name+"="+c.Value)
		}
		signedIn := head + "Cookie: " + strings.Join(cookies, "; ") + "\r\n"
		for name, test := range map[string]struct{ request, answer string }{
			"public":   {"GET /health" + head + "Connection: close\r\n\r\n", "HTTP/1.1 200"},
			"a page":   {"GET /page" + signedIn + "Connection: close\r\n\r\n", "HTTP/1.1 200"},
			"upgraded": {"GET /ws" + signedIn + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", "HTTP/1.1 101"},
		} {
			got := w.raw(t, u, test.request)
			if !strings.Contains(got, test.answer) || !strings.Contains(got, "theirs=1") || strings.Contains(got, "planted") {
				t.Errorf("%s: %s:\n%s", site, name, got)
			}
		}
	}
}

// raw sends a request as it stands over a connection of its own, and reads until that ends.
func (w *world) raw(t *testing.T, at *url.URL, request string) string {
	t.Helper()
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: w.Roots(t), ServerName: at.Hostname(), NextProtos: []string{"http/1.1"}}}
	conn, err := dialer.DialContext(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", at.Port()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(conn)
	return string(answer)
}
