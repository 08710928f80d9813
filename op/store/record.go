package store

import (
	"encoding/json"
	"fmt"
	"time"
)

// Record is one stored thing.
type Record struct {
	Kind Kind
	// Key is unique within the kind. Keys of bearer secrets are digests: no bearer secret is at rest.
	Key string
	// Version counts the writes of this record, from 1. It is set by the store.
	Version int64
	// ExpiresAt is the first instant at which the record is absent, kept to the millisecond; zero is never.
	ExpiresAt time.Time
	// GrantID, SessionID, Subject and ClientID say what the record hangs from; "" is nothing. Subject is the
	// local account name in its canonical form, never the sub a client sees.
	GrantID, SessionID, Subject, ClientID string
	// Body is JSON. An empty body is kept as an empty object.
	Body []byte
}

// ExpiredAt reports whether the record is past its expiry at now, to the millisecond.
func (r Record) ExpiredAt(now time.Time) bool {
	return !r.ExpiresAt.IsZero() && r.ExpiresAt.UnixMilli() <= now.UnixMilli()
}

// Decode reads the body into v. A body that does not fit is an error: half a record is never used.
func (r Record) Decode(v any) error {
	if err := json.Unmarshal(r.Body, v); err != nil {
		return fmt.Errorf("store: a record of kind %s cannot be read: %w", r.Kind, err)
	}
	return nil
}

// unencodable is what Body gives for a value that has no JSON form. It is no JSON either, so Commit refuses it.
const unencodable = "unencodable"

// Body encodes v for Record.Body. A value without a JSON form yields bytes that Commit refuses as ErrInvalid,
// so the mistake ends the request that made it and stores nothing.
func Body(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		return []byte(unencodable)
	}
	return body
}

// Filter narrows a List to records that hang from all of the named things; the zero Filter takes every record.
type Filter struct{ GrantID, SessionID, Subject, ClientID string }

// Matches reports whether r passes the filter.
func (f Filter) Matches(r Record) bool {
	return (f.GrantID == "" || f.GrantID == r.GrantID) &&
		(f.SessionID == "" || f.SessionID == r.SessionID) &&
		(f.Subject == "" || f.Subject == r.Subject) &&
		(f.ClientID == "" || f.ClientID == r.ClientID)
}
