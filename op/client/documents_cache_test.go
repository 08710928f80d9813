package client

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// A document is read anew as its answer says, within our bounds.
func TestADocumentIsKeptAsItsAnswerSays(t *testing.T) {
	for fresh, want := range map[time.Duration]time.Duration{
		0: documentFresh, time.Second: documentFresh, time.Hour: time.Hour, 365 * 24 * time.Hour: longestUse,
	} {
		b := newBureau(t)
		b.library.put(aDocument, goodDocument, fresh)
		ask := func(asked int) {
			t.Helper()
			if _, err := b.ask(t, aDocument); err != nil || len(b.library.asked) != asked {
				t.Errorf("fresh for %s: %v, asked %d times, want %d", fresh, err, len(b.library.asked), asked)
			}
		}
		ask(1)
		b.clock = b.clock.Add(want - time.Second)
		ask(1)
		b.clock = b.clock.Add(time.Second)
		ask(2)
	}
}

// TestThreat047_AFailureIsNotAskedForAgainAtOnce: nor is it kept for longer, nor does it leave the client of before.
func TestThreat047_AFailureIsNotAskedForAgainAtOnce(t *testing.T) {
	b := newBureau(t)
	if _, err := b.ask(t, aDocument); err != nil {
		t.Fatal(err)
	}
	b.clock = b.clock.Add(documentFresh)
	b.library.err = fetch.ErrUnreached
	for range 20 {
		if c, err := b.ask(t, aDocument); err == nil {
			t.Fatalf("it was not reached and is %+v", c)
		}
	}
	if len(b.library.asked) != 2 {
		t.Errorf("asked %d times", len(b.library.asked))
	}
	b.library.err = nil
	b.clock = b.clock.Add(documentFailed)
	if _, err := b.ask(t, aDocument); err != nil {
		t.Errorf("put right: %v", err)
	}
}

// Nobody can tell: that is no refusal, and is not remembered.
func TestABusyProviderRefusesNoClient(t *testing.T) {
	b := newBureau(t)
	b.library.err = fetch.ErrBusy
	if _, err := b.ask(t, aDocument); !errors.Is(err, oauth.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	b.library.err = nil
	if _, err := b.ask(t, aDocument); err != nil {
		t.Errorf("%v", err)
	}
}

// TestThreat046_ANetworkMakesUsAskSoOften: others are not held up by it, nor is what is at hand.
func TestThreat046_ANetworkMakesUsAskSoOften(t *testing.T) {
	b := newBureau(t)
	if _, err := b.ask(t, aDocument); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := range 5 * documentsEach {
		_, err := b.ask(t, fmt.Sprintf("https://a.docs.example/%d", i))
		if told, is := errors.AsType[*oauth.Error](err); is && told.Status == http.StatusTooManyRequests {
			refused++
		}
	}
	if len(b.library.asked) != documentsEach || refused != 4*documentsEach+1 {
		t.Errorf("asked %d times, refused %d", len(b.library.asked), refused)
	}
	if _, err := b.ask(t, aDocument); err != nil {
		t.Errorf("what is at hand: %v", err)
	}
	b.library.put("https://b.docs.example/c", goodDocument, 0)
	if _, err := b.Asking(t.Context(), "https://b.docs.example/c", "198.51.100.7"); err == nil || len(b.library.asked) != documentsEach+1 {
		t.Errorf("another network: %v", err)
	}
	b.clock = b.clock.Add(documentsWindow)
	if _, err := b.ask(t, aDocument); err != nil {
		t.Errorf("later: %v", err)
	}
}

// Many who come at once make one request.
func TestManyAskForOneDocument(t *testing.T) {
	b := newBureau(t)
	b.library.wait = make(chan struct{})
	var all sync.WaitGroup
	for range documentsEach {
		all.Go(func() {
			if _, err := b.ask(t, aDocument); err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(10 * time.Millisecond)
	close(b.library.wait)
	all.Wait()
	if len(b.library.asked) != 1 {
		t.Errorf("asked %d times", len(b.library.asked))
	}
}
