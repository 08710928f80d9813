package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// ErrInUse says that another process, or this one, has the file open already.
var ErrInUse = errors.New("in use, as a rule by a Caddy that runs already; what several Caddys can share is a PostgreSQL database")

// Open opens the store at path, making the file and its folder if there are none. It locks the file until
// Close (ErrInUse), brings the schema up to date, and refuses a file of a newer program that this one cannot work
// with (ErrNewerSchema) and a write-ahead log whose store is gone (ErrLostStore). Every error names the path and
// wraps oauth.ErrUnavailable. Expiry goes by now. The context bounds the opening only.
func Open(ctx context.Context, path string, now func() time.Time) (*Store, error) {
	s, err := open(ctx, path, now)
	if err != nil {
		return nil, fmt.Errorf("sqlite store %s: %w: %w", path, oauth.ErrUnavailable, err)
	}
	return s, nil
}

// open does the steps of Open and undoes them if one fails.
func open(ctx context.Context, path string, now func() time.Time) (_ *Store, err error) {
	path, err = resolve(path)
	if err != nil {
		return nil, err
	}
	held, err := acquire(path + ".lock")
	if err != nil {
		return nil, err
	}
	s := &Store{now: now, lock: held, closed: make(chan struct{})}
	defer func() {
		if err != nil {
			_ = s.release()
		}
	}()
	if err = secure(path); err != nil {
		return nil, err
	}
	if s.writing, err = connect(path, 1, writerSettings...); err != nil {
		return nil, err
	}
	if err = checkEngine(ctx, s.writing); err != nil {
		return nil, err
	}
	if err = migrate(ctx, s.writing); err != nil {
		return nil, err
	}
	if s.reading, err = connect(path, max(4, 2*runtime.GOMAXPROCS(0)), "query_only(ON)"); err != nil {
		return nil, err
	}
	s.writer = startWriter(s.writing, now)
	return s, nil
}

// writerSettings are the pragmas of the one connection that writes. Random keys dirty a page of every index,
// so the log may grow to 16 MiB before it is folded into the file, where most of its pages are there several
// times, and 16 MiB of pages stay in memory. What a savepoint may have to undo is kept in memory too, not in
// a file.
var writerSettings = []string{
	"synchronous(FULL)", "secure_delete(ON)", "journal_size_limit(67108864)",
	"wal_autocheckpoint(4000)", "cache_size(-16384)", "temp_store(MEMORY)",
}

// connect prepares a pool of at most size connections, each set up by the pragmas.
func connect(path string, size int, pragmas ...string) (*sql.DB, error) {
	settings := url.Values{
		// Names in double quotes are names, never strings; no function of the schema runs with side effects.
		"_dqs":    {"0"},
		"_pragma": append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "trusted_schema(OFF)"}, pragmas...),
	}
	db, err := sql.Open("sqlite", "file:"+escaped(path)+"?"+settings.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// escaped is a path as SQLite reads it in a URI, where a '?' would begin the settings.
func escaped(path string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed
	}
	return (&url.URL{Path: slashed}).EscapedPath()
}

// Close implements store.Store.
func (s *Store) Close() error {
	s.gate.Lock()
	if s.shut {
		s.gate.Unlock()
		return nil
	}
	s.shut = true
	close(s.closed)
	s.gate.Unlock()
	s.inFlight.Wait()
	s.writer.stop()
	return s.release()
}

// release gives back what open has got so far. Readers go before the writer: the last connection to leave
// folds the -wal file into the store, and readers may not write. The lock goes last.
func (s *Store) release() error {
	var errs []error
	s.prepared.Range(func(_, p any) bool {
		errs = append(errs, p.(*sql.Stmt).Close())
		return true
	})
	if s.reading != nil {
		errs = append(errs, s.reading.Close())
	}
	if s.writing != nil {
		errs = append(errs, s.writing.Close())
	}
	return errors.Join(append(errs, s.lock.release())...)
}
