package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/store/memory"
)

func TestAllReadsEveryPageUpToItsLimit(t *testing.T) {
	s := memory.New(time.Now)
	for i := range 450 {
		subject := "diana"
		if i%10 == 0 {
			subject = "babs"
		}
		record := store.Record{Kind: store.Sessions, Key: fmt.Sprintf("%03d", i), Subject: subject}
		if err := s.Commit(t.Context(), store.Creating(record)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		subject    string
		most, want int
		more       bool
	}{
		{"diana", 1000, 405, false},
		{"diana", 405, 405, false},
		{"diana", 404, 404, true},
		{"diana", 200, 200, true},
		{"diana", 199, 199, true},
		{"babs", 45, 45, false},
		{"babs", 1, 1, true},
		{"nobody", 10, 0, false},
	} {
		records, more, err := store.All(t.Context(), s, store.Sessions, store.Filter{Subject: test.subject}, test.most)
		if err != nil || len(records) != test.want || more != test.more {
			t.Errorf("%s, at most %d: %d records, more %t, %v", test.subject, test.most, len(records), more, err)
		}
		seen := map[string]bool{}
		for _, r := range records {
			if r.Subject != test.subject || seen[r.Key] {
				t.Errorf("%s of %s, seen before: %t", r.Key, r.Subject, seen[r.Key])
			}
			seen[r.Key] = true
		}
	}
}

func TestAllIsAllOrAnError(t *testing.T) {
	s := memory.New(time.Now)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	records, more, err := store.All(t.Context(), s, store.Sessions, store.Filter{}, 10)
	if !errors.Is(err, oauth.ErrUnavailable) || records != nil || more {
		t.Errorf("%v, more %t, %v", records, more, err)
	}
}
