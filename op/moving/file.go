package moving

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// The first line of a file says what the others are. A version that is not ours is not read: half of what it says
// could be missed.
const (
	format  = "gatehouse export"
	version = 1
)

// maxLine bounds a line of a file, in bytes. The largest records are those of registered clients, below a megabyte.
const maxLine = 16 << 20

// Why a file is not read.
var (
	errFormat = errors.New("is not a file of caddy openid export")
	errNewer  = errors.New("was written by a newer version of this program")
	errCut    = errors.New("is not whole: its end is missing, or was changed")
)

// Header is the first line of a file.
type Header struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	// Moves says that the store this was taken from has ended for good, and that the file was not imported yet:
	// whoever imports it goes on where the other one stopped. Otherwise it is a copy.
	Moves bool `json:"moves"`
	// Provider and Issuer are whose store it was, At is when the file was begun.
	Provider string    `json:"provider"`
	Issuer   string    `json:"issuer"`
	At       time.Time `json:"at"`
	// Restored is when that store was itself first opened as a copy, zero if it was none.
	Restored time.Time `json:"restored,omitzero"`
	// Kinds are those that the program knew.
	Kinds []store.Kind `json:"kinds"`
}

// line is any other line: a record, or the end.
type line struct {
	Kind      store.Kind      `json:"kind,omitempty"`
	Key       string          `json:"key,omitempty"`
	ExpiresAt int64           `json:"expires_at,omitempty"` // milliseconds since 1970, 0 for never
	GrantID   string          `json:"grant_id,omitempty"`
	SessionID string          `json:"session_id,omitempty"`
	Subject   string          `json:"subject,omitempty"`
	ClientID  string          `json:"client_id,omitempty"`
	Body      json.RawMessage `json:"body,omitempty"`

	End *end `json:"end,omitempty"`
}

// end is what the last line says of those between it and the header: how many there are, and their SHA-256.
type end struct {
	Records int                `json:"records"`
	Counts  map[store.Kind]int `json:"counts"`
	SHA256  string             `json:"sha256"`
}

func lineOf(r store.Record) line {
	l := line{Kind: r.Kind, Key: r.Key, GrantID: r.GrantID, SessionID: r.SessionID, Subject: r.Subject, ClientID: r.ClientID, Body: r.Body}
	if !r.ExpiresAt.IsZero() {
		l.ExpiresAt = r.ExpiresAt.UnixMilli()
	}
	return l
}

func (l line) record() store.Record {
	r := store.Record{Kind: l.Kind, Key: l.Key, GrantID: l.GrantID, SessionID: l.SessionID, Subject: l.Subject, ClientID: l.ClientID, Body: l.Body}
	if l.ExpiresAt != 0 {
		r.ExpiresAt = time.UnixMilli(l.ExpiresAt).UTC()
	}
	return r
}

// tally counts the lines of records, on either side.
type tally struct {
	end
	sum hash.Hash
}

func (t *tally) add(k store.Kind, text []byte) {
	t.Records++
	t.Counts[k]++
	t.sum.Write(text)
	t.sum.Write([]byte{'\n'})
}

// close is the end that belongs to what was counted.
func (t *tally) close() *end {
	t.SHA256 = hex.EncodeToString(t.sum.Sum(nil))
	return &t.end
}

// Read reads a whole file and hands each record to take, one after the other; what take is given is its own. It
// remembers one line at a time. An error of take is returned as it is. Until Read has returned nil, the file may
// turn out not to be whole.
func Read(from io.Reader, take func(Header, store.Record) error) (Header, error) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxLine)
	header, err := readHeader(lines)
	if err != nil {
		return header, err
	}
	counted := newTally()
	for lines.Scan() {
		var l line
		if err := decode(lines.Bytes(), &l); err != nil {
			return header, fmt.Errorf("the file %w", errCut)
		}
		if l.End != nil {
			return header, l.End.check(counted.close(), lines)
		}
		if !l.Kind.Known() || l.Key == "" {
			return header, fmt.Errorf("the file %w", errCut)
		}
		counted.add(l.Kind, lines.Bytes())
		if err := take(header, l.record()); err != nil {
			return header, err
		}
	}
	if err := lines.Err(); err != nil {
		return header, err
	}
	return header, fmt.Errorf("the file %w", errCut)
}

func readHeader(lines *bufio.Scanner) (Header, error) {
	var h Header
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &h) != nil || h.Format != format {
		return Header{}, errors.Join(fmt.Errorf("the file %w", errFormat), lines.Err())
	}
	if h.Version != version || slices.ContainsFunc(h.Kinds, func(k store.Kind) bool { return !k.Known() }) {
		return Header{}, fmt.Errorf("the file %w", errNewer)
	}
	return h, nil
}

// check holds what the file says of itself against what was counted. Nothing may follow.
func (e *end) check(counted *end, lines *bufio.Scanner) error {
	for k, n := range counted.Counts {
		if e.Counts[k] != n {
			return fmt.Errorf("the file %w", errCut)
		}
	}
	if e.Records != counted.Records || e.SHA256 != counted.SHA256 || lines.Scan() {
		return fmt.Errorf("the file %w", errCut)
	}
	return lines.Err()
}

// decode reads one line strictly: a member that is not known is one of a newer program.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errCut
	}
	return nil
}
