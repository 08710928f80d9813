package moving

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// page is how many records are read of a store, and committed to one, at a time.
const page = 200

// The header's Moves, as it stands in a file. Both are of one length, so that Taken can put one in the place of the
// other.
var (
	movesTrue  = []byte(`"moves":true ,`)
	movesFalse = []byte(`"moves":false,`)
)

func newTally() *tally {
	return &tally{end: end{Counts: make(map[store.Kind]int)}, sum: sha256.New()}
}

// Write writes a store to a file and says how many records it had: all of them if the header says that it moves, what
// lasts otherwise. Format, Version and Kinds are filled in. The file is whole only if Write returns nil; it is
// written as it is read, in constant memory.
func Write(ctx context.Context, to io.Writer, from store.Reader, h Header) (records int, err error) {
	h.Format, h.Version, h.Kinds = format, version, store.Kinds
	out := bufio.NewWriter(to)
	first, err := encode(h)
	if err != nil {
		return 0, err
	}
	if h.Moves {
		first = bytes.Replace(first, []byte(`"moves":true,`), movesTrue, 1)
	}
	writeLine(out, first)
	kinds := store.Kinds
	if !h.Moves {
		kinds = Lasting()
	}
	counted := newTally()
	for _, k := range kinds {
		if err := writeKind(ctx, out, from, k, counted); err != nil {
			return 0, err
		}
	}
	last, err := encode(line{End: counted.close()})
	if err != nil {
		return 0, err
	}
	writeLine(out, last)
	return counted.Records, out.Flush()
}

func writeKind(ctx context.Context, out *bufio.Writer, from store.Reader, k store.Kind, counted *tally) error {
	for after := ""; ; {
		read, err := from.List(ctx, k, store.Filter{}, after, page)
		if err != nil {
			return err
		}
		for _, r := range read {
			after = r.Key
			if isMark(r) {
				continue // it says where this store is, not what it knows
			}
			text, err := encode(lineOf(r))
			if err != nil {
				return fmt.Errorf("moving: a record of kind %s: %w", k, err)
			}
			counted.add(k, text)
			writeLine(out, text)
		}
		if len(read) < page {
			return nil
		}
	}
}

func isMark(r store.Record) bool { return r.Kind == store.Secrets && r.Key == markKey }

// writeLine leaves what goes wrong to Flush, which bufio has say it.
func writeLine(out *bufio.Writer, text []byte) {
	_, _ = out.Write(text)
	_ = out.WriteByte('\n')
}

// encode is one line of JSON without its end.
func encode(v any) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(text.Bytes(), []byte{'\n'}), err
}

// Leave ends a store for good, before it is written to a file that moves: no provider opens it any more. It gives the
// time for the header's Restored, and what takes the end back if the file does not come to be, and nobody else has ended
// the store meanwhile. A store that has ended already may be written again, since nothing has happened in it since.
func Leave(ctx context.Context, s store.Store, now time.Time) (restored time.Time, back func(context.Context) error, err error) {
	m, version, err := readMark(ctx, s)
	if err == nil && m.State == moved {
		// Whoever has begun that end, if they are still there, must not take it back from now on.
		err = s.Commit(ctx, m.change(version))
		return m.Restored, func(context.Context) error { return nil }, err
	}
	if err == nil && m.State == copied { // one that was never opened becomes one that was
		if _, err = Admit(ctx, s, now); err == nil {
			m, version, err = readMark(ctx, s)
		}
	}
	if err == nil && version != 0 && m.State != opened {
		err = fmt.Errorf("this store %w", ErrHalf)
	}
	if err != nil {
		return time.Time{}, nil, err
	}
	restored = m.Restored
	if err := s.Commit(ctx, mark{State: moved, At: now.UTC(), Restored: restored}.change(version)); err != nil {
		return time.Time{}, nil, fmt.Errorf("moving: mark the store: %w", err)
	}
	return restored, func(ctx context.Context) error {
		if version == 0 {
			return s.Commit(ctx, store.Deleting(mark{}.record(1)))
		}
		return s.Commit(ctx, m.change(version+1))
	}, nil
}
