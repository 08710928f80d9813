package postgrestest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// BinariesVariable names the environment variable that points to the folder of another PostgreSQL's binaries.
const BinariesVariable = "GATEHOUSE_POSTGRES"

// Password is that of every user of a server: a text that must never be seen in a log or an error.
const Password = "canary-of-the-database"

const (
	admin       = "postgres"
	startWithin = time.Minute
)

// Server is a running PostgreSQL.
type Server struct {
	// Dir holds its data, its log and the certificate of its authority.
	Dir string
	// Port is where it listens on loopback.
	Port int

	binaries string
	owner    *syscall.Credential
	process  *exec.Cmd
	// lifeline ends the server when it is closed.
	lifeline io.WriteCloser
}

// supervise runs the server until its own input ends, be it that the tests are over or that they were killed.
const supervise = `"$1/postgres" -D "$2/data" -k "$2" -p "$3" >>"$2/log" 2>&1 &
read -r then
kill -INT $! 2>/dev/null
wait
[ "$then" = keep ] || rm -rf "$2"`

// settings make a server fast to start and to write; a test that pulls the plug of the machine would need others.
const settings = `
listen_addresses = '127.0.0.1'
max_connections = 300
shared_buffers = 64MB
fsync = off
full_page_writes = off
jit = off
ssl = on
ssl_cert_file = 'server.pem'
ssl_key_file = 'server.key'
`

// create makes a server in a new folder, with more for initdb than it needs, and starts it.
func create(more ...string) (_ *Server, err error) {
	binaries, err := findBinaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "gatehouse-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, binaries: binaries}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	if s.owner, err = ordinary(dir); err != nil {
		return nil, err
	}
	password := filepath.Join(dir, "password")
	if err := s.write(password, []byte(Password)); err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	more = append(more, "-D", data, "-U", admin, "--pwfile", password, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	if err := s.run("initdb", more...); err != nil {
		return nil, err
	}
	if err := s.certify(data); err != nil {
		return nil, err
	}
	config, err := os.OpenFile(filepath.Join(data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	_, err = config.WriteString(settings)
	if err := errors.Join(err, config.Close()); err != nil {
		return nil, err
	}
	if s.Port, err = freePort(); err != nil {
		return nil, err
	}
	return s, s.start()
}

// findBinaries looks where Debian puts them, the newest first.
func findBinaries() (string, error) {
	if chosen := os.Getenv(BinariesVariable); chosen != "" {
		return chosen, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		if path, err := exec.LookPath("initdb"); err == nil {
			return filepath.Dir(path), nil
		}
		return "", errors.New("PostgreSQL is not installed: apt-get install postgresql")
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

// ordinary gives dir to a user that PostgreSQL is willing to run as, and tells whom.
func ordinary(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{admin, "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, int(uid), int(gid))
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

// write makes a file that the server can read, and nobody else.
func (s *Server) write(path string, content []byte) error {
	if err := os.WriteFile(path, content, 0o600); err != nil || s.owner == nil {
		return err
	}
	return os.Chown(path, int(s.owner.Uid), int(s.owner.Gid))
}

// run runs one of PostgreSQL's programs to its end.
func (s *Server) run(program string, arguments ...string) error {
	output, err := s.command(filepath.Join(s.binaries, program), arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, output)
	}
	return nil
}

func (s *Server) command(path string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(context.Background(), path, arguments...)
	command.Dir, command.Env = s.Dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.Dir, "LC_ALL=C.UTF-8"}
	command.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner}
	return command
}

// start runs the server and waits until it answers.
func (s *Server) start() error {
	s.process = s.command("/bin/sh", "-c", supervise, "sh", s.binaries, s.Dir, strconv.Itoa(s.Port))
	lifeline, err := s.process.StdinPipe()
	if err != nil {
		return err
	}
	s.lifeline = lifeline
	if err := s.process.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(startWithin); ; time.Sleep(10 * time.Millisecond) {
		if err = s.Exec("SELECT 1"); err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
			return fmt.Errorf("PostgreSQL does not start within %s: %w\n%s", startWithin, err, log)
		}
	}
}

// end ends the server; then is what the supervisor is told.
func (s *Server) end(then string) error {
	_, err := io.WriteString(s.lifeline, then)
	return errors.Join(err, s.lifeline.Close(), s.process.Wait())
}

// Exec runs a statement as the server's administrator.
func (s *Server) Exec(statement string, arguments ...any) error {
	return s.ExecIn(admin, statement, arguments...)
}

// ExecIn is Exec in a database.
func (s *Server) ExecIn(database, statement string, arguments ...any) error {
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.dsn(admin, database))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement, arguments...)
	return errors.Join(err, conn.Close(ctx))
}

func (s *Server) dsn(user, database string) string {
	return fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/%s?sslmode=disable", user, Password, s.Port, database)
}

// freePort is one that was free a moment ago.
func freePort() (int, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	address, _ := listener.Addr().(*net.TCPAddr)
	return address.Port, listener.Close()
}

// postmaster is the server's first process.
func (s *Server) postmaster() (int, error) {
	text, err := os.ReadFile(filepath.Join(s.Dir, "data", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	return strconv.Atoi(strings.TrimSpace(string(first)))
}

// processes are the server's own: the first one, and all that it has started.
func (s *Server) processes() ([]int, error) {
	postmaster, err := s.postmaster()
	if err != nil {
		return nil, err
	}
	output, err := s.command("ps", "-o", "pid=", "--ppid", strconv.Itoa(postmaster)).Output()
	pids := []int{postmaster}
	for field := range strings.FieldsSeq(string(output)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return nil, err
		}
		pids = append(pids, pid)
	}
	return pids, err
}

// runs reports whether a process is there and not merely waiting for somebody to take note of its end.
func runs(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := bytes.Cut(text, []byte(") "))
	return len(state) > 0 && state[0] != 'Z' && state[0] != 'X'
}
