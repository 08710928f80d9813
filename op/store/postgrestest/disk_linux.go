package postgrestest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// Disk is a small file system in memory, which can be filled.
type Disk struct{ dir string }

// NewDisk mounts one of so many megabytes for a server, until the test is over. It takes the right to mount: an error is
// that we do not have it.
func NewDisk(t testing.TB, megabytes int) (*Disk, error) {
	t.Helper()
	dir, err := os.MkdirTemp("", "gatehouse-disk-")
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=0755", megabytes)); err != nil {
		return nil, fmt.Errorf("mounting a small disk: %w", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return &Disk{dir: dir}, nil
}

// LimitFiles lets no file of the server grow beyond so many bytes: what is written past that fails, as on a full disk. It
// takes no rights, unlike a small file system. lift takes the limit away.
func (s *Server) LimitFiles(t testing.TB, bytes int64) (lift func()) {
	t.Helper()
	s.limit(t, strconv.FormatInt(bytes, 10))
	return func() { t.Helper(); s.limit(t, "unlimited") }
}

func (s *Server) limit(t testing.TB, limit string) {
	t.Helper()
	pids, err := s.processes()
	if err != nil && limit == "unlimited" {
		return // it has ended, and its limit with it
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range pids {
		// One of them may have ended by itself.
		if err := s.command("prlimit", "--pid", strconv.Itoa(pid), "--fsize="+limit+":").Run(); err != nil && runs(pid) {
			t.Fatalf("prlimit: %v", err)
		}
	}
}

// Folder makes a folder there for the server's user.
func (d *Disk) Folder(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(d.dir, "postgres")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := ordinary(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Fill leaves no room.
func (d *Disk) Fill(t testing.TB) {
	t.Helper()
	file, err := os.OpenFile(d.ballast(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for err == nil {
		_, err = file.Write(make([]byte, 4<<10))
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
}

// Free gives the room back.
func (d *Disk) Free(t testing.TB) {
	t.Helper()
	if err := os.Remove(d.ballast()); err != nil {
		t.Fatal(err)
	}
}

func (d *Disk) ballast() string { return filepath.Join(d.dir, "ballast") }
