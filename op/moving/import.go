package moving

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// ErrNotEmpty says that a store that something was to be imported into has been used.
var ErrNotEmpty = errors.New("is not empty, and an import is never mixed with what is there: take a new one, and start no Caddy with it before")

// maxBatch bounds the bodies of one commit, in bytes.
const maxBatch = 1 << 20

// undoWithin is how long taking a failed import back may take.
const undoWithin = time.Minute

// Import fills an empty store with a file that Read has found to be whole, and has verify look at the result. It is all
// or nothing: until the last commit the store is marked, so that nobody serves from it, and what fails is taken back. What
// a process left that was killed is taken back by the next import. Two imports at once cannot both
// go on. ErrNotEmpty for a store that was used. A file that does not move is a copy.
func Import(ctx context.Context, s store.Store, from io.Reader, now time.Time, verify func(context.Context) error) (Header, error) {
	held, err := hold(ctx, s, now)
	if err != nil {
		return Header{}, err
	}
	f := &filler{store: s, held: held}
	header, err := f.fill(ctx, from)
	if err == nil {
		err = verify(ctx)
	}
	if err == nil {
		err = s.Commit(ctx, header.finish(held))
	}
	if err != nil {
		// Also when it is the caller who gave up.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWithin)
		defer cancel()
		return header, errors.Join(err, takeBack(ctx, s, held))
	}
	return header, nil
}

// takeBack makes the store empty again. The mark goes last: what could not be taken back stays marked.
func takeBack(ctx context.Context, s store.Store, held store.Record) error {
	if err := empty(ctx, s, held); err != nil {
		return err
	}
	return s.Commit(ctx, store.Deleting(held))
}

// hold marks an empty store as being filled. One that an import has left half is emptied, after it was taken from that
// import, should it be alive: each of its commits requires the mark as it was.
func hold(ctx context.Context, s store.Store, now time.Time) (store.Record, error) {
	m, version, err := readMark(ctx, s)
	if err != nil {
		return store.Record{}, err
	}
	if version != 0 && m.State != filling {
		return store.Record{}, fmt.Errorf("the store %w", ErrNotEmpty)
	}
	if version == 0 {
		if err := checkEmpty(ctx, s); err != nil {
			return store.Record{}, err
		}
	}
	if err := s.Commit(ctx, mark{State: filling, At: now.UTC()}.change(version)); err != nil {
		return store.Record{}, fmt.Errorf("moving: mark the store: %w", err)
	}
	held := mark{}.record(version + 1)
	if version == 0 {
		// A node that began meanwhile has seen no mark; one that begins now does.
		err = checkBut(ctx, s, held)
	} else {
		err = empty(ctx, s, held)
	}
	if err != nil {
		if version == 0 {
			err = errors.Join(err, s.Commit(ctx, store.Deleting(held)))
		}
		return store.Record{}, err
	}
	return held, nil
}

func checkEmpty(ctx context.Context, s store.Store) error { return checkBut(ctx, s, store.Record{}) }

// checkBut refuses a store that has any other record than that one.
func checkBut(ctx context.Context, s store.Store, but store.Record) error {
	for _, k := range store.Kinds {
		found, err := s.List(ctx, k, store.Filter{}, "", 2)
		if err != nil {
			return err
		}
		for _, r := range found {
			if r.Kind != but.Kind || r.Key != but.Key {
				return fmt.Errorf("the store %w", ErrNotEmpty)
			}
		}
	}
	return nil
}

// empty takes away what an import has put into the store, all but its mark.
func empty(ctx context.Context, s store.Store, held store.Record) error {
	for _, k := range store.Kinds {
		for {
			found, err := s.List(ctx, k, store.Filter{}, "", page)
			if err != nil {
				return err
			}
			changes := []store.Change{store.Requiring(held)}
			for _, r := range found {
				if !isMark(r) {
					changes = append(changes, store.Deleting(r))
				}
			}
			if len(changes) == 1 {
				break
			}
			if err := s.Commit(ctx, changes...); err != nil {
				return err
			}
		}
	}
	return nil
}

// filler commits records in batches.
type filler struct {
	store store.Store
	held  store.Record

	batch []store.Change
	size  int
}

func (f *filler) fill(ctx context.Context, from io.Reader) (Header, error) {
	header, err := Read(from, func(h Header, r store.Record) error {
		if isMark(r) || !h.Moves && !lasting[r.Kind] {
			return nil
		}
		f.batch = append(f.batch, store.Creating(r))
		if f.size += len(r.Body); len(f.batch) < page && f.size < maxBatch {
			return nil
		}
		return f.flush(ctx)
	})
	if err != nil {
		return header, err
	}
	return header, f.flush(ctx)
}

func (f *filler) flush(ctx context.Context) error {
	err := f.store.Commit(ctx, append([]store.Change{store.Requiring(f.held)}, f.batch...)...)
	f.batch, f.size = f.batch[:0], 0
	return err
}

// finish is the change that lets the store be opened.
func (h Header) finish(held store.Record) store.Change {
	switch {
	case !h.Moves:
		return mark{State: copied, At: h.At}.change(held.Version)
	case !h.Restored.IsZero():
		return mark{State: opened, At: h.At, Restored: h.Restored}.change(held.Version)
	}
	return store.Deleting(held)
}

// Taken turns a file that moves into a copy, in place, once it was imported: what it says is used up where it went, so
// nobody can go on from here a second time. A file that is a copy stays as it is.
func Taken(file interface {
	io.ReaderAt
	io.WriterAt
},
) error {
	beginning := make([]byte, 4096)
	n, err := file.ReadAt(beginning, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	first, _, _ := bytes.Cut(beginning[:n], []byte{'\n'})
	at := bytes.Index(first, movesTrue)
	if at < 0 {
		return nil
	}
	_, err = file.WriteAt(movesFalse, int64(at))
	return err
}
