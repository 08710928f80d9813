package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
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
	var refused *refusal
	var server *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own):
		return own
	case errors.As(err, &refused):
		return refused
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
	return &failure{text + " (SQLSTATE " + server.Code + ")"}
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
		return &failure{"the server's name cannot be looked up"}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		return &timeout{}
	case errors.Is(err, os.ErrNotExist):
		return &failure{"there is no such socket"}
	case errors.As(err, &errno):
		return &failure{"the connection to the server of the dsn failed: " + errno.Error()}
	case strings.Contains(err.Error(), refusedTLS):
		return &failure{"the server has no TLS, which the sslmode of the dsn asks for"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), pgconn.SafeToRetry(err):
		return &failure{"the connection broke"}
	case errors.As(err, &connecting):
		return &failure{"the connection failed; is it PostgreSQL that answers at the host and port of the dsn?"}
	}
	return &failure{"the connection failed"}
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
