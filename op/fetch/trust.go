package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
)

// trusting dials by TLS. The certificate has to be good by the system's roots or by the operator's. Two pools
// cannot be made one, so who is unknown to the first is dialled again for the second; checking by hand would
// mean to turn the library's own checks off.
func trusting(dialer *net.Dialer, roots *x509.CertPool) func(context.Context, string, string) (net.Conn, error) {
	system := &tls.Dialer{NetDialer: dialer, Config: &tls.Config{MinVersion: tls.VersionTLS12}}
	if roots == nil {
		return naming(system.DialContext)
	}
	own := &tls.Dialer{NetDialer: dialer, Config: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}}
	return naming(func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := own.DialContext(ctx, network, address)
		if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
			return system.DialContext(ctx, network, address)
		}
		return conn, err
	})
}

// dialError is why there is no connection. It may be told: nothing was sent by then.
type dialError struct{ error }

func (e *dialError) Unwrap() error { return e.error }

// naming marks the errors of a dialer.
func naming(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, &dialError{err}
		}
		return conn, nil
	}
}
