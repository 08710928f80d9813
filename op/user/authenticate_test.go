package user

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

// hasher counts what it compares. Its hashes are "$<cost>$<password>"; the cost stands for the time.
type hasher struct {
	mu       sync.Mutex
	compared []string
}

func (h *hasher) Compare(hash, password []byte) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.compared = append(h.compared, string(hash))
	cost, want, ok := strings.Cut(strings.TrimPrefix(string(hash), "$"), "$")
	if !ok || cost == "" {
		return true, errors.New("malformed hash")
	}
	return want == string(password), nil
}

func (h *hasher) FakeHash() []byte { return []byte("$default$antitiming") }

// costs returns what was compared since the last call, as the costs of the hashes.
func (h *hasher) costs() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var costs []string
	for _, hash := range h.compared {
		cost, _, _ := strings.Cut(strings.TrimPrefix(hash, "$"), "$")
		costs = append(costs, cost)
	}
	h.compared = nil
	return costs
}

func newDirectory(t testing.TB, h Hasher, users ...*User) *Directory {
	t.Helper()
	d, err := NewDirectory(users, "", h, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	d.gate = throttle.NewGate(4, 1000, time.Minute)
	return d
}

func people() []*User {
	return []*User{
		{Name: "Diana", PasswordHash: "$argon2id$krall", Sub: "sub-of-diana"},
		{Name: "babs", PasswordHash: "$argon2id$howes", Disabled: true},
		{Name: "service"},
	}
}

func TestAuthenticate(t *testing.T) {
	h := &hasher{}
	d := newDirectory(t, h, people()...)
	for _, name := range []string{"Diana", "diana", " DIANA ", "ｄｉａｎａ"} {
		u, err := d.Authenticate(t.Context(), name, "krall")
		if err != nil || u.Account != "diana" || u.Name != "Diana" {
			t.Fatalf("Authenticate(%q) = %+v, %v", name, u, err)
		}
	}
}

// TestThreat101_EveryFailureCostsOneHash shows by its structure that time tells nothing: whatever is
// wrong, there is one comparison, with a hash of the cost that real accounts have.
func TestThreat101_EveryFailureCostsOneHash(t *testing.T) {
	h := &hasher{}
	d := newDirectory(t, h, people()...)
	for name, guess := range map[string][2]string{
		"right":                  {"diana", "krall"},
		"wrong password":         {"diana", "Krall"},
		"unknown":                {"nobody", "krall"},
		"disabled, right":        {"babs", "howes"},
		"disabled, wrong":        {"babs", "x"},
		"no password":            {"service", "x"},
		"no name":                {"", "x"},
		"a name nobody can have": {"dia\x00na", "krall"},
		"a name of any size":     {strings.Repeat("a", 70_000), "krall"},
		"empty password":         {"diana", ""},
		"password of any size":   {"diana", strings.Repeat("k", 70_000)},
	} {
		h.costs()
		u, err := d.Authenticate(t.Context(), guess[0], guess[1])
		if name == "right" {
			if err != nil {
				t.Fatal(err)
			}
		} else if !errors.Is(err, ErrWrong) || u != nil {
			t.Errorf("%s: %v, %v; want ErrWrong", name, u, err)
		}
		if got := h.costs(); !slices.Equal(got, []string{"argon2id"}) {
			t.Errorf("%s: compared hashes of cost %v, want one argon2id", name, got)
		}
	}
}

// TestThreat101_MixedCostsGiveNobodyAway: with hashes of two costs unknown names meet both as known names
// do, each always the same, in whatever spelling.
func TestThreat101_MixedCostsGiveNobodyAway(t *testing.T) {
	h := &hasher{}
	var users []*User
	for i := range 10 {
		cost := "$argon2id$"
		if i < 5 {
			cost = "$bcrypt$"
		}
		users = append(users, &User{Name: fmt.Sprint("user", i), PasswordHash: cost + fmt.Sprint(i)})
	}
	d := newDirectory(t, h, users...)
	count := map[string]int{}
	for i := range 1000 {
		name := fmt.Sprint("nobody", i)
		h.costs()
		for _, spelling := range []string{name, strings.ToUpper(name), " " + name} {
			if _, err := d.Authenticate(t.Context(), spelling, "x"); !errors.Is(err, ErrWrong) {
				t.Fatal(err)
			}
		}
		costs := h.costs()
		if len(costs) != 3 || costs[0] != costs[1] || costs[1] != costs[2] {
			t.Fatalf("%s meets costs %v", name, costs)
		}
		count[costs[0]]++
	}
	if count["bcrypt"] < 350 || count["argon2id"] < 350 || len(count) != 2 {
		t.Fatalf("costs met by unknown names: %v, want about half each", count)
	}
}

func TestThreat101_WithoutAnyPasswordTheDefaultCostIsPaid(t *testing.T) {
	h := &hasher{}
	d := newDirectory(t, h)
	if _, err := d.Authenticate(t.Context(), "nobody", "antitiming"); !errors.Is(err, ErrWrong) {
		t.Fatalf("error = %v: the stand-in let somebody in", err)
	}
	if got := h.costs(); !slices.Equal(got, []string{"default"}) {
		t.Fatalf("compared %v", got)
	}
}

// TestThreat107_AnAccountWithoutAPasswordHasNone: nothing that is sent matches nothing.
func TestThreat107_AnAccountWithoutAPasswordHasNone(t *testing.T) {
	d := newDirectory(t, &hasher{}, &User{Name: "service"}, &User{Name: "empty", PasswordHash: "$argon2id$"}, &User{Name: "dash", PasswordHash: "$argon2id$-"})
	for _, name := range []string{"service", "empty"} {
		for _, password := range []string{"", "null", "\x00", "undefined", "[]", "-", "antitiming", "$argon2id$"} {
			if u, err := d.Authenticate(t.Context(), name, password); !errors.Is(err, ErrWrong) || u != nil {
				t.Errorf("%s with %q: %v, %v", name, password, u, err)
			}
		}
	}
	for _, password := range []string{"", strings.Repeat("-", maxPassword+1)} {
		if _, err := d.Authenticate(t.Context(), "dash", password); !errors.Is(err, ErrWrong) {
			t.Errorf("what is hashed in place of %.3q lets somebody in: %v", password, err)
		}
	}
}

// A stand-in's own password opens nothing under an unknown name.
func TestAnotherUsersPasswordOpensNothing(t *testing.T) {
	d := newDirectory(t, &hasher{}, &User{Name: "diana", PasswordHash: "$argon2id$krall"}, &User{Name: "service"})
	for _, name := range []string{"nobody", "service", ""} {
		if _, err := d.Authenticate(t.Context(), name, "krall"); !errors.Is(err, ErrWrong) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestAHashNobodyCanReadFailsLikeAWrongPassword(t *testing.T) {
	h := &hasher{}
	d := newDirectory(t, h, &User{Name: "diana", PasswordHash: "plain-text-password"})
	var reported []error
	d.OnFault(func(err error) { reported = append(reported, err) })
	if _, err := d.Authenticate(t.Context(), "diana", "plain-text-password"); !errors.Is(err, ErrWrong) {
		t.Fatalf("error = %v, want ErrWrong", err)
	}
	if got := h.costs(); len(got) != 2 || got[1] != "default" {
		t.Errorf("compared %v, want a hash of the default cost at last", got)
	}
	if len(reported) != 1 || strings.Contains(reported[0].Error(), "plain-text") {
		t.Errorf("reported %v, want one fault without the hash", reported)
	}
}

// TestThreat105_HashingIsLimited: no more comparisons at once than the gate has places, and who finds it
// full is told so.
func TestThreat105_HashingIsLimited(t *testing.T) {
	d := newDirectory(t, &hasher{}, people()...)
	d.gate = throttle.NewGate(1, 0, time.Minute)
	leave, err := d.gate.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"diana", "nobody"} {
		if _, err := d.Authenticate(t.Context(), name, "krall"); !errors.Is(err, ErrBusy) || !errors.Is(err, oauth.ErrUnavailable) {
			t.Fatalf("%s: %v, want ErrBusy", name, err)
		}
	}
	leave()
	if _, err := d.Authenticate(t.Context(), "diana", "krall"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.gate.Enter(context.Background()); err != nil {
		t.Fatal("the place was not given back")
	}
}

// TestThreat105_ThePlaceIsGivenBackAfterAPanic: a hasher that panics does not close the gate for good.
func TestThreat105_ThePlaceIsGivenBackAfterAPanic(t *testing.T) {
	d := newDirectory(t, panicking{}, people()...)
	d.gate = throttle.NewGate(1, 0, time.Minute)
	func() {
		defer func() { _ = recover() }()
		_, _ = d.Authenticate(t.Context(), "diana", "krall")
	}()
	if _, err := d.gate.Enter(t.Context()); err != nil {
		t.Fatal(err)
	}
}

type panicking struct{}

func (panicking) Compare(_, _ []byte) (bool, error) { panic("argon2: number of rounds too small") }
func (panicking) FakeHash() []byte                  { return nil }

func TestThreat057_ConcurrentSignIns(t *testing.T) {
	var users []*User
	for i := range 50 {
		users = append(users, &User{Name: fmt.Sprint("user", i), PasswordHash: fmt.Sprint("$argon2id$", i)})
	}
	d := newDirectory(t, &hasher{}, users...)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			for range 20 {
				u, err := d.Authenticate(t.Context(), fmt.Sprint("USER", i), fmt.Sprint(i))
				if err != nil || u.Account != fmt.Sprint("user", i) {
					t.Errorf("user %d: %v, %v", i, u, err)
				}
			}
		})
	}
	wg.Wait()
}
