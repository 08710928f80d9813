package backchannel

import (
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

var noon = time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)

func someNotice(at time.Time) notice {
	m := session.Member{SessionID: "s", ClientID: "web", SID: "sid", Subject: "sub"}
	return noticeTo(m, session.Ended{SessionID: "s", Account: "diana", At: noon}, at)
}

func TestANoticeIsReadAsItWasStored(t *testing.T) {
	n := someNotice(noon)
	record := n.record
	if record.Kind != store.LogoutDeliveries || record.SessionID != "s" || record.Subject != "diana" || record.ClientID != "web" {
		t.Errorf("%+v", record)
	}
	if want := noon.Add(session.TellFor + giveUpWithin); !record.ExpiresAt.Equal(want) {
		t.Errorf("it expires at %s, want %s", record.ExpiresAt, want)
	}
	read, err := readNotice(record)
	if err != nil || read.ClientID != "web" || read.SID != "sid" || read.Subject != "sub" || read.Attempts != 0 || !read.Until.Equal(noon.Add(session.TellFor)) {
		t.Errorf("%+v, %v", read, err)
	}
	next := read.next(noon)
	if next.Attempts != 1 || next.record.Key == record.Key || next.record.SessionID != "s" || next.record.ClientID != "web" {
		t.Errorf("%+v", next)
	}
	if again, err := readNotice(next.record); err != nil || again.Attempts != 1 || again.SID != "sid" {
		t.Errorf("%+v, %v", again, err)
	}
	if read.Attempts != 0 || read.record.Key != record.Key {
		t.Errorf("the claim changed what was claimed: %+v", read)
	}
}

func TestNoticesSortByTheirTimeBehindWhatHasEnded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		millis := rapid.SliceOfN(rapid.Int64Range(0, 99_999_999_999_999), 2, 20).Draw(t, "due")
		var keys []string
		for _, m := range millis {
			keys = append(keys, someNotice(time.UnixMilli(m)).record.Key)
		}
		slices.Sort(millis)
		slices.Sort(keys)
		for i, key := range keys {
			at, err := dueAt(store.Record{Key: key})
			if err != nil || at.UnixMilli() != millis[i] {
				t.Fatalf("%s: %v, want %d; %v", key, at, millis[i], err)
			}
			if _, is, _ := session.ReadEnded(store.Record{Key: key}); is || key < "0.~" {
				t.Fatalf("%s stands among what has ended", key)
			}
		}
	})
}

func TestEachAttemptIsPlannedUntilTheDayIsOver(t *testing.T) {
	n, now := someNotice(noon), noon
	for range 100 {
		before := now
		n = n.next(now)
		at, err := dueAt(n.record)
		if err != nil {
			t.Fatal(err)
		}
		now = at
		if n.last() {
			break
		}
		if now.Sub(before) > time.Hour || now.Sub(before) <= attemptFor {
			t.Fatalf("a pause of %s", now.Sub(before))
		}
	}
	if !n.last() || !now.Equal(n.Until) {
		t.Errorf("the last attempt is followed by %s, want %s", now, n.Until)
	}
}

func TestKeysOfSomethingElse(t *testing.T) {
	for _, key := range []string{"", "0.x", "1.", "1.123", "1.0000000000000x.a", "2.00000000000000.x"} {
		if at, err := dueAt(store.Record{Key: key}); err == nil {
			t.Errorf("%q is due at %s", key, at)
		}
	}
	if _, err := readNotice(store.Record{Body: []byte(`"x"`)}); err == nil {
		t.Error("a body that is none was read")
	}
}

func TestTheBellWakesEverybodyAndWaitsForNobody(t *testing.T) {
	var b Bell
	b.Ring() // nobody listens
	first, stopFirst := b.listen()
	second, stopSecond := b.listen()
	for range 3 { // before anybody looks: once is enough
		b.Ring()
	}
	for name, rung := range map[string]<-chan struct{}{"first": first, "second": second} {
		select {
		case <-rung:
		default:
			t.Errorf("the %s hears nothing", name)
		}
		select {
		case <-rung:
			t.Errorf("the %s hears it twice", name)
		default:
		}
	}
	stopFirst()
	b.Ring()
	select {
	case <-first:
		t.Error("who has stopped hears it")
	case <-second:
	}
	stopSecond()
	var all sync.WaitGroup
	for range 50 {
		all.Go(b.Ring)
		all.Go(func() { _, stop := b.listen(); stop() })
	}
	all.Wait()
	if len(b.listeners) != 0 {
		t.Errorf("%d still listen", len(b.listeners))
	}
}
