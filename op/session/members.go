package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Member is a client that joined a session.
type Member struct {
	SessionID, ClientID string
	// SID is what the client calls the session, and Subject the person: "" for one that joined before it was
	// kept.
	SID, Subject string
}

// Members lists up to limit clients of what has ended, beginning behind of.After. next is the After of those that
// follow, "" if there are none. limit is positive.
func (s *Sessions) Members(ctx context.Context, of Ended, limit int) (members []Member, next string, err error) {
	filter := store.Filter{SessionID: of.SessionID}
	if of.SessionID == "" {
		filter = store.Filter{Subject: of.Account}
	}
	records, err := s.store.List(ctx, store.SessionClients, filter, of.After, limit)
	if err != nil {
		return nil, "", err
	}
	ended := map[string]bool{of.SessionID: true}
	for _, record := range records {
		is, known := ended[record.SessionID]
		if !known {
			if is, err = s.endedBy(ctx, of, record.SessionID); err != nil {
				return nil, "", err
			}
			ended[record.SessionID] = is
		}
		if !is {
			continue
		}
		var joined membership
		if err := record.Decode(&joined); err != nil {
			return nil, "", fmt.Errorf("session client record: %w", err)
		}
		members = append(members, Member{
			SessionID: record.SessionID, ClientID: record.ClientID, SID: joined.SID, Subject: joined.Subject,
		})
	}
	if len(records) == limit {
		next = records[limit-1].Key
	}
	return members, next, nil
}

// endedBy reports whether a session is one of those that a cut-off has ended. Those that were ended by themselves
// or by an earlier cut-off have notices of their own.
func (s *Sessions) endedBy(ctx context.Context, of Ended, id string) (bool, error) {
	sess, err := s.Get(ctx, id)
	if errors.Is(err, ErrNone) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return sess.CutOffs == of.CutOffs-1 && !sess.Ended(), nil
}
