package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
)

// Outside runs a program that uses what tests use, outside of any test: what would fail the test ends the program with
// an error. What it has begun is undone before Outside returns, the last thing first.
func Outside(ctx context.Context, program func(t testing.TB) error) (err error) {
	t := &standIn{ctx: ctx}
	defer t.end(&err)
	return program(t)
}

// standIn stands in for the test. Only what the harness uses is there.
type standIn struct {
	testing.TB
	ctx      context.Context //nolint:containedctx // as testing.TB has one
	cleanups []func()
	failed   error
}

// end undoes everything and reports the failure.
func (s *standIn) end(err *error) {
	for _, undo := range slices.Backward(s.cleanups) {
		undo()
	}
	*err = errors.Join(*err, s.failed)
	if p := recover(); p != nil && p != any(s) {
		panic(p)
	}
}

// Helper implements testing.TB.
func (s *standIn) Helper() {}

// Context implements testing.TB.
func (s *standIn) Context() context.Context { return s.ctx }

// Cleanup implements testing.TB.
func (s *standIn) Cleanup(undo func()) { s.cleanups = append(s.cleanups, undo) }

// Failed implements testing.TB.
func (s *standIn) Failed() bool { return s.failed != nil }

// Logf implements testing.TB.
func (s *standIn) Logf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// Errorf implements testing.TB.
func (s *standIn) Errorf(format string, args ...any) {
	s.failed = errors.Join(s.failed, fmt.Errorf(format, args...))
}

// Error implements testing.TB.
func (s *standIn) Error(args ...any) { s.Errorf("%s", fmt.Sprint(args...)) }

// Fatalf implements testing.TB.
func (s *standIn) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	panic(any(s))
}

// Fatal implements testing.TB.
func (s *standIn) Fatal(args ...any) { s.Fatalf("%s", fmt.Sprint(args...)) }

// TempDir implements testing.TB.
func (s *standIn) TempDir() string {
	dir, err := os.MkdirTemp("", "gatehouse-")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
