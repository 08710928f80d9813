package user

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

// Directory finds users and checks their passwords. It is safe for concurrent use.
type Directory struct {
	configured []*User
	hasher     Hasher
	now        func() time.Time
	gate       *throttle.Gate
	// reserved and report are set before first use.
	reserved func(sub string) bool
	report   func(error)

	file file
	// reading lets one goroutine at a time read the file.
	reading sync.Mutex
	current atomic.Pointer[snapshot]
	moves   atomic.Uint64
}

// NewDirectory makes the directory of one configuration, of the configured users and those of a users
// file ("" for none). It reads no file: Load does, or whoever asks first. The error joins every fault
// of the configured users.
func NewDirectory(configured []*User, file string, hasher Hasher, now func() time.Time) (*Directory, error) {
	d := &Directory{
		configured: configured,
		hasher:     hasher,
		now:        now,
		gate:       throttle.Hashing(),
		reserved:   func(string) bool { return false },
		report:     func(error) {},
	}
	d.file.path = file
	first, faults := d.build(nil)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if file == "" {
		d.current.Store(first)
	}
	return d, nil
}

// Reserve names the subs that no user of the file may have: the ids of clients. Call it before first use.
func (d *Directory) Reserve(reserved func(sub string) bool) { d.reserved = reserved }

// OnFault says where the faults of a changed users file are reported while its predecessor still
// counts, and those of a password hash nobody can read. Call it before first use.
func (d *Directory) OnFault(report func(error)) { d.report = report }

// Load reads the users file, so that what is wrong with it is known at once. The error joins every
// fault. Without a file it does nothing.
func (d *Directory) Load(ctx context.Context) error {
	_, err := d.users(ctx)
	return err
}

// Lookup finds a user by the canonical name; a disabled one too. The error is ErrNotFound, or wraps
// oauth.ErrUnavailable when the users file was never read.
func (d *Directory) Lookup(ctx context.Context, account string) (*User, error) {
	users, err := d.users(ctx)
	if err != nil {
		return nil, err
	}
	if u, found := users.byAccount[account]; found {
		return u, nil
	}
	return nil, ErrNotFound
}

// Generation moves whenever the users have changed. Reading it is cheap, and looks after the file.
func (d *Directory) Generation() uint64 {
	if d.current.Load() != nil {
		d.refresh()
	}
	return d.moves.Load()
}

// users is the present snapshot; the first caller reads the file.
func (d *Directory) users(ctx context.Context) (*snapshot, error) {
	if users := d.current.Load(); users != nil {
		d.refresh()
		return d.current.Load(), nil
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", oauth.ErrUnavailable, err)
	}
	d.reading.Lock()
	defer d.reading.Unlock()
	if users := d.current.Load(); users != nil {
		return users, nil
	}
	d.file.due(d.now())
	if err := d.read(); err != nil {
		return nil, fmt.Errorf("%w: %w", oauth.ErrUnavailable, err)
	}
	return d.current.Load(), nil
}

// refresh reads the file again if it has changed. Only one caller a second does; the others go on
// with what there is.
func (d *Directory) refresh() {
	if d.file.path == "" || !d.file.due(d.now()) || !d.reading.TryLock() {
		return
	}
	defer d.reading.Unlock()
	if err := d.read(); err != nil {
		d.file.reportOnce(err, d.report)
	}
}

// read takes over the file's users if its content is new and all of it is good; else it says what is
// wrong, as often as it is asked.
func (d *Directory) read() error {
	content, changed, err := d.file.read(d.now())
	if err != nil || !changed {
		return err
	}
	users, faults := parse(content)
	next, more := d.build(users)
	if faults = append(faults, more...); len(faults) > 0 {
		d.file.judged(d.file.describe(errors.Join(faults...)))
		return d.file.fault
	}
	d.file.judged(nil)
	d.current.Store(next)
	d.moves.Add(1)
	return nil
}
