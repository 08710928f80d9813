package flow

import (
	"bufio"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// raw is the header of a request as it is written, line by line.
type raw []string

// rawAnswer is what came back; status 0 is a connection that was closed without an answer.
type rawAnswer struct {
	status int
	header http.Header
	body   string
}

func (h *house) host(origin string) string { return strings.TrimPrefix(origin, "https://") }

// raw writes a request to the guarded site by hand, over HTTP/1.1 in TLS, and reads one answer.
func (h *house) raw(t testing.TB, line string, header raw, body string) rawAnswer {
	t.Helper()
	connection, err := tls.Dial("tcp", h.host(h.api), &tls.Config{RootCAs: h.Roots(t), ServerName: "localhost", NextProtos: []string{"http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(connection, line+"\r\n"+strings.Join(header, "\r\n")+"\r\n\r\n"+body); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(line, " ")
	answer, err := http.ReadResponse(bufio.NewReader(connection), &http.Request{Method: method})
	if err != nil {
		return rawAnswer{}
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body) // a connection that is cut has said all there is
	return rawAnswer{answer.StatusCode, answer.Header, string(text)}
}
