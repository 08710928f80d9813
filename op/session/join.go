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
}

// Join returns the name clientID knows the session by (OIDC Back-Channel Logout section 2.1, sid):
// random for each session and client, so that two clients cannot compare notes, and the same every
// time. The first time there is a change to commit with whatever the client is being given; a
// commit that loses with ErrExists has been overtaken by another first time, and Join tells its sid.
func (s *Sessions) Join(ctx context.Context, sess *Session, clientID string) (sid string, changes []store.Change, err error) {
	sid, err = s.SID(ctx, sess, clientID)
	if err != nil || sid != "" {
		return sid, nil, err
	}
	joined := membership{SID: keys.NewID()}
	return joined.SID, []store.Change{store.Creating(store.Record{
		Kind: store.SessionClients, Key: membershipKey(sess, clientID), ExpiresAt: s.life.expiry(sess),
		SessionID: sess.ID, Subject: sess.Account, ClientID: clientID, Body: store.Body(joined),
	})}, nil
}

// SID is the name by which clientID knows the session, "" if it never joined it.
func (s *Sessions) SID(ctx context.Context, sess *Session, clientID string) (string, error) {
	record, err := s.store.Get(ctx, store.SessionClients, membershipKey(sess, clientID))
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var joined membership
	if err := record.Decode(&joined); err != nil {
		return "", fmt.Errorf("session client record: %w", err)
	}
	return joined.SID, nil
}

// membershipKey tells all pairs apart: a session ID is base64url, so the first dot ends it.
func membershipKey(sess *Session, clientID string) string { return sess.ID + "." + clientID }
