package user

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// usersFile is a users file under test, with its own clock.
type usersFile struct {
	t         *testing.T
	path      string
	mu        sync.Mutex
	time      time.Time
	directory *Directory
	reported  []string
}

func newUsersFile(t *testing.T, content string, configured ...*User) *usersFile {
	t.Helper()
	f := &usersFile{t: t, path: filepath.Join(t.TempDir(), "users.json"), time: time.Now().Add(time.Hour)}
	f.write(content)
	d, err := NewDirectory(configured, f.path, &hasher{}, f.now)
	if err != nil {
		t.Fatal(err)
	}
	d.OnFault(func(err error) { f.reported = append(f.reported, err.Error()) })
	f.directory = d
	return f
}

func (f *usersFile) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.time
}

func (f *usersFile) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.time = f.time.Add(d)
}

func (f *usersFile) write(content string) {
	f.t.Helper()
	if err := os.WriteFile(f.path, []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// want looks a user up and compares whether it is there.
func (f *usersFile) want(account string, there bool) {
	f.t.Helper()
	_, err := f.directory.Lookup(f.t.Context(), account)
	if there && err != nil || !there && !errors.Is(err, ErrNotFound) {
		f.t.Fatalf("%s: %v, want it there = %v", account, err, there)
	}
}

const (
	onlyDiana = `{"users":[{"name":"Diana","password":"$argon2id$krall"}]}`
	onlyBabs  = `{"users":[{"name":"babs","password":"$argon2id$howes","disabled":false,"claims":{"email_verified":true}}]}`
)

func TestTheFileIsReadOnFirstUse(t *testing.T) {
	f := newUsersFile(t, onlyDiana, &User{Name: "upper"})
	if f.directory.Generation() != 0 {
		t.Error("something was read before it was asked for")
	}
	f.want("diana", true)
	f.want("upper", true)
	f.want("babs", false)
	if f.directory.Generation() != 1 {
		t.Errorf("generation %d, want 1", f.directory.Generation())
	}
}

func TestAChangedFileIsReadAgain(t *testing.T) {
	f := newUsersFile(t, onlyDiana)
	f.want("diana", true)
	f.write(onlyBabs)
	f.want("diana", true) // it is looked at once a second
	f.advance(lookEvery)
	f.want("diana", false)
	f.want("babs", true)
	if got := f.directory.Generation(); got != 2 {
		t.Errorf("generation %d, want 2", got)
	}
	f.advance(lookEvery)
	f.want("babs", true)
	if got := f.directory.Generation(); got != 2 {
		t.Errorf("generation %d though nothing changed", got)
	}
}

// TestThreat020_GenerationLooksAfterTheFile: whoever only compares generations learns of a change too.
func TestThreat020_GenerationLooksAfterTheFile(t *testing.T) {
	f := newUsersFile(t, onlyDiana)
	f.want("diana", true)
	before := f.directory.Generation()
	f.write(strings.Replace(onlyDiana, "{\"name\"", "{\"disabled\":true,\"name\"", 1))
	f.advance(lookEvery)
	if f.directory.Generation() == before {
		t.Fatal("the generation stands still")
	}
	if u, err := f.directory.Lookup(t.Context(), "diana"); err != nil || !u.Disabled {
		t.Fatalf("diana = %+v, %v", u, err)
	}
}

// A change that leaves time and size alone is found while the file is young.
func TestAChangeInTheSameTickIsFound(t *testing.T) {
	f := newUsersFile(t, onlyDiana)
	stamp := f.now()
	if err := os.Chtimes(f.path, stamp, stamp); err != nil {
		t.Fatal(err)
	}
	f.want("diana", true)
	f.write(strings.Replace(onlyDiana, "Diana", "Diane", 1))
	if err := os.Chtimes(f.path, stamp, stamp); err != nil {
		t.Fatal(err)
	}
	f.advance(lookEvery)
	f.want("diane", true)
	f.want("diana", false)
}

func TestABrokenFileKeepsTheOldUsers(t *testing.T) {
	f := newUsersFile(t, onlyDiana)
	f.want("diana", true)
	for i, breakIt := range []func(){
		func() { f.write(onlyBabs[:30]) },
		func() { f.write(`{"users":[{"name":"Diana"},{"name":"diana"}]}`) },
		func() { f.write(``) },
		func() { _ = os.Remove(f.path) },
		func() { _ = os.Mkdir(f.path, 0o700) },
	} {
		breakIt()
		for range 3 {
			f.advance(lookEvery)
			f.want("diana", true)
		}
		if len(f.reported) != i+1 {
			t.Fatalf("reported %q, want one fault more", f.reported)
		}
		if !strings.Contains(f.reported[i], f.path) {
			t.Errorf("%q does not name the file", f.reported[i])
		}
	}
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	f.write(onlyBabs)
	f.advance(lookEvery)
	f.want("babs", true)
	f.write(`{`)
	f.advance(lookEvery)
	f.want("babs", true)
	if len(f.reported) != 6 {
		t.Fatalf("reported %q", f.reported)
	}
}

func TestAFileThatWasNeverGoodIsUnavailable(t *testing.T) {
	f := newUsersFile(t, `{"users":[{"name":"no body"},{"nam":"x"}]}`, &User{Name: "upper", PasswordHash: "$argon2id$crust"})
	for range 3 {
		err := f.directory.Load(t.Context())
		for _, want := range []string{f.path, "user no body: name: is empty", "entry 2: name: is missing", `entry 2: "nam": is not known here`} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Load = %v, want %q in it", err, want)
			}
		}
		if _, err = f.directory.Lookup(t.Context(), "upper"); !errors.Is(err, oauth.ErrUnavailable) {
			t.Fatalf("Lookup = %v, want unavailable", err)
		}
		if _, err = f.directory.Authenticate(t.Context(), "upper", "crust"); !errors.Is(err, oauth.ErrUnavailable) {
			t.Fatalf("Authenticate = %v, want unavailable", err)
		}
	}
	f.write(onlyDiana)
	f.advance(lookEvery)
	if err := f.directory.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatIsNotThereIsAFault(t *testing.T) {
	f := newUsersFile(t, onlyDiana)
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	if err := f.directory.Load(t.Context()); err == nil || !strings.Contains(err.Error(), f.path) {
		t.Fatalf("Load = %v", err)
	}
}

func TestAFileOfAnySizeIsRefused(t *testing.T) {
	f := newUsersFile(t, onlyDiana+strings.Repeat(" ", maxFile))
	if err := f.directory.Load(t.Context()); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Fatalf("Load = %v", err)
	}
}

func TestNamesOfFileAndConfigurationAreApart(t *testing.T) {
	f := newUsersFile(t, onlyDiana, &User{Name: "DIANA"})
	if err := f.directory.Load(t.Context()); err == nil || !strings.Contains(err.Error(), "user Diana: name: is the same account as DIANA") {
		t.Fatalf("Load = %v", err)
	}
}

func TestThreat057_ReadersSeeWholeUsersWhileTheFileChanges(t *testing.T) {
	content := func(n int) string {
		return fmt.Sprintf(`{"users":[{"name":"diana","password":"$argon2id$%d","sub":"sub-%d"}]}`, n, n)
	}
	f := newUsersFile(t, content(0))
	f.want("diana", true)
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 8 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				u, err := f.directory.Lookup(t.Context(), "diana")
				if err != nil {
					t.Error(err)
					return
				}
				if strings.TrimPrefix(u.PasswordHash, "$argon2id$") != strings.TrimPrefix(u.Sub, "sub-") {
					t.Errorf("half a user: %+v", u)
					return
				}
				f.directory.Generation()
			}
		})
	}
	for n := range 100 {
		f.write(content(n))
		f.advance(lookEvery)
	}
	close(done)
	readers.Wait()
}
