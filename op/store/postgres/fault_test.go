package postgres_test

import (
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store/postgres"
	"github.com/seed-5b16f944/gatehouse/op/store/postgrestest"
)

// TestNotYet: a server that is not there may be about to come, and one that says no has said it.
func TestNotYet(t *testing.T) {
	dsn := postgrestest.Database(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	p, through := between(t, dsn) // as one that shares the load, and has nobody to share it with
	p.shut.Store(true)
	other := answering(t, "HTTP/1.1 400 Bad Request\r\n\r\n")
	at := func(host string) postgres.DSN {
		return changed(t, dsn, func(u *url.URL, _ url.Values) { u.Host = host })
	}
	for name, tt := range map[string]struct {
		dsn  postgres.DSN
		want bool
	}{
		"nobody listens":             {at(closed.Addr().String()), true},
		"nobody is behind who does":  {postgres.DSN(through), true},
		"it is something else":       {at(other), false},
		"the password is wrong":      {changed(t, dsn, func(u *url.URL, _ url.Values) { u.User = url.UserPassword(databaseOf(t, dsn), "wrong") }), false},
		"there is no such database":  {changed(t, dsn, func(u *url.URL, _ url.Values) { u.Path = "/none" }), false},
		"the DSN says nothing of it": {"", false},
	} {
		_, err := postgres.Open(t.Context(), postgres.Config{DSN: tt.dsn, StatementTimeout: time.Second}, time.Now)
		if err == nil || postgres.NotYet(err) != tt.want {
			t.Errorf("%s: %v: not yet: %t, want %t", name, err, !tt.want, tt.want)
		}
	}
	for cause, want := range map[error]bool{
		syscall.ECONNREFUSED: true, syscall.ECONNRESET: true, syscall.EHOSTUNREACH: true, syscall.ENETUNREACH: true,
		syscall.EACCES: false, io.EOF: false, errors.New("whatever"): false,
	} {
		err := postgres.Fault(&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", cause)})
		if postgres.NotYet(err) != want {
			t.Errorf("%v: not yet: %t, want %t", cause, !want, want)
		}
	}
}
