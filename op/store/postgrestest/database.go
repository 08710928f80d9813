package postgrestest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// shared is the server of this process, for every test that does no harm to it.
var shared = sync.OnceValues(func() (*Server, error) { return create() })

// databases numbers the databases of this process.
var databases atomic.Int64

// Database gives the connection string of a new, empty database, for a user who owns it and nothing else. It is gone
// with the test.
func Database(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s.Database(t)
}

// Shared is the server that Database uses. Nobody may stop it.
func Shared(t testing.TB) *Server {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Start runs a server of the test's own, which it may stop, kill and pause. More is what initdb is told beside what it
// has to know.
func Start(t testing.TB, more ...string) *Server {
	t.Helper()
	s, err := create(more...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.end("") })
	return s
}

// Database gives the connection string of a new, empty database of this server.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("gate_%d", databases.Add(1))
	s.must(t, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", name, Password))
	s.must(t, fmt.Sprintf("CREATE DATABASE %s OWNER %s", name, name))
	s.must(t, fmt.Sprintf("REVOKE CONNECT, TEMPORARY ON DATABASE %s FROM PUBLIC", name))
	t.Cleanup(func() {
		// A server that the test has brought down takes its databases along.
		_ = s.Exec(fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", name))
		_ = s.Exec("DROP ROLE " + name)
	})
	return s.dsn(name, name)
}

func (s *Server) must(t testing.TB, statement string) {
	t.Helper()
	if err := s.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

// Stop ends the server as an administrator in a hurry does: connections are ended, what is committed is kept.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if err := s.end("keep\n"); err != nil {
		t.Fatal(err)
	}
}

// Restart starts a server that was stopped or killed.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
}

// Kill ends all its processes at once, as a crash would.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	killed := s.signal(t, syscall.SIGKILL)
	if err := s.end("keep\n"); err != nil {
		t.Fatal(err)
	}
	// On a busy machine some are a while in going, and no other server starts on their memory.
	for _, pid := range killed {
		for began := time.Now(); runs(pid) && time.Since(began) < startWithin; {
			time.Sleep(time.Millisecond)
		}
	}
}

// Pause stops all its processes until resume is called or the test is over. Its connections stay open and silent.
func (s *Server) Pause(t testing.TB) (resume func()) {
	t.Helper()
	_ = s.signal(t, syscall.SIGSTOP)
	resume = sync.OnceFunc(func() { _ = s.signal(t, syscall.SIGCONT) })
	t.Cleanup(resume)
	return resume
}

// signal reaches every process. The first is stopped before the others are looked up, so that it begets no more.
func (s *Server) signal(t testing.TB, signal syscall.Signal) (reached []int) {
	t.Helper()
	first, err := s.postmaster()
	if err != nil {
		t.Fatal(err)
	}
	_ = syscall.Kill(first, syscall.SIGSTOP)
	pids, err := s.processes()
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range pids {
		// One of them may have ended by itself.
		_ = syscall.Kill(pid, signal)
	}
	return pids
}

// Terminate ends every connection to the databases of users.
func (s *Server) Terminate(t testing.TB) {
	t.Helper()
	s.must(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'gate%'")
}
