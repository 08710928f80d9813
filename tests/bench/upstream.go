package main

import (
	"bufio"
	"errors"
	"net"
	"testing"
)

// upstreamAnswer is all the upstream ever says.
const upstreamAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"

// upstream is the cheapest server that a proxy can stand before, on the cores of the load. It answers
// requests without a body until the benchmark ends, and returns its address.
func upstream(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				go answer(connection)
			}
		}
	}()
	return listener.Addr().String()
}

// answer serves one connection until the other side closes it.
func answer(connection net.Conn) {
	defer connection.Close()
	requests := bufio.NewReaderSize(connection, 16<<10)
	for {
		line, err := requests.ReadSlice('\n')
		if err != nil {
			return
		}
		if len(line) > 2 {
			continue
		}
		if _, err := connection.Write([]byte(upstreamAnswer)); err != nil {
			return
		}
	}
}
