package harness

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	startWithin = 3 * time.Minute
	stopWithin  = 20 * time.Second
	printWithin = 10 * time.Second
)

// Caddy is one running process.
type Caddy struct {
	// Dir is its data, configuration and log folder.
	Dir string
	// Admin is the base URL of its admin API.
	Admin string
	// at is the address that its sites listen on, where Client looks for them whatever their name.
	at      string
	command *exec.Cmd
	exited  chan error
}

// Global wraps a Caddyfile's global options around what every test needs: an admin port of its own,
// certificates of Caddy's internal authority, nothing installed or redirected.
func Global(adminPort int, options string) string {
	return fmt.Sprintf("{\n\tadmin 127.0.0.1:%d\n\tauto_https disable_redirects\n\tskip_install_trust\n\tlocal_certs\n\tgrace_period 5s\n%s\n}\n", adminPort, options)
}

// Start runs Caddy in a new folder with global options and sites, until the test ends. The listeners
// are waited for.
func Start(t testing.TB, options, sites string, env ...string) *Caddy {
	t.Helper()
	return StartIn(t, t.TempDir(), options, sites, env...)
}

// StartIn is Start in a folder that may hold the data of an earlier run.
func StartIn(t testing.TB, dir, options, sites string, env ...string) *Caddy {
	t.Helper()
	return startAt(t, Binary(t), "127.0.0.1", dir, options, sites, env...)
}

// startAt is StartIn for another program, and for sites that listen on another address of this machine.
func startAt(t testing.TB, program, at, dir, options, sites string, env ...string) *Caddy {
	t.Helper()
	port := Port(t)
	c := &Caddy{Dir: dir, at: at, Admin: fmt.Sprintf("http://127.0.0.1:%d", port), exited: make(chan error, 1)}
	config := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(config, []byte(Global(port, options)+sites), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.OpenFile(c.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	c.command = exec.Command(program, "run", "--config", config, "--adapter", "caddyfile")
	c.command.Stdout, c.command.Stderr = log, log
	c.command.Env = append(append(os.Environ(), Environment(dir)...), env...)
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { c.exited <- c.command.Wait() }()
	t.Cleanup(func() {
		c.Stop(t)
		if log := c.Log(t); strings.Contains(log, "WARNING: DATA RACE") {
			t.Errorf("Caddy has a data race:\n%s", log[strings.Index(log, "WARNING: DATA RACE"):])
		}
		if t.Failed() {
			t.Logf("log of Caddy:\n%s", tail(c.Log(t), 8<<10))
		}
	})
	c.wait(t)
	return c
}

// Environment keeps a Caddy's data inside dir.
func Environment(dir string) []string {
	return []string{"HOME=" + dir, "XDG_DATA_HOME=" + filepath.Join(dir, "data"), "XDG_CONFIG_HOME=" + filepath.Join(dir, "config")}
}

// wait returns once the configuration runs: the admin API then knows it.
func (c *Caddy) wait(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(startWithin); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-c.exited:
			c.exited <- err
			t.Fatalf("Caddy ended: %v\n%s", err, c.Log(t))
		default:
		}
		answer, err := http.Get(c.Admin + "/config/")
		if err != nil {
			continue
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err == nil && strings.HasPrefix(string(body), "{") {
			return
		}
	}
	t.Fatalf("Caddy does not start within %s\n%s", startWithin, c.Log(t))
}

// Stop ends the process as an operator would; a process that is gone already is fine.
func (c *Caddy) Stop(t testing.TB) {
	t.Helper()
	c.end(t, syscall.SIGTERM)
}

// Kill ends the process as a power cut would.
func (c *Caddy) Kill(t testing.TB) {
	t.Helper()
	c.end(t, syscall.SIGKILL)
}

func (c *Caddy) end(t testing.TB, signal syscall.Signal) {
	t.Helper()
	if err := c.command.Process.Signal(signal); err != nil {
		return
	}
	select {
	case err := <-c.exited:
		c.exited <- err
	case <-time.After(stopWithin):
		t.Errorf("Caddy does not stop within %s", stopWithin)
		_ = c.command.Process.Kill()
	}
}

// Load replaces the configuration, as `caddy reload` does; the error is what Caddy says against it.
func (c *Caddy) Load(t testing.TB, options, sites string) error {
	t.Helper()
	var port int
	if _, err := fmt.Sscanf(c.Admin, "http://127.0.0.1:%d", &port); err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(c.Admin+"/load", "text/caddyfile", strings.NewReader(Global(port, options)+sites))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, body)
	}
	return err
}

// Log is everything the process has printed.
func (c *Caddy) Log(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(c.logFile())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// AwaitLog waits until the process has printed text, for what it prints after it has answered.
func (c *Caddy) AwaitLog(t testing.TB, text string) {
	t.Helper()
	for deadline := time.Now().Add(printWithin); !strings.Contains(c.Log(t), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the log does not say %q", text)
		}
	}
}

// ForgetLog empties the log of a process that has ended, once it was looked at: one that is killed hundreds of times under
// load would fill the disk.
func (c *Caddy) ForgetLog(t testing.TB) {
	t.Helper()
	if err := os.Truncate(c.logFile(), 0); err != nil {
		t.Fatal(err)
	}
}

// PID is the process's id.
func (c *Caddy) PID() int { return c.command.Process.Pid }

func (c *Caddy) logFile() string { return filepath.Join(c.Dir, "caddy.log") }

// Roots holds the certificate of this Caddy's internal authority.
func (c *Caddy) Roots(t testing.TB) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(c.RootPEM(t)) {
		t.Fatal("the root certificate of Caddy's internal authority is not PEM")
	}
	return pool
}

// RootPEM is the certificate of this Caddy's internal authority; it is waited for.
func (c *Caddy) RootPEM(t testing.TB) []byte {
	t.Helper()
	for deadline := time.Now().Add(startWithin); ; time.Sleep(20 * time.Millisecond) {
		pem, err := os.ReadFile(c.RootFile())
		if err == nil && bytes.Contains(pem, []byte("END CERTIFICATE")) {
			return pem
		}
		if time.Now().After(deadline) {
			t.Fatalf("no root certificate: %v", err)
		}
	}
}

// RootFile is where that certificate is kept.
func (c *Caddy) RootFile() string {
	return filepath.Join(c.Dir, "data", "caddy", "pki", "authorities", "local", "root.crt")
}

// Client is an HTTP client with cookies, like one browser; it trusts this Caddy and follows no redirect.
func (c *Caddy) Client(t testing.TB) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: c.Roots(t)}, MaxIdleConnsPerHost: 64, ForceAttemptHTTP2: true, DialContext: c.dial,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		Jar:           jar,
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// dial finds this Caddy's sites where it listens, which on a machine with several nodes is not where their name says. It
// takes every name below localhost for this machine, as browsers do (RFC 6761 section 6.3).
func (c *Caddy) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if host, port, err := net.SplitHostPort(address); err == nil && (host == "localhost" || strings.HasSuffix(host, ".localhost")) {
		address = net.JoinHostPort(c.at, port)
	}
	var dialer net.Dialer
	return dialer.DialContext(ctx, network, address)
}

func tail(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return "…" + text[len(text)-limit:]
}
