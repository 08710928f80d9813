package moving

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

// all are the records of a store by kind, without their versions, and without a mark.
func all(t testing.TB, s store.Reader) map[store.Kind][]store.Record {
	t.Helper()
	found := make(map[store.Kind][]store.Record)
	for _, k := range store.Kinds {
		records, err := s.List(context.Background(), k, store.Filter{}, "", 1_000_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if r.Version = 0; !isMark(r) {
				found[k] = append(found[k], r)
			}
		}
	}
	return found
}

// full is a store with so many records of every kind.
func full(t testing.TB, each int) store.Store {
	t.Helper()
	s := memory.New(func() time.Time { return noon })
	t.Cleanup(func() { _ = s.Close() })
	for _, k := range store.Kinds {
		for i := range each {
			r := store.Record{Kind: k, Key: fmt.Sprintf("%s-%06d", k, i), Subject: "diana", Body: store.Body(map[string]any{"n": i})}
			if err := s.Commit(context.Background(), store.Creating(r)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

func written(t testing.TB, s store.Reader, moves bool) []byte {
	t.Helper()
	var file bytes.Buffer
	if _, err := Write(context.Background(), &file, s, Header{Moves: moves, Provider: "main", Issuer: "https://id.example", At: noon}); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func fine(context.Context) error { return nil }

func imported(t testing.TB, s store.Store, file []byte) {
	t.Helper()
	if _, err := Import(context.Background(), s, bytes.NewReader(file), noon, fine); err != nil {
		t.Fatal(err)
	}
}

// TestAMoveLosesNothing: whatever records there are, they come out of the file as they went in.
func TestAMoveLosesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		from, to := memory.New(func() time.Time { return noon }), memory.New(func() time.Time { return noon })
		text := rapid.StringMatching(`[a-z0-9é"\\<&\n\t ]{0,8}`)
		for i := range rapid.IntRange(0, 40).Draw(rt, "records") {
			r := store.Record{
				Kind: rapid.SampledFrom(store.Kinds).Draw(rt, "kind"), Key: fmt.Sprint(text.Draw(rt, "key"), "/", i), // no two alike
				GrantID: text.Draw(rt, "grant"), SessionID: text.Draw(rt, "session"), Subject: text.Draw(rt, "subject"), ClientID: text.Draw(rt, "client"),
				Body: store.Body(map[string]any{text.Draw(rt, "name"): text.Draw(rt, "value"), "n": rapid.Int64().Draw(rt, "number")}),
			}
			if rapid.Bool().Draw(rt, "ends") {
				r.ExpiresAt = noon.Add(time.Duration(rapid.Int64Range(1, 1e9).Draw(rt, "ends in")) * time.Millisecond)
			}
			if err := from.Commit(t.Context(), store.Creating(r)); err != nil {
				rt.Fatal(err)
			}
		}
		imported(t, to, written(t, from, true))
		if diff := cmp.Diff(asText(all(t, from)), asText(all(t, to))); diff != "" {
			rt.Fatalf("lost or changed:\n%s", diff)
		}
	})
}

// asText makes bodies comparable: their JSON may be spelled anew.
func asText(records map[store.Kind][]store.Record) map[string]string {
	texts := make(map[string]string)
	for k, list := range records {
		for _, r := range list {
			var body map[string]any
			if err := r.Decode(&body); err != nil {
				panic(err)
			}
			r.Body = nil
			texts[string(k)+"/"+r.Key] = fmt.Sprintf("%+v %v", r, body)
		}
	}
	return texts
}

func TestACopyIsMarkedAndHoldsWhatLasts(t *testing.T) {
	from, to := full(t, 3), newStore(t)
	imported(t, to, written(t, from, false))
	got := all(t, to)
	for _, k := range store.Kinds {
		if want := lasting[k]; (len(got[k]) == 3) != want {
			t.Errorf("%s: %d records", k, len(got[k]))
		}
	}
	if restored := admitted(t, to, noon.Add(time.Hour)); !restored.Equal(noon.Add(time.Hour).Truncate(time.Millisecond)) {
		t.Errorf("restored at %s", restored)
	}
	if m := admitted(t, from, noon); !m.IsZero() {
		t.Error("the store that was copied is marked")
	}
}

// A file holds one line at a time in memory, and a page of records: far more of them than fit into a page and a batch.
func TestManyRecords(t *testing.T) {
	from, to := full(t, 2*page+1), newStore(t)
	imported(t, to, written(t, from, true))
	if diff := cmp.Diff(asText(all(t, from)), asText(all(t, to))); diff != "" {
		t.Error(diff)
	}
	if got := admitted(t, to, noon); !got.IsZero() {
		t.Errorf("what was moved counts as restored at %s", got)
	}
}

// TestACutOrAlteredFileIsRefused: wherever a file ends early, and whichever byte of it is another, it is not taken for
// whole, and nothing of it stays in the store.
func TestACutOrAlteredFileIsRefused(t *testing.T) {
	file := written(t, full(t, 2), true)
	try := func(name string, spoiled []byte) {
		if h, err := Read(bytes.NewReader(spoiled), func(Header, store.Record) error { return nil }); err == nil && h.Moves {
			t.Errorf("%s: it was read", name)
		}
	}
	for n := range file[:len(file)-1] { // the last byte only ends the last line
		try(fmt.Sprintf("cut after %d bytes", n), file[:n])
	}
	records := bytes.IndexByte(file, '\n') + 1
	for n := records; n < len(file)-1; n += 7 {
		spoiled := bytes.Clone(file)
		spoiled[n] ^= 1
		try(fmt.Sprintf("byte %d is another", n), spoiled)
	}
	try("something follows", append(bytes.Clone(file), "{}\n"...))
	lines := bytes.SplitAfter(file, []byte("\n"))
	lines[2], lines[3] = lines[3], lines[2]
	try("two lines changed places", bytes.Join(lines, nil))

	s := newStore(t)
	for _, n := range []int{0, records, len(file) / 2, len(file) - 2} {
		if _, err := Import(t.Context(), s, bytes.NewReader(file[:n]), noon, fine); err == nil {
			t.Errorf("%d bytes were imported", n)
		}
		if got := all(t, s); len(got) != 0 {
			t.Errorf("%d bytes left %v", n, got)
		}
		_ = admitted(t, s, noon)
	}
	imported(t, s, file)
}

func TestFilesThatAreNotRead(t *testing.T) {
	good := string(written(t, newStore(t), true))
	for name, test := range map[string]struct {
		text string
		want error
	}{
		"nothing":             {"", errFormat},
		"another file":        {"SQLite format 3\x00", errFormat},
		"other JSON":          {`{"format":"other"}` + "\n", errFormat},
		"a newer version":     {strings.Replace(good, `"version":1`, `"version":2`, 1), errNewer},
		"an unknown kind":     {strings.Replace(good, `"grants"`, `"hats"`, 1), errNewer},
		"an unknown record":   {good[:strings.Index(good, "\n")+1] + `{"kind":"hats","key":"k","body":{}}` + "\n", errCut},
		"an unknown member":   {good[:strings.Index(good, "\n")+1] + `{"kind":"grants","key":"k","body":{},"hat":1}` + "\n", errCut},
		"a line that is long": {good[:strings.Index(good, "\n")+1] + strings.Repeat("x", maxLine+1), nil},
	} {
		_, err := Read(strings.NewReader(test.text), func(Header, store.Record) error { return nil })
		if err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAUsedStoreIsNotFilled(t *testing.T) {
	file := written(t, full(t, 1), true)
	for name, change := range map[string]store.Change{
		"one record":      store.Creating(store.Record{Kind: store.SiteSessions, Key: "k"}),
		"a moved store":   mark{State: moved}.change(0),
		"a copy":          mark{State: copied}.change(0),
		"an opened copy":  mark{State: opened, Restored: noon}.change(0),
		"only its secret": store.Creating(store.Record{Kind: store.Secrets, Key: "root"}),
	} {
		s := newStore(t)
		commit(t, s, change)
		if _, err := Import(t.Context(), s, bytes.NewReader(file), noon, fine); !errors.Is(err, ErrNotEmpty) {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := s.Get(t.Context(), change.Record.Kind, change.Record.Key); err != nil || got.Version != 1 {
			t.Errorf("%s: it was touched: %v, %v", name, got, err)
		}
	}
}

// TestAnImportThatWasCutOffIsRepeated: nobody serves from what a killed import left, and the next one begins anew.
func TestAnImportThatWasCutOffIsRepeated(t *testing.T) {
	s := newStore(t)
	commit(t, s, mark{State: filling, At: noon}.change(0))
	for i := range 2*page + 5 {
		commit(t, s, store.Creating(store.Record{Kind: store.Grants, Key: fmt.Sprintf("of another file %d", i)}))
	}
	if _, err := Admit(t.Context(), s, noon); !errors.Is(err, ErrHalf) {
		t.Fatalf("it opens: %v", err)
	}
	from := full(t, 2)
	imported(t, s, written(t, from, true))
	if diff := cmp.Diff(asText(all(t, from)), asText(all(t, s))); diff != "" {
		t.Error(diff)
	}
	_ = admitted(t, s, noon)
}

// fails is a store of which one commit, the nth from 0, goes wrong: it fails, or something happens before it.
type fails struct {
	store.Store
	left   int
	failed bool
	before func()
}

func (f *fails) Commit(ctx context.Context, changes ...store.Change) error {
	f.left--
	switch {
	case f.left != -1:
	case f.before != nil:
		f.before()
	default:
		f.failed = true
		return store.Unavailable("commit", errors.New("no"))
	}
	return f.Store.Commit(ctx, changes...)
}

func TestAnImportIsAllOrNothing(t *testing.T) {
	file := written(t, full(t, 30), true) // a few batches
	for n := range 6 {
		s := &fails{Store: newStore(t), left: n}
		_, err := Import(t.Context(), s, bytes.NewReader(file), noon, fine)
		if !s.failed {
			if err != nil {
				t.Errorf("it fails by itself: %v", err)
			}
			break
		}
		if !errors.Is(err, oauth.ErrUnavailable) || len(all(t, s)) != 0 {
			t.Errorf("commit %d failed: %v, and left %d kinds", n, err, len(all(t, s)))
		}
		if _, version, err := readMark(t.Context(), s); version != 0 || err != nil {
			t.Errorf("commit %d failed: the mark is there: %v", n, err)
		}
	}
	s := newStore(t)
	wrong := errors.New("the key does not fit")
	if _, err := Import(t.Context(), s, bytes.NewReader(file), noon, func(context.Context) error { return wrong }); !errors.Is(err, wrong) {
		t.Errorf("got %v", err)
	}
	if got := all(t, s); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

func TestAnImportThatIsGivenUpIsTakenBack(t *testing.T) {
	s := newStore(t)
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	f := &fails{Store: s, before: giveUp, left: 2}
	if _, err := Import(ctx, f, bytes.NewReader(written(t, full(t, 60), true)), noon, fine); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := all(t, s); len(got) != 0 {
		t.Errorf("left behind: %d kinds", len(got))
	}
	_ = admitted(t, s, noon)
}

// breaks is a store whose commits all fail after the first n.
type breaks struct {
	store.Store
	left int
}

func (b *breaks) Commit(ctx context.Context, changes ...store.Change) error {
	if b.left--; b.left < 0 {
		return store.Unavailable("commit", errors.New("no"))
	}
	return b.Store.Commit(ctx, changes...)
}

// What cannot be taken back stays marked.
func TestAnImportThatCannotBeTakenBack(t *testing.T) {
	s := newStore(t)
	if _, err := Import(t.Context(), &breaks{Store: s, left: 3}, bytes.NewReader(written(t, full(t, 60), true)), noon, fine); err == nil {
		t.Error("it ended well")
	}
	if _, err := Admit(t.Context(), s, noon); !errors.Is(err, ErrHalf) {
		t.Errorf("it opens: %v", err)
	}
}

// TestTwoImportsAtOnce: the one that begins later takes the store over; the other fails and disturbs nothing.
func TestTwoImportsAtOnce(t *testing.T) {
	s := newStore(t)
	later := full(t, 2)
	first := &fails{Store: s, before: func() { imported(t, s, written(t, later, true)) }, left: 2}
	if _, err := Import(t.Context(), first, bytes.NewReader(written(t, full(t, 60), true)), noon, fine); err == nil {
		t.Error("both have ended well")
	}
	if diff := cmp.Diff(asText(all(t, later)), asText(all(t, s))); diff != "" {
		t.Error(diff)
	}
	_ = admitted(t, s, noon)
}

func TestAStoreThatLeftIsNotOpenedAgain(t *testing.T) {
	s := full(t, 1)
	restored, back, err := Leave(t.Context(), s, noon)
	if err != nil || !restored.IsZero() {
		t.Fatal(restored, err)
	}
	if _, err := Admit(t.Context(), s, noon); !errors.Is(err, ErrMoved) {
		t.Errorf("it opens: %v", err)
	}
	if err := back(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := admitted(t, s, noon); !got.IsZero() {
		t.Errorf("taken back, it was restored at %s", got)
	}
}

// What was written can be written again, for the file may be lost. From then on there may be another file, and whoever
// was first does not open the store any more.
func TestAnEndIsTakenOver(t *testing.T) {
	s := full(t, 1)
	_, first, err := Leave(t.Context(), s, noon)
	if err != nil {
		t.Fatal(err)
	}
	_, second, err := Leave(t.Context(), s, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if err := first(t.Context()); !errors.Is(err, store.ErrConflict) {
		t.Errorf("the first end was taken back: %v", err)
	}
	if err := second(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := Admit(t.Context(), s, noon); !errors.Is(err, ErrMoved) {
		t.Errorf("it opens: %v", err)
	}
}

// When a store was restored goes with it, and comes back with it.
func TestARestoredStoreMovesAsOne(t *testing.T) {
	s := newStore(t)
	commit(t, s, store.Creating(CopyMark(noon)))
	first := noon.Add(time.Hour).Truncate(time.Millisecond)
	restored, back, err := Leave(t.Context(), s, first) // it was never opened
	if err != nil || !restored.Equal(first) {
		t.Fatal(restored, err)
	}
	var file bytes.Buffer
	if _, err := Write(t.Context(), &file, s, Header{Moves: true, Restored: restored}); err != nil {
		t.Fatal(err)
	}
	if err := back(t.Context()); err != nil {
		t.Fatal(err)
	}
	to := newStore(t)
	imported(t, to, file.Bytes())
	for name, one := range map[string]store.Store{"here": s, "there": to} {
		if got := admitted(t, one, first.Add(time.Hour)); !got.Equal(first) {
			t.Errorf("%s it was restored at %s", name, got)
		}
	}
	half := newStore(t)
	commit(t, half, mark{State: filling}.change(0))
	if _, _, err := Leave(t.Context(), half, noon); !errors.Is(err, ErrHalf) {
		t.Errorf("half a store leaves: %v", err)
	}
}

// inPlace is a file in memory.
type inPlace []byte

func (f inPlace) ReadAt(p []byte, at int64) (int, error)  { return bytes.NewReader(f).ReadAt(p, at) }
func (f inPlace) WriteAt(p []byte, at int64) (int, error) { return copy(f[at:], p), nil }

func TestAFileIsGoodForOneMove(t *testing.T) {
	from := full(t, 2)
	file := written(t, from, true)
	imported(t, newStore(t), file)
	if err := Taken(inPlace(file)); err != nil {
		t.Fatal(err)
	}
	again := newStore(t)
	imported(t, again, file)
	if got := all(t, again); len(got) != len(Lasting()) {
		t.Errorf("imported again it has %d kinds", len(got))
	}
	if got := admitted(t, again, noon); got.IsZero() {
		t.Error("imported again it is no copy")
	}
	before := string(file)
	if err := Taken(inPlace(file)); err != nil || string(file) != before {
		t.Errorf("taken again: %v", err)
	}
}
