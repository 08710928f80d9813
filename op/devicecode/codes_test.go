package devicecode

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

type world struct {
	*Codes
	*clock
	store store.Store
}

func (w *world) now() time.Time { return w.at }

func newWorld(t *testing.T) *world {
	t.Helper()
	c := &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	s := memory.New(c.now)
	secrets, err := keys.OpenSecrets(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &world{New(s, secrets.MAC, c.now), c, s}
}

func (w *world) begin(t *testing.T) (*Begun, *Authorization) {
	t.Helper()
	begun, err := w.Begin(t.Context(), "tv", oauth.Scopes{"openid"}, []string{"https://api.example"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := w.ByDeviceCode(t.Context(), begun.DeviceCode)
	if err != nil {
		t.Fatal(err)
	}
	return begun, a
}

func TestWhatADeviceAskedForIsFoundByBothCodes(t *testing.T) {
	w := newWorld(t)
	begun, a := w.begin(t)
	byUser, err := w.ByUserCode(t.Context(), begun.UserCode)
	if err != nil {
		t.Fatal(err)
	}
	byKey, err := w.ByKey(t.Context(), a.Key())
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []*Authorization{byUser, byKey} {
		if diff := cmp.Diff(a, other, cmp.AllowUnexported(Authorization{})); diff != "" {
			t.Error(diff)
		}
	}
	if !a.Waits() || a.Allowed() || a.Spent() || a.ClientID != "tv" || a.Expired(w.now()) || !a.Expired(w.now().Add(grant.DeviceCode)) {
		t.Errorf("%+v", a)
	}
	if begun.ExpiresIn != 10*time.Minute || begun.Interval != 5*time.Second || len(begun.DeviceCode) != len(keys.PrefixDevice)+43 {
		t.Errorf("%+v", begun)
	}
}

// Neither code is at rest, and a user code not under a digest that anybody could compute for all codes.
func TestThreat113_AReaderOfTheStoreHasNoCode(t *testing.T) {
	w := newWorld(t)
	begun, _ := w.begin(t)
	records, err := w.store.List(t.Context(), store.DeviceCodes, store.Filter{}, "", 10)
	if err != nil || len(records) != 2 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for _, record := range records {
		all := record.Key + string(record.Body)
		for _, secret := range []string{
			begun.DeviceCode, begun.UserCode, strings.Replace(begun.UserCode, "-", "", 1),
			keys.Digest(begun.UserCode), keys.Digest(strings.Replace(begun.UserCode, "-", "", 1)),
		} {
			if strings.Contains(all, secret) {
				t.Errorf("%q holds %q", all, secret)
			}
		}
		if record.ExpiresAt.IsZero() || record.ExpiresAt.After(w.now().Add(kept)) {
			t.Errorf("expires at %s", record.ExpiresAt)
		}
	}
}

func TestUnknownCodes(t *testing.T) {
	w := newWorld(t)
	begun, a := w.begin(t)
	for _, code := range []string{"", "gdc_", begun.DeviceCode + "A", begun.UserCode, a.Key(), strings.Repeat("gdc_", 100)} {
		if _, err := w.ByDeviceCode(t.Context(), code); !errors.Is(err, ErrNotFound) {
			t.Errorf("device code %q: %v", code, err)
		}
	}
	if _, err := w.ByUserCode(t.Context(), "BBBB-BBBB"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	for _, key := range []string{"", a.UserKey, "device.x"} { // the record of a user code is no authorization
		if _, err := w.ByKey(t.Context(), key); !errors.Is(err, ErrNotFound) {
			t.Errorf("key %q: %v", key, err)
		}
	}
	w.at = w.at.Add(grant.DeviceCode)
	if _, err := w.ByUserCode(t.Context(), begun.UserCode); !errors.Is(err, ErrNotFound) {
		t.Errorf("expired: %v", err)
	}
	if a, err := w.ByDeviceCode(t.Context(), begun.DeviceCode); err != nil || !a.Expired(w.now()) {
		t.Errorf("the device is not told that it expired: %v", err)
	}
	w.at = w.at.Add(told)
	if _, err := w.ByDeviceCode(t.Context(), begun.DeviceCode); !errors.Is(err, ErrNotFound) {
		t.Errorf("kept for ever: %v", err)
	}
}

// Whatever two do at once, one of them wins, and nothing follows an answer but the device's.
func TestAnAnswerIsGivenOnce(t *testing.T) {
	w := newWorld(t)
	of := &grant.Grant{ID: "g", SessionID: "s", Account: "diana", ExpiresAt: w.now().Add(time.Hour)}
	changes := map[string]func(a *Authorization) []store.Change{
		"allow": func(a *Authorization) []store.Change { return a.Allowing(of) },
		"deny":  (*Authorization).Denying,
		"slow":  func(a *Authorization) []store.Change { return []store.Change{a.slowing()} },
	}
	for first, change := range changes {
		for second, other := range changes {
			begun, a := w.begin(t)
			if err := w.store.Commit(t.Context(), change(a)...); err != nil {
				t.Fatal(err)
			}
			if err := w.store.Commit(t.Context(), other(a)...); !errors.Is(err, store.ErrConflict) {
				t.Errorf("%s, then %s: %v", first, second, err)
			}
			now, err := w.ByDeviceCode(t.Context(), begun.DeviceCode)
			if err != nil {
				t.Fatal(err)
			}
			if now.Waits() != (first == "slow") || now.Allowed() != (first == "allow") || now.Allowed() && now.GrantID != "g" {
				t.Errorf("%s: %+v", first, now)
			}
			if _, err := w.ByUserCode(t.Context(), begun.UserCode); (err == nil) != (first == "slow") {
				t.Errorf("%s: the user code: %v", first, err)
			}
		}
	}
}

func TestAnAllowedCodeIsKeptWithItsGrant(t *testing.T) {
	w := newWorld(t)
	begun, a := w.begin(t)
	of := &grant.Grant{ID: "g", SessionID: "s", Account: "diana", ExpiresAt: w.now().Add(30 * 24 * time.Hour)}
	if err := w.store.Commit(t.Context(), a.Allowing(of)...); err != nil {
		t.Fatal(err)
	}
	a, err := w.ByDeviceCode(t.Context(), begun.DeviceCode)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.Commit(t.Context(), a.Spending(w.now())); err != nil {
		t.Fatal(err)
	}
	w.at = w.at.Add(29 * 24 * time.Hour)
	if a, err = w.ByDeviceCode(t.Context(), begun.DeviceCode); err != nil || !a.Spent() || a.GrantID != "g" {
		t.Errorf("%+v, %v", a, err)
	}
	records, err := w.store.List(t.Context(), store.DeviceCodes, store.Filter{GrantID: "g", SessionID: "s", Subject: "diana", ClientID: "tv"}, "", 10)
	if err != nil || len(records) != 1 {
		t.Errorf("%d records hang from the grant, %v", len(records), err)
	}
}

// TestThreat051_SlowingEnds: a device that never listens makes no more writes than it takes to slow it all the way.
func TestThreat051_SlowingEnds(t *testing.T) {
	w := newWorld(t)
	begun, _ := w.begin(t)
	counting := &counted{Store: w.store}
	codes := New(counting, w.mac, w.now)
	for range 100 {
		a, err := codes.ByDeviceCode(t.Context(), begun.DeviceCode)
		if err == nil {
			err = codes.Slow(t.Context(), a)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if counting.commits != 11 {
		t.Errorf("%d writes", counting.commits)
	}
}

type counted struct {
	store.Store
	commits int
}

func (c *counted) Commit(ctx context.Context, changes ...store.Change) error {
	c.commits++
	return c.Store.Commit(ctx, changes...)
}

// A user code that is taken is not given away twice.
func TestATakenUserCodeIsNotGivenTwice(t *testing.T) {
	w := newWorld(t)
	same := New(w.store, func(string, ...string) string { return "taken" }, w.now)
	if _, err := same.Begin(t.Context(), "tv", nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := same.Begin(t.Context(), "tv", nil, nil); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	records, err := w.store.List(t.Context(), store.DeviceCodes, store.Filter{}, "", 10)
	if err != nil || len(records) != 2 {
		t.Errorf("%d records, %v", len(records), err)
	}
}
