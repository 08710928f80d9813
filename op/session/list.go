package session

import (
	"context"
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// mostRecords bounds what List reads. Ended sessions stay in the store for weeks, so there are more
// records than a person has browsers.
const mostRecords = 2000

// List returns the sessions that the account is signed in with, in no particular order. more says that
// there are too many records for all to have been looked at.
func (s *Sessions) List(ctx context.Context, name string) (open []*Session, more bool, err error) {
	cutOffs, err := s.CutOffs(ctx, name)
	if err != nil {
		return nil, false, err
	}
	records, more, err := store.All(ctx, s.store, store.Sessions, store.Filter{Subject: name}, mostRecords)
	if err != nil {
		return nil, false, err
	}
	now := s.now()
	for _, record := range records {
		sess := &Session{ID: record.Key, version: record.Version}
		if err := record.Decode(sess); err != nil {
			return nil, false, fmt.Errorf("session record: %w", err)
		}
		if sess.CutOffs == cutOffs && !s.life.over(sess, now) {
			open = append(open, sess)
		}
	}
	return open, more, nil
}
