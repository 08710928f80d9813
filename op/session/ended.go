package session

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// TellFor is how long clients are told that a session has ended: one that could not be reached for a day has
// other troubles, and will ask for itself when it is back.
const TellFor = 24 * time.Hour

// Ended is what the clients are still to be told of. It is written by the commit that ends the session, so that
// neither can happen without the other, and removed when a notice for each client has taken its place.
type Ended struct {
	// SessionID names the one session that has ended, or else all of Account that stood before its count of
	// cut-offs was raised to CutOffs.
	SessionID string `json:"-"`
	Account   string `json:"-"`
	CutOffs   int64  `json:"cut_offs,omitempty"`
	// At is when it ended.
	At time.Time `json:"at"`
	// After is how far the clients have been gone through: what Members gave as next, "" at first.
	After string `json:"after,omitempty"`

	record store.Record
}

// endedPrefix begins the keys of what has ended. They sort before those of notices to clients, which begin with
// a digit too.
const endedPrefix = "0."

// noting is the change that puts down what has ended.
func (s *Sessions) noting(of Ended) store.Change {
	of.At = s.now()
	of.record = store.Record{
		Kind: store.LogoutDeliveries, Key: endedPrefix + keys.NewID(), ExpiresAt: of.At.Add(TellFor),
		SessionID: of.SessionID, Subject: of.Account,
	}
	return store.Creating(of.body())
}

func (e Ended) body() store.Record {
	record := e.record
	record.Body = store.Body(e)
	return record
}

// Done is the change that removes what has ended from what is to be told.
func (e Ended) Done() store.Change { return store.Deleting(e.record) }

// Going is the change that remembers After. It loses if somebody else has gone on meanwhile.
func (e Ended) Going() store.Change { return store.Replacing(e.body()) }

// ReadEnded reads what has ended from one of the LogoutDeliveries; false for a record that is something else.
func ReadEnded(record store.Record) (of Ended, is bool, err error) {
	if len(record.Key) < len(endedPrefix) || record.Key[:len(endedPrefix)] != endedPrefix {
		return Ended{}, false, nil
	}
	if err := record.Decode(&of); err != nil {
		return Ended{}, true, fmt.Errorf("record of an ended session: %w", err)
	}
	of.SessionID, of.Account, of.record = record.SessionID, record.Subject, record
	return of, true, nil
}

// OnEnd has told called after each commit that has ended something. Call it before first use.
func (s *Sessions) OnEnd(told func()) { s.told = told }

// end makes a commit that ends something, and tells of it.
func (s *Sessions) end(ctx context.Context, changes ...store.Change) error {
	err := s.store.Commit(ctx, changes...)
	if err == nil && s.told != nil {
		s.told()
	}
	return err
}
