package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// failure is an error that says what went wrong and nothing of where or for whom. It unwraps to nothing that would.
type failure struct{ text string }

func (f *failure) Error() string { return f.text }

// spoken are the SQLSTATEs whose meaning helps an operator. Those of the server's own messages are not passed on: they
// quote users, databases and values.
var spoken = map[string]string{
	"08P01": "the server does not understand us: is it PostgreSQL, or a proxy that shares connections between transactions?",
	"25006": "the database takes no writes: it is a standby, or was made read-only",
	"25P03": "the server has ended an idle transaction",
	"28000": "the server refuses the user",
	"28P01": "the server refuses the user or the password",
	"3D000": "there is no such database",
	"42501": "the user may not do this: it has to own the schema, or to have CREATE on it",
	"42704": "the server knows nothing of that name; is a parameter of the dsn misspelt?",
	"53100": "the server's disk is full",
	"53200": "the server is out of memory",
	"53300": "the server has no connection left",
	"53400": "the server has reached a limit of its configuration",
	"57014": "the server gave up after statement_timeout",
	"57P01": "the server was told to end the connection",
	"57P02": "the server has crashed",
	"57P03": "the server is starting or shutting down",
	"57P05": "the server has ended an idle session",
}

// fault is err as it may be logged. What context it ended by can still be told; everything that comes from pgx is
// replaced by what it means.
func fault(err error) error {
	var own *failure
	var early *earlyError
	var unwanted *refusal
	var server *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own):
		return own
	case errors.As(err, &early):
		return early
	case errors.As(err, &unwanted):
		return unwanted
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.As(err, &server):
		return fromServer(server)
	}
	return fromConnection(err)
}

func fromServer(server *pgconn.PgError) error {
	text := "the server answers with an error"
	if known, ok := spoken[server.Code]; ok {
		text = known
	}
	told := failure{text + " (SQLSTATE " + server.Code + ")"}
	if server.Code == starting {
		return &earlyError{told}
	}
	return &told
}

// fromConnection is about what never came to the server, or no answer of it came back.
func fromConnection(err error) error {
	var (
		authority   x509.UnknownAuthorityError
		name        x509.HostnameError
		certificate x509.CertificateInvalidError
		alert       tls.AlertError
		verify      *tls.CertificateVerificationError
		lookup      *net.DNSError
		errno       syscall.Errno
		connecting  *pgconn.ConnectError
	)
	switch {
	case errors.As(err, &authority), errors.As(err, &certificate):
		return &failure{"the server's certificate is not trusted; sslrootcert names who is"}
	case errors.As(err, &name):
		return &failure{"the server's certificate is for another name"}
	case errors.As(err, &verify), errors.As(err, &alert):
		return &failure{"TLS with the server failed"}
	case errors.As(err, &lookup):
		return &earlyError{failure{"the server's name cannot be looked up"}}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		return &timeout{}
	case errors.Is(err, os.ErrNotExist):
		return &earlyError{failure{"there is no such socket"}}
	case errors.As(err, &errno) && slices.Contains(absent, errno):
		return &earlyError{failure{refused + errno.Error()}}
	case errors.As(err, &errno):
		return &failure{refused + errno.Error()}
	case strings.Contains(err.Error(), refusedTLS):
		return &failure{"the server has no TLS, which the sslmode of the dsn asks for"}
	case errors.As(err, &connecting) && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
		// As of something in between whose server is not there yet.
		return &earlyError{failure{"the connection broke"}}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), pgconn.SafeToRetry(err):
		return &failure{"the connection broke"}
	case errors.As(err, &connecting):
		return &failure{"the connection failed; is it PostgreSQL that answers at the host and port of the dsn?"}
	}
	return &failure{"the connection failed"}
}

// starting is the SQLSTATE of a server that is.
const starting = "57P03"

// absent are the errnos of a server, or of a network on the way to it, that is not there, or not there yet.
var absent = []syscall.Errno{syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EHOSTUNREACH, syscall.ENETUNREACH}

// refused is what is said before the errno of a connection that was not made.
const refused = "the connection to the server of the dsn failed: "

// earlyError is a failure of a server that may just have been started.
type earlyError struct{ failure }

// NotYet reports whether an error is of a server that does not answer, or does not do so yet, so that it may be worth while
// to try again. One that says no is not worth it.
func NotYet(err error) bool {
	var early *earlyError
	return errors.As(err, &early) || errors.Is(err, context.DeadlineExceeded)
}

// refusedTLS is what pgx says, in an error of no type, when the server will not encrypt.
const refusedTLS = "server refused TLS connection"

func isTimeout(err error) bool {
	var timed net.Error
	return errors.As(err, &timed) && timed.Timeout()
}

// timeout is a failure that is context.DeadlineExceeded to who asks.
type timeout struct{}

func (*timeout) Error() string { return "no answer within statement_timeout" }

// Unwrap gives context.DeadlineExceeded.
func (*timeout) Unwrap() error { return context.DeadlineExceeded }
