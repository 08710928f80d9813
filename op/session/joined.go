package session

import (
	"context"
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Member is a client that joined a session, and the name it knows the session by.
type Member struct{ ClientID, SID string }

// mostMembers bounds what Members reads: a person does not use more applications within one session.
const mostMembers = 500

// Members are the clients that joined the session of that ID, ended or not, in the order of their ids; those beyond
// the first 500 are left out.
func (s *Sessions) Members(ctx context.Context, id string) ([]Member, error) {
	records, _, err := store.All(ctx, s.store, store.SessionClients, store.Filter{SessionID: id}, mostMembers)
	if err != nil {
		return nil, err
	}
	members := make([]Member, 0, len(records))
	for _, record := range records {
		var joined membership
		if err := record.Decode(&joined); err != nil {
			return nil, fmt.Errorf("session client record: %w", err)
		}
		members = append(members, Member{ClientID: record.ClientID, SID: joined.SID})
	}
	return members, nil
}
