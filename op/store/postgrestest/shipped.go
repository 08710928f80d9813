package postgrestest

import (
	"fmt"
	"testing"
)

// shipped are the values that PostgreSQL 14 to 18 have for what the settings of a Server change for speed, or for a small
// machine.
var shipped = map[string]string{"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB", "jit": "on"}

// AsShipped restarts the server with the settings that PostgreSQL comes with, for a measurement: it then waits for its
// disk.
func (s *Server) AsShipped(t testing.TB) {
	t.Helper()
	for setting, value := range shipped {
		s.must(t, fmt.Sprintf("ALTER SYSTEM SET %s = '%s'", setting, value))
	}
	s.Stop(t)
	s.Restart(t)
}

// PIDs are the server's processes of this moment: the first one, and one for each connection and each thing that it
// does by itself.
func (s *Server) PIDs() ([]int, error) { return s.processes() }
