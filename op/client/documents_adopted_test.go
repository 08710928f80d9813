package client

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// granted commits what goes with something that is granted to the client as it is described now.
func (b *bureau) granted(t *testing.T) (writes int) {
	t.Helper()
	c, err := b.ask(t, aDocument)
	if err != nil {
		t.Fatal(err)
	}
	using, err := b.Using(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	b.commit(t, using...)
	return len(using)
}

// TestThreat047_TokensStandWithoutTheDocument: what was granted hangs from the client as it was described then. It
// is looked at without a request to anybody, and a document that is gone neither ends it nor grants anything.
func TestThreat047_TokensStandWithoutTheDocument(t *testing.T) {
	b := newBureau(t)
	if _, err := b.Registry.Get(t.Context(), aDocument); !errors.Is(err, ErrNotFound) {
		t.Fatalf("before anybody granted it something: %v", err)
	}
	if _, err := b.ask(t, aDocument); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Registry.Get(t.Context(), aDocument); !errors.Is(err, ErrNotFound) {
		t.Fatalf("having asked alone: %v", err)
	}
	if b.granted(t) != 1 {
		t.Fatal("nothing was stored")
	}
	b.library.err = fetch.ErrUnreached
	b.clock = b.clock.Add(24 * time.Hour)
	asked, reads := len(b.library.asked), b.reads.reads.Load()
	for range 100 {
		if c := b.mustGet(t, aDocument); c.Name != "An app" || c.Configured || c.Document != nil {
			t.Fatalf("%+v", c)
		}
	}
	if len(b.library.asked) != asked || b.reads.reads.Load() > reads+1 {
		t.Errorf("asked %d times, read %d times", len(b.library.asked)-asked, b.reads.reads.Load()-reads)
	}
	if c, err := b.ask(t, aDocument); err == nil {
		t.Errorf("a new request: %+v", c)
	}
	b.clock = b.clock.Add(keepUsed)
	if _, err := b.Registry.Get(t.Context(), aDocument); !errors.Is(err, ErrNotFound) {
		t.Errorf("long after its last use: %v", err)
	}
}

// TestThreat046_StrangersKeepNoAllowedClientWaiting: whoever names slow hosts, from however many networks, has nobody's
// document read. Clients that somebody uses are not among theirs.
func TestThreat046_StrangersKeepNoAllowedClientWaiting(t *testing.T) {
	b := newBureau(t)
	b.strangers = fetch.ErrBusy
	if _, err := b.ask(t, aDocument); !errors.Is(err, oauth.ErrUnavailable) {
		t.Fatalf("one that nobody knows: %v", err)
	}
	b.strangers = nil
	b.granted(t)
	b.strangers = fetch.ErrBusy
	b.clock = b.clock.Add(2 * documentFresh)
	if c, err := b.ask(t, aDocument); err != nil || c.Document == nil {
		t.Errorf("one that somebody uses: %+v, %v", c, err)
	}
}

// The operator's list decides of what was granted too: without the documents, or without the host, it is over.
func TestAHostThatIsNoLongerAllowedIsOver(t *testing.T) {
	b := newBureau(t)
	b.granted(t)
	for name, documents := range map[string]*Documents{
		"off": nil, "another host": NewDocuments(DocumentsDeps{Allow: []string{"other.example"}, Now: b.Now}),
	} {
		later := NewRegistry(b.Store, nil)
		later.Admit(b.Registrations)
		later.Describe(documents)
		if _, err := later.Get(t.Context(), aDocument); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
		if allowed, err := NewOrigins(later, b.Now).Allows(t.Context(), "https://app.example.com"); allowed || err != nil {
			t.Errorf("%s: its pages may call: %v %v", name, allowed, err)
		}
	}
	if allowed, err := NewOrigins(b.Registry, b.Now).Allows(t.Context(), "https://app.example.com"); !allowed || err != nil {
		t.Errorf("its pages: %v %v", allowed, err)
	}
}

// A client is written when it is new, when it is described otherwise, and once a day; one that the operator disabled
// stays so whatever its document says.
func TestADescribedClientIsWrittenSeldom(t *testing.T) {
	b := newBureau(t)
	b.library.put(aDocument, goodDocument, time.Hour)
	writes := 0
	for range 10 * 24 {
		writes += b.granted(t)
		b.clock = b.clock.Add(time.Hour)
	}
	if writes < 9 || writes > 11 {
		t.Errorf("%d writes in ten days", writes)
	}
	b.library.put(aDocument, strings.Replace(goodDocument, "An app", "Another name", 1), 0)
	b.clock = b.clock.Add(time.Hour)
	if b.granted(t) != 1 || b.mustGet(t, aDocument).Name != "Another name" {
		t.Error("what it says now is not stored")
	}
	found, err := b.Registrations.Get(t.Context(), aDocument)
	if err != nil || found.Token != "" {
		t.Fatalf("%+v, %v", found, err)
	}
	if _, has := found.HasSecret(); has {
		t.Error("it has a secret")
	}
	found.Disabled = true
	b.commit(t, b.Replacing(found))
	if c, err := b.ask(t, aDocument); err != nil || !c.Disabled {
		t.Errorf("disabled: %+v, %v", c, err)
	}
}
