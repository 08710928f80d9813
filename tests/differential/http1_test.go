package differential

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// patience is how long an answer is waited for. Some requests can have none: their end never comes.
const patience = 3 * time.Second

// statusNone is the status of a request that was answered by nothing: the connection was closed or reset.
const statusNone = 0

// statusStalled is that of a request whose answer was waited for in vain.
const statusStalled = -1

// link is a connection to one site in HTTP/1.
type link struct {
	net.Conn
	answers *bufio.Reader
}

// dial opens a connection to a site, with TLS if it has TLS.
func (w *world) dial(r *request, protocol string) (net.Conn, error) {
	address := net.JoinHostPort("127.0.0.1", portText(w.ports[r.variant][r.upstream]))
	if !variants[r.variant].tls {
		return net.DialTimeout("tcp", address, 10*time.Second)
	}
	return tls.Dial("tcp", address, &tls.Config{
		RootCAs: w.roots, ServerName: "localhost", NextProtos: []string{protocol}, ClientSessionCache: w.sessions,
	})
}

// send1 sends a request over HTTP/1 byte by byte and returns the status of the first final answer.
func (s *sender) send1(r *request) (status int, err error) {
	at := [2]int{r.variant, r.upstream}
	one := s.links[at]
	delete(s.links, at)
	if one == nil || r.alone {
		if one != nil {
			one.Close()
		}
		connection, err := s.dial(r, "http/1.1")
		if err != nil {
			return statusNone, err
		}
		one = &link{connection, bufio.NewReaderSize(connection, 4<<10)}
	}
	status, again := one.exchange(r)
	if again && !r.alone {
		s.links[at] = one
		return status, nil
	}
	one.Close()
	return status, nil
}

// exchange writes a request and reads the answer; again says that the connection may be used again.
func (l *link) exchange(r *request) (status int, again bool) {
	_ = l.SetDeadline(time.Now().Add(patience))
	if _, err := l.Write(r.wire()); err != nil {
		return statusNone, false
	}
	for {
		answer, err := http.ReadResponse(l.answers, &http.Request{Method: r.method})
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return statusStalled, false
		}
		if err != nil {
			return statusNone, false
		}
		if answer.StatusCode < 200 && answer.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		_, err = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		return answer.StatusCode, err == nil && !answer.Close && l.answers.Buffered() == 0
	}
}
