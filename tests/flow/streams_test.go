package flow

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go/http3"
	"golang.org/x/net/http2"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// cutWithin is how soon a stream must be closed.
const cutWithin = time.Second

// fileSize is more than all buffers between a server and a client that does not read.
const fileSize = 64 << 20

// streaming is an upstream whose answers do not end, and that says when it lost its client.
type streaming struct {
	address string
	gone    chan string
}

func newStreaming(t testing.TB) *streaming {
	t.Helper()
	s := &streaming{gone: make(chan string, 16)}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	s.address = strings.TrimPrefix(server.URL, "http://")
	return s
}

func (s *streaming) serve(w http.ResponseWriter, r *http.Request) {
	defer func() {
		select {
		case s.gone <- r.URL.Path:
		default: // nobody listens
		}
	}()
	if r.Header.Get("Upgrade") != "websocket" {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: begin\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return
	}
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer connection.Close()
	_, _ = io.WriteString(connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\ndata: begin\n\n")
	_, _ = io.Copy(io.Discard, connection)
}

// streamingHouse guards the streaming upstream and a folder with a large file.
func streamingHouse(t testing.TB, lifetime, guard string) (*house, *streaming) {
	t.Helper()
	s, dir := newStreaming(t), t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "files"), 0o755); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(dir, "files", "large")
	if err := os.WriteFile(large, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, fileSize); err != nil {
		t.Fatal(err)
	}
	return build(t, plan{
		provider: lifetime, env: []string{"GODEBUG=http2xconnect=1"},
		sites: fmt.Sprintf(`
@EXTRA@ {
	handle /bare/* {
		reverse_proxy %[3]s
	}
	@guarded not path /bare/*
	openid_guard @guarded main {
		audience @API@
		scopes api:read
		default_scopes api:read
		%[1]s
	}
	handle /files/* {
		root %[2]q
		file_server
	}
	handle {
		reverse_proxy %[3]s
	}
}
`, guard, dir, s.address),
	}), s
}

// ways are clients of each version of HTTP, for ordinary requests.
func (h *house) ways(t testing.TB) map[string]http.RoundTripper {
	t.Helper()
	roots := &tls.Config{RootCAs: h.Roots(t)}
	first := &http.Transport{TLSClientConfig: roots.Clone(), TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}
	second := &http2.Transport{TLSClientConfig: roots.Clone()} //nolint:staticcheck // net/http knows no :protocol
	third := &http3.Transport{TLSClientConfig: roots.Clone()}
	t.Cleanup(func() {
		first.CloseIdleConnections()
		second.CloseIdleConnections() //nolint:staticcheck // as above
		_ = third.Close()
	})
	return map[string]http.RoundTripper{"HTTP/1.1": first, "HTTP/2.0": second, "HTTP/3.0": third}
}

// open begins a stream on one way and returns what arrives.
func (h *house) open(t testing.TB, way string, by http.RoundTripper, kind, token string) io.ReadCloser {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.extra+"/"+kind, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if kind == "socket" {
		if way == "HTTP/1.1" {
			return h.upgrade(t, request)
		}
		// RFC 8441 and RFC 9220, as the two libraries take it.
		request.Method = http.MethodConnect
		request.Header.Set("Sec-WebSocket-Version", "13")
		keep, held := io.Pipe()
		t.Cleanup(func() { held.Close() })
		request.Body, request.ContentLength = keep, -1
		if way == "HTTP/2.0" {
			request.Header[":protocol"] = []string{"websocket"}
		} else {
			request.Proto = "websocket"
		}
	}
	answer, err := by.RoundTrip(request)
	if err != nil {
		t.Fatalf("%s by %s: %v", kind, way, err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s by %s: %s", kind, way, answer.Status)
	}
	return answer.Body
}

// upgrade opens a WebSocket of HTTP/1.1.
func (h *house) upgrade(t testing.TB, request *http.Request) io.ReadCloser {
	t.Helper()
	connection, err := tls.Dial("tcp", h.host(h.extra), &tls.Config{RootCAs: h.Roots(t), ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	request.Header.Set("Connection", "Upgrade")
	request.Header.Set("Upgrade", "websocket")
	request.Header.Set("Sec-WebSocket-Version", "13")
	request.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
	if err := request.Write(connection); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(connection)
	answer, err := http.ReadResponse(reader, request)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("no upgrade: %v %v", answer, err)
	}
	return io.NopCloser(reader)
}

// begun reads the first event.
func begun(t testing.TB, stream io.Reader) {
	t.Helper()
	first := make([]byte, len("data: begin\n\n"))
	if _, err := io.ReadFull(stream, first); err != nil || string(first) != "data: begin\n\n" {
		t.Fatalf("%q, %v", first, err)
	}
}

// outcome is how a stream ended, and when.
type outcome struct {
	read int64
	err  error
	at   time.Time
}

// drain reads until the end.
func drain(stream io.Reader) <-chan outcome {
	end := make(chan outcome, 1)
	go func() {
		n, err := io.Copy(io.Discard, stream)
		end <- outcome{n, err, time.Now()}
	}()
	return end
}

func (h *house) revoke(t testing.TB, token string) time.Time {
	t.Helper()
	if got := h.post(t, "web", "/revoke", "token", token); got.StatusCode != http.StatusOK {
		t.Fatal(got.Status)
	}
	return time.Now()
}

func TestMust075_RevocationClosesStreams(t *testing.T) {
	h, up := streamingHouse(t, "", "")
	for way, by := range h.ways(t) {
		for _, kind := range []string{"events", "socket"} {
			t.Run(way+" "+kind, func(t *testing.T) {
				token := h.person(t)
				stream := h.open(t, way, by, kind, token)
				begun(t, stream)
				end := drain(stream)
				select {
				case got := <-end:
					t.Fatalf("a live stream ended: %v", got.err)
				case <-time.After(2 * time.Second):
				}
				revoked := h.revoke(t, token)
				got := <-end
				if after := got.at.Sub(revoked); after > cutWithin {
					t.Errorf("closed after %s", after)
				}
				if got.err == nil && kind == "events" {
					t.Error("the client takes the stump for the whole")
				}
				select {
				case <-up.gone:
				case <-time.After(cutWithin):
					t.Error("the upstream goes on")
				}
				h.refuses(t, token)
			})
		}
	}
}

func TestMust075_RevocationClosesStalledDownloads(t *testing.T) {
	h, _ := streamingHouse(t, "", "")
	for way, by := range h.ways(t) {
		t.Run(way, func(t *testing.T) {
			whole := <-drain(h.open(t, way, by, "files/large", h.person(t)))
			if whole.err != nil || whole.read != fileSize {
				t.Fatalf("a download that nothing stops: %d bytes, %v", whole.read, whole.err)
			}
			token := h.person(t)
			stream := h.open(t, way, by, "files/large", token)
			time.Sleep(500 * time.Millisecond) // the client does not read: all buffers fill
			h.revoke(t, token)
			time.Sleep(cutWithin)
			if got := <-drain(stream); got.err == nil || got.read >= fileSize {
				t.Errorf("%d bytes arrived, %v", got.read, got.err)
			}
		})
	}
}

func TestMust075_ExpiryClosesStreams(t *testing.T) {
	const lives = 4 * time.Second
	h, _ := streamingHouse(t, "lifetime {\naccess_token 4s\n}", "")
	for way, by := range h.ways(t) {
		t.Run(way, func(t *testing.T) {
			before := time.Now()
			token := h.person(t)
			issued := time.Now()
			stream := h.open(t, way, by, "events", token)
			begun(t, stream)
			got := <-drain(stream)
			// A token tells its times in whole seconds.
			if got.at.Before(before.Add(lives-time.Second)) || got.at.After(issued.Add(lives+cutWithin)) || got.err == nil {
				t.Errorf("closed %s after the token was issued, %v", got.at.Sub(issued), got.err)
			}
		})
	}
}

// A sign-out ends the session, and with it the streams of every grant in it, wherever the person signs out.
func TestMust075_SignOutClosesStreams(t *testing.T) {
	h, _ := streamingHouse(t, "", "")
	by := h.ways(t)["HTTP/1.1"]
	for _, kind := range []string{"events", "socket"} {
		for where, values := range map[string][]string{"/account": {"sign_out", "here"}, "/end_session": nil} {
			t.Run(kind+" "+where, func(t *testing.T) {
				stream := h.open(t, "HTTP/1.1", by, kind, h.person(t))
				begun(t, stream)
				end := drain(stream)
				page := harness.Get(t, h.web, h.issuer+where)
				if out := harness.Submit(t, h.web, harness.FormOf(t, page), values...); out.StatusCode != http.StatusSeeOther {
					t.Fatalf("signing out: %s\n%s", out.Status, out.Text)
				}
				left := time.Now()
				got := <-end
				if after := got.at.Sub(left); after > cutWithin {
					t.Errorf("closed after %s", after)
				}
				if got.err == nil && kind == "events" {
					t.Error("the client takes the stump for the whole")
				}
			})
		}
	}
}

func TestStreamsAreKeptOnRequest(t *testing.T) {
	h, up := streamingHouse(t, "", "streams keep")
	token := h.person(t)
	stream := h.open(t, "HTTP/1.1", h.ways(t)["HTTP/1.1"], "events", token)
	begun(t, stream)
	h.revoke(t, token)
	select {
	case got := <-drain(stream):
		t.Errorf("it ended: %v", got.err)
	case path := <-up.gone:
		t.Errorf("%s lost its client", path)
	case <-time.After(4 * time.Second):
	}
	h.refuses(t, token)
}
