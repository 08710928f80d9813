package user

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLookupIsByCanonicalName(t *testing.T) {
	d := newDirectory(t, &hasher{}, people()...)
	for account, want := range map[string]string{"diana": "Diana", "babs": "babs", "Diana": "", "nobody": "", "": ""} {
		u, err := d.Lookup(t.Context(), account)
		if want == "" {
			if !errors.Is(err, ErrNotFound) || u != nil {
				t.Errorf("Lookup(%q) = %v, %v; want ErrNotFound", account, u, err)
			}
			continue
		}
		if err != nil || u.Name != want || u.Account != account {
			t.Errorf("Lookup(%q) = %+v, %v", account, u, err)
		}
	}
	if u, err := d.Lookup(t.Context(), "babs"); err != nil || !u.Disabled {
		t.Errorf("a disabled user = %+v, %v; want it, marked so", u, err)
	}
	if err := d.Load(t.Context()); err != nil || d.Generation() != 0 {
		t.Errorf("without a file: Load = %v, generation %d", err, d.Generation())
	}
}

func TestTheDirectoryKeepsItsOwnCopy(t *testing.T) {
	given := &User{Name: "Diana"}
	d := newDirectory(t, &hasher{}, given)
	given.Disabled = true
	u, err := d.Lookup(t.Context(), "diana")
	if err != nil || u.Disabled || given.Account != "" {
		t.Fatal("the configuration and the directory share a user")
	}
}

func TestNewDirectoryListsEveryFault(t *testing.T) {
	_, err := NewDirectory([]*User{
		{Name: "Diana", Sub: "1"},
		{Name: "DIANA", Sub: "2"},
		{Name: "babs", Sub: "1", Claims: map[string]any{"email_verified": "yes"}},
		{Name: "no body"},
		{Name: "\x00"},
		{Name: "upper", PasswordHash: "crust"},
	}, "", checking{}, time.Now)
	if err == nil {
		t.Fatal("no fault was found")
	}
	want := []string{
		"user DIANA: name: is the same account as Diana",
		"user babs: claims: email_verified: must be true or false",
		"user babs: sub: is that of Diana",
		"user no body: name: is empty or has a character that names cannot have",
		"user \x00: name: is empty or has a character that names cannot have",
		"user upper: password: is not a hash this provider knows: no $ in front",
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// checking is a hasher that can judge a hash without a password.
type checking struct{}

func (checking) Compare(_, _ []byte) (bool, error) { return false, nil }
func (checking) FakeHash() []byte                  { return []byte("$x$") }
func (checking) CheckHash(hash []byte) error {
	if hash[0] != '$' {
		return errors.New("no $ in front")
	}
	return nil
}

// TestMust020_SubjectsAndClientsAreApart: a sub that is a client_id is a fault, wherever the user comes from.
func TestMust020_SubjectsAndClientsAreApart(t *testing.T) {
	users := []*User{{Name: "diana", Sub: "web"}, {Name: "babs", Sub: "sub-of-babs"}, {Name: "upper"}}
	faults := CheckSubjects(users, func(sub string) bool { return slices.Contains([]string{"cli", "web", ""}, sub) })
	if len(faults) != 1 || faults[0].Error() != "user diana: sub: is the id of a client" {
		t.Errorf("faults = %v", faults)
	}
	if faults := CheckSubjects(users, func(string) bool { return false }); faults != nil {
		t.Errorf("without clients: %v", faults)
	}

	f := newUsersFile(t, `{"users":[{"name":"diana","sub":"web"}]}`)
	f.directory.Reserve(func(sub string) bool { return sub == "web" })
	if err := f.directory.Load(t.Context()); err == nil || !strings.Contains(err.Error(), "user diana: sub: is the id of a client") {
		t.Errorf("Load = %v", err)
	}
}

func TestSubject(t *testing.T) {
	d := newDirectory(t, &hasher{}, people()...)
	mac := func(purpose string, parts ...string) string { return purpose + "/" + strings.Join(parts, "/") }
	for account, want := range map[string]string{"diana": "sub-of-diana", "service": "sub/service"} {
		u, err := d.Lookup(t.Context(), account)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Subject(u, mac); got != want {
			t.Errorf("Subject of %s = %q, want %q", account, got, want)
		}
	}
}

// TestThreat020_ANewPasswordIsANewStamp: what hangs from the old one is over; nothing else moves it.
func TestThreat020_ANewPasswordIsANewStamp(t *testing.T) {
	u, same, other := diana(), diana(), diana()
	same.Claims, same.Name, same.Disabled = nil, "DIANA", true
	other.PasswordHash = "$argon2id$costello"
	if u.Stamp() != same.Stamp() {
		t.Error("something else than the password moves the stamp")
	}
	if u.Stamp() == other.Stamp() || u.Stamp() == (&User{}).Stamp() {
		t.Error("the password does not move the stamp")
	}
	if strings.Contains(u.Stamp(), "krall") || len(u.Stamp()) != 22 {
		t.Errorf("stamp = %q", u.Stamp())
	}
}
