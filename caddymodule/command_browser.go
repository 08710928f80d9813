package caddymodule

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// openBrowser shows a URL in the person's browser. It does not wait for the browser to end.
func openBrowser(ctx context.Context, url string) error {
	var command *exec.Cmd
	ctx = context.WithoutCancel(ctx) // the browser outlives this program
	switch runtime.GOOS {
	case "darwin":
		command = exec.CommandContext(ctx, "open", url)
	case "windows":
		command = exec.CommandContext(ctx, "rundll32", "url.dll,FileProtocolHandler", url)
	default:
		command = exec.CommandContext(ctx, "xdg-open", url)
	}
	if err := command.Start(); err != nil {
		return err
	}
	go func() { _ = command.Wait() }()
	return nil
}

// localRoot is the root certificate of Caddy's own local CA.
func localRoot() string {
	return filepath.Join(caddy.AppDataDir(), "pki", "authorities", "local", "root.crt")
}

// trustingClient makes an HTTP client that trusts the system's certificates, those of caFile, and for an
// issuer on this machine the root of Caddy's local CA. Plain http is for such an issuer only: over a network
// it would show the tokens to everybody on the way.
func trustingClient(issuer, caFile string) (*http.Client, error) {
	at, err := url.Parse(issuer)
	if err != nil {
		return nil, errors.New("--issuer is not a URL")
	}
	local := isLoopbackHost(at.Hostname())
	if at.Scheme != "https" && (at.Scheme != "http" || !local) {
		return nil, errors.New("--issuer must be an https URL")
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if caFile != "" {
		if err := addCertificates(roots, caFile); err != nil {
			return nil, fmt.Errorf("--cacert: %w", err)
		}
	}
	if local {
		// Only tried: the issuer may have a certificate of another CA.
		_ = addCertificates(roots, localRoot())
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() // nobody replaces it in this program
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	transport.DialContext = dialHere(transport.DialContext)
	return &http.Client{
		Transport: transport,
		Timeout:   30 * time.Second,
		// Nothing here is redirected by an honest provider, and codes and secrets must not go elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// dialHere lets names below localhost mean this machine, as browsers and curl do (RFC 6761 section 6.3); not
// every resolver knows them.
func dialHere(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err == nil && strings.HasSuffix(strings.ToLower(host), ".localhost") {
			address = net.JoinHostPort("localhost", port)
		}
		return dial(ctx, network, address)
	}
}

// unfound says what failed when nothing at the issuer turned out to be a provider.
func unfound(issuer string, err error) error {
	err = fmt.Errorf("discovery: found no provider at the issuer %s: %w", issuer, err)
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
		return fmt.Errorf("%w; --cacert names a file with the certificate of its CA", err)
	}
	return err
}

func addCertificates(roots *x509.CertPool, path string) error {
	pem, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !roots.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s has no certificate in PEM", path)
	}
	return nil
}
