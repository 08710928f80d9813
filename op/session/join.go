package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// membership is what is kept of one client in one session.
type membership struct {
	SID string `json:"sid"`
	// Subject is the sub that the client knows the person by; records of earlier versions have none.
	Subject string `json:"sub,omitempty"`
}

// Join returns the name clientID knows the session by (OIDC Back-Channel Logout section 2.1, sid):
// random for each session and client, so that two clients cannot compare notes, and the same every
// time. subject is the sub that it knows the person by, for the notice when the session ends.
//
// The changes belong into the commit with whatever the client is being given. It loses with ErrConflict or
// ErrExists when another first time has overtaken it, whose sid Join tells then, and when the session or the account
// has moved: a client that joined while the session ends would never be told. ErrNone says that it has ended.
func (s *Sessions) Join(ctx context.Context, sess *Session, clientID, subject string) (sid string, changes []store.Change, err error) {
	changes, err = s.standing(ctx, sess)
	if err != nil {
		return "", nil, err
	}
	record, joined, err := s.membership(ctx, sess, clientID)
	switch {
	case err != nil:
		return "", nil, err
	case record.Version == 0:
		joined = membership{SID: keys.NewID(), Subject: subject}
		changes = append(changes, store.Creating(store.Record{
			Kind: store.SessionClients, Key: membershipKey(sess, clientID), ExpiresAt: s.life.expiry(sess),
			SessionID: sess.ID, Subject: sess.Account, ClientID: clientID, Body: store.Body(joined),
		}))
	case joined.Subject != subject:
		joined.Subject = subject
		record.Body = store.Body(joined)
		changes = append(changes, store.Replacing(record))
	}
	return joined.SID, changes, nil
}

// standing are the changes that make a commit depend on the session's not having ended meanwhile. An account that
// was never cut off has no record that a cut-off would change, so it gets one.
func (s *Sessions) standing(ctx context.Context, sess *Session) ([]store.Change, error) {
	now, err := s.Get(ctx, sess.ID)
	if err != nil {
		return nil, err
	}
	kept, version, err := s.account(ctx, now.Account)
	switch {
	case err != nil:
		return nil, err
	case now.Ended() || now.CutOffs != kept.CutOffs:
		return nil, ErrNone
	}
	account := accountRecordOf(now.Account, version, kept)
	if version == 0 {
		return []store.Change{store.Requiring(s.life.record(now)), store.Creating(account)}, nil
	}
	return []store.Change{store.Requiring(s.life.record(now)), store.Requiring(account)}, nil
}

// SID is the name by which clientID knows the session, "" if it never joined it.
func (s *Sessions) SID(ctx context.Context, sess *Session, clientID string) (string, error) {
	_, joined, err := s.membership(ctx, sess, clientID)
	return joined.SID, err
}

// membership reads a client's place in a session; its record has version 0 if it never joined.
func (s *Sessions) membership(ctx context.Context, sess *Session, clientID string) (store.Record, membership, error) {
	record, err := s.store.Get(ctx, store.SessionClients, membershipKey(sess, clientID))
	if errors.Is(err, store.ErrNotFound) {
		return store.Record{}, membership{}, nil
	}
	if err != nil {
		return store.Record{}, membership{}, err
	}
	var joined membership
	if err := record.Decode(&joined); err != nil {
		return store.Record{}, membership{}, fmt.Errorf("session client record: %w", err)
	}
	return record, joined, nil
}

// membershipKey tells all pairs apart: a session ID is base64url, so the first dot ends it.
func membershipKey(sess *Session, clientID string) string { return sess.ID + "." + clientID }
