package store_test

import (
	"context"
	"errors"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

func TestKindsAreTableNames(t *testing.T) {
	seen := make(map[store.Kind]bool)
	for _, k := range store.Kinds {
		if !regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`).MatchString(string(k)) {
			t.Errorf("kind %q cannot name a table", k)
		}
		if seen[k] || !k.Known() {
			t.Errorf("kind %q is listed twice or not known", k)
		}
		seen[k] = true
	}
	for _, k := range []store.Kind{"", "grant", "Grants", "grants ", `grants"; DROP TABLE keys; --`} {
		if k.Known() {
			t.Errorf("%q is known", k)
		}
	}
}

func TestExpiredAt(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6_700_000, time.UTC)
	for name, c := range map[string]struct {
		expires, now time.Time
		want         bool
	}{
		"never":                            {time.Time{}, at.Add(1000 * time.Hour), false},
		"a millisecond before":             {at, at.Add(-time.Millisecond), false},
		"at the instant":                   {at, at, true},
		"after it":                         {at, at.Add(time.Hour), true},
		"within the same millisecond":      {at.Add(200 * time.Microsecond), at, true},
		"in another zone, the same moment": {at.In(time.FixedZone("", 3600)), at, true},
		"before 1970":                      {time.Unix(-5, 0), at, true},
	} {
		if got := (store.Record{ExpiresAt: c.expires}).ExpiredAt(c.now); got != c.want {
			t.Errorf("%s: got %t, want %t", name, got, c.want)
		}
	}
}

func TestBodyAndDecode(t *testing.T) {
	type body struct {
		Scopes []string  `json:"scopes"`
		At     time.Time `json:"at"`
	}
	want := body{Scopes: []string{"openid", "<&>"}, At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	var got body
	if err := (store.Record{Body: store.Body(want)}).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, bad := range map[string]string{"empty": "", "cut short": `{"scopes":["a"`, "another type": `{"scopes":7}`, "two values": `{} {}`} {
		err := store.Record{Kind: store.Grants, Body: []byte(bad)}.Decode(&got)
		if err == nil || !strings.Contains(err.Error(), "grants") {
			t.Errorf("%s: %v, want an error that names the kind", name, err)
		}
	}
	// What has no JSON form must not be stored as something else.
	for name, v := range map[string]any{"a channel": make(chan int), "not a number": math.NaN()} {
		change := store.Creating(store.Record{Kind: store.Grants, Key: "g", Body: store.Body(v)})
		if err := store.CheckChanges([]store.Change{change}); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
}

func TestCheckChangesNamesNoValue(t *testing.T) {
	good := store.Creating(store.Record{Kind: store.Grants, Key: "g", Body: []byte(`[1]`)})
	bad := store.Creating(store.Record{Kind: store.Codes, Key: "the-secret-key", Body: []byte(`the-secret-body`)})
	if err := store.CheckChanges([]store.Change{good, good}); err != nil {
		t.Fatal(err)
	}
	err := store.CheckChanges([]store.Change{good, bad})
	if !errors.Is(err, store.ErrInvalid) || !strings.Contains(err.Error(), `change 1 (kind "codes")`) {
		t.Errorf("got %v", err)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the error repeats what it was given: %v", err)
	}
	if errors.Is(err, oauth.ErrUnavailable) {
		t.Error("a mistake passes for an outage")
	}
}

func TestLost(t *testing.T) {
	for op, want := range map[store.Op]error{
		store.Create: store.ErrExists, store.Replace: store.ErrConflict, store.Delete: store.ErrConflict, store.Require: store.ErrConflict,
	} {
		err := store.Lost(store.Change{Op: op, Record: store.Record{Kind: store.Accounts, Key: "diana"}})
		if !errors.Is(err, want) || strings.Contains(err.Error(), "diana") || !strings.Contains(err.Error(), "accounts") {
			t.Errorf("operation %d: %v, want %v with the kind and without the key", op, err, want)
		}
		if errors.Is(err, oauth.ErrUnavailable) {
			t.Errorf("operation %d: a loss passes for an outage", op)
		}
	}
}

func TestUnavailableKeepsBothCauses(t *testing.T) {
	err := store.Unavailable("get", context.DeadlineExceeded)
	if !errors.Is(err, oauth.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if !errors.Is(store.ErrClosed, oauth.ErrUnavailable) {
		t.Error("a closed store must count as one that does not answer")
	}
}

func TestFilterMatches(t *testing.T) {
	r := store.Record{GrantID: "g", SessionID: "s", Subject: "u", ClientID: "c"}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name, own string) string { return rapid.SampledFrom([]string{"", own, "other"}).Draw(t, name) }
		f := store.Filter{GrantID: draw("grant", "g"), SessionID: draw("session", "s"), Subject: draw("subject", "u"), ClientID: draw("client", "c")}
		other := f.GrantID == "other" || f.SessionID == "other" || f.Subject == "other" || f.ClientID == "other"
		if f.Matches(r) == other {
			t.Fatalf("%+v: matches is %t", f, !other)
		}
	})
}
