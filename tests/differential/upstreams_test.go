package differential

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// gunicornPin is the WSGI server, which needs nothing else. It goes to a virtual environment of its own.
const gunicornPin = "gunicorn==27.0.1"

// upstream is one kind of server behind the guards.
type upstream struct {
	name, address string
	// finish ends it; when it returns, all it had to report has been judged.
	finish func()
}

// startUpstreams starts one of each kind. They report to the judge.
func startUpstreams(t testing.TB, j *judge) []*upstream {
	t.Helper()
	dir := t.TempDir()
	names := make([]string, 0, len(identityHeaders)+3)
	for _, name := range append([]string{"Authorization", "DPoP", "Cookie"}, identityHeaders...) {
		names = append(names, foldName(name))
	}
	watched := strings.Join(names, ",")
	sources := filepath.Join(harness.Root(), "tests", "differential", "testdata")
	node, wsgi, nginx := strconv.Itoa(harness.Port(t)), strconv.Itoa(harness.Port(t)), strconv.Itoa(harness.Port(t))
	return []*upstream{
		startGo(t, j),
		start(t, j, "nginx", nginx, exec.Command(tool(t, "nginx", "nginx"), "-c", nginxConfig(t, dir, nginx), "-p", dir, "-e", filepath.Join(dir, "error.log"))),
		start(t, j, "node", node, exec.Command(tool(t, "node", "nodejs"), filepath.Join(sources, "upstream.js"), node, watched)),
		start(t, j, "wsgi", wsgi, gunicorn(t, sources, wsgi, watched)),
	}
}

// tool finds a program that tests/run installs.
func tool(t testing.TB, name, packet string) string {
	t.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/bin") {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
			return path
		}
	}
	t.Fatalf("this test needs %s (the Debian package %s)", name, packet)
	return ""
}

// start runs an upstream that writes a report on each line of its output.
func start(t testing.TB, j *judge, name, port string, command *exec.Cmd) *upstream {
	t.Helper()
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	command.Stderr = &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			j.line(name, lines.Bytes())
		}
	}()
	up := &upstream{name: name, address: "127.0.0.1:" + port}
	up.finish = sync.OnceFunc(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			_ = command.Process.Kill()
			t.Errorf("%s does not end", name)
		}
		_ = command.Wait()
		if t.Failed() {
			t.Logf("%s says:\n%s", name, said.String())
		}
	})
	t.Cleanup(up.finish)
	harness.Reach(t, &plainClient, "http://"+up.address+"/health")
	return up
}

// nginxConfig fills in the configuration and gives its path.
func nginxConfig(t testing.TB, dir, port string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "nginx.conf"))
	if err != nil {
		t.Fatal(err)
	}
	var headers strings.Builder
	for _, name := range identityHeaders {
		fmt.Fprintf(&headers, `["%s","$http_%s"],`, name, strings.ReplaceAll(foldName(name), "-", "_"))
	}
	as := ""
	if who, err := user.Current(); err == nil && who.Uid == "0" {
		as = "user root;" // its workers would lose the right to write to the test's pipe
	}
	filled := strings.NewReplacer("@DIR@", dir, "@PORT@", port, "@HEADERS@", headers.String(), "@USER@", as).Replace(string(text))
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(filled), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// gunicorn runs the WSGI application as leniently as it can: names with underscores and dots become variables too.
func gunicorn(t testing.TB, sources, port, watched string) *exec.Cmd {
	t.Helper()
	python, err := environment()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(filepath.Join(python, "bin", "python"), "-m", "gunicorn", "--chdir", sources, "--bind", "127.0.0.1:"+port,
		"--worker-class", "gthread", "--workers", "2", "--threads", "16", "--keep-alive", "60", "--header-map", "dangerous",
		"--no-control-socket", "--graceful-timeout", "5", "--log-level", "error", "upstream:app")
	command.Env = append(os.Environ(), "WATCHED="+watched, "PYTHONDONTWRITEBYTECODE=1")
	return command
}

// environment is a virtual environment with gunicorn in it, in the user's cache.
var environment = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	version, err := exec.Command("python3", "--version").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("this test needs Python (the Debian packages python3 and python3-venv): %w", err)
	}
	digest := sha256.Sum256(fmt.Appendf(nil, "%s%s", version, gunicornPin))
	home := filepath.Join(cache, "gatehouse-differential")
	dir := filepath.Join(home, hex.EncodeToString(digest[:8]))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return "", err
	}
	made, err := os.MkdirTemp(home, "new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(made)
	for _, arguments := range [][]string{
		{"python3", "-m", "venv", made},
		{filepath.Join(made, "bin", "python"), "-m", "pip", "install", "--quiet", "--no-deps", gunicornPin},
	} {
		if output, err := exec.Command(arguments[0], arguments[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%v: %w\n%s", arguments, err, output)
		}
	}
	if err := os.Rename(made, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return dir, nil
})
