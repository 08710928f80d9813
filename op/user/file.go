package user

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

const (
	// maxFile bounds the users file, in bytes.
	maxFile = 16 << 20
	// lookEvery is how often the file is looked at, at most.
	lookEvery = time.Second
	// settled is how old a file must be for its time and size to prove that it is the same: a file
	// system keeps time coarsely, and a second write could fall into the same tick.
	settled = 2 * time.Second
)

// file follows one users file. All but due belongs to whoever holds the directory's reading lock.
type file struct {
	path string
	// looked is when the file was looked at last, in Unix nanoseconds.
	looked atomic.Int64

	modified time.Time
	size     int64
	readAt   time.Time
	digest   [sha256.Size]byte
	// fault is what was wrong with the content read last, nil for nothing.
	fault error
	// reported is the text of the fault that was reported last.
	reported string
}

// due claims the next look at the file for the caller, once a second. A clock set back makes it due.
func (f *file) due(now time.Time) bool {
	last := f.looked.Load()
	if since := now.UnixNano() - last; since >= 0 && since < int64(lookEvery) {
		return false
	}
	return f.looked.CompareAndSwap(last, now.UnixNano())
}

// read returns the content if it is another than the last one; else what was wrong with that.
func (f *file) read(now time.Time) (content []byte, changed bool, err error) {
	info, err := os.Stat(f.path)
	switch {
	case err != nil:
		return nil, false, f.describe(err)
	case !info.Mode().IsRegular():
		return nil, false, f.describe(errors.New("is not a regular file"))
	case info.Size() > maxFile:
		return nil, false, f.describe(fmt.Errorf("is larger than %d bytes", maxFile))
	}
	same := info.ModTime().Equal(f.modified) && info.Size() == f.size
	if same && f.readAt.Sub(f.modified) >= settled {
		return nil, false, f.fault
	}
	if content, err = f.readAll(); err != nil {
		return nil, false, err
	}
	before := f.digest
	f.modified, f.size, f.readAt, f.digest = info.ModTime(), info.Size(), now, sha256.Sum256(content)
	if f.digest == before {
		return nil, false, f.fault
	}
	return content, true, nil
}

func (f *file) readAll() ([]byte, error) {
	opened, err := os.Open(f.path)
	if err != nil {
		return nil, f.describe(err)
	}
	content, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	if err = errors.Join(err, opened.Close()); err != nil {
		return nil, f.describe(err)
	}
	if len(content) > maxFile {
		return nil, f.describe(fmt.Errorf("is larger than %d bytes", maxFile))
	}
	return content, nil
}

func (f *file) describe(err error) error { return fmt.Errorf("users file %s: %w", f.path, err) }

// judged notes whether the content read last is good. Once it is, an old fault that comes back is news.
func (f *file) judged(fault error) {
	f.fault = fault
	if fault == nil {
		f.reported = ""
	}
}

// reportOnce reports a fault unless it is the one that was reported last.
func (f *file) reportOnce(fault error, report func(error)) {
	if text := fault.Error(); text != f.reported {
		f.reported = text
		report(fault)
	}
}
