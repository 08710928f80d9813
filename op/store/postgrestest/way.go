package postgrestest

import (
	"net"
	"net/url"
	"sync"
	"testing"
)

// Way gives the DSN of a way to the server of dsn that leads through serve, which is called with each connection and the
// server's address, and closes it. end breaks those that are left when the test is over.
func Way(t testing.TB, dsn string, serve func(client net.Conn, server string), end func()) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := u.Host
	u.Host = listener.Addr().String()
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { serve(conn, server) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		end()
		serving.Wait()
	})
	return u.String()
}
