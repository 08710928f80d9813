package session

import (
	"errors"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// ErrNone means that nobody is signed in: there is no such session, or it has ended, been idle for
// too long or grown too old.
var ErrNone = errors.New("no session")

// Session is one sign-in of one account in one browser.
type Session struct {
	// ID names the session; it is random and not a secret.
	ID string `json:"-"`
	// Account is the canonical local account name, never what a client sees as sub.
	Account string `json:"account"`
	// UserStamp is the user's stamp at sign-in: a changed password ends what was begun under the old.
	UserStamp string `json:"user_stamp,omitempty"`
	// AuthTime is when the person last proved who they are here (OIDC Core section 2, auth_time).
	AuthTime time.Time `json:"auth_time"`
	// ACR and AMR say how (OIDC Core section 2).
	ACR string   `json:"acr,omitempty"`
	AMR []string `json:"amr,omitempty"`
	// CreatedAt starts the absolute limit, LastSeen the idle one. EndedAt is zero while the session
	// has not been ended on purpose.
	CreatedAt time.Time `json:"created_at"`
	LastSeen  time.Time `json:"last_seen"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	// CutOffs is the account's count of cut-offs when the session was begun (see Sessions.CutOffs).
	CutOffs int64 `json:"cut_offs,omitempty"`
	// Browser says in a few words what the person signed in with, "" if that is not known.
	Browser string `json:"browser,omitempty"`
	// SecretDigest is the SHA-256 of the secret half of the cookie.
	SecretDigest string `json:"secret_digest"`

	version int64
}

// Ended reports whether the session was ended on purpose. Idle time and age end a sign-in but not
// what was granted in it, so they do not count here.
func (s *Session) Ended() bool { return !s.EndedAt.IsZero() }

// Life is how long sessions last.
type Life struct {
	// Idle is the longest pause between two visits, Max the whole life of a session.
	Idle, Max time.Duration
	// Keep is how long a record outlives Max: at least the longest life of a grant made in it.
	Keep time.Duration
}

// over reports whether the session may no longer sign anybody in.
func (l Life) over(s *Session, now time.Time) bool {
	return s.Ended() || now.Sub(s.LastSeen) >= l.Idle || now.Sub(s.CreatedAt) >= l.Max
}

// expiry is when the record may go: after the last grant that could have been made in the session.
func (l Life) expiry(s *Session) time.Time { return s.CreatedAt.Add(l.Max + l.Keep) }

func (l Life) record(s *Session) store.Record {
	return store.Record{
		Kind: store.Sessions, Key: s.ID, Version: s.version, ExpiresAt: l.expiry(s),
		SessionID: s.ID, Subject: s.Account, Body: store.Body(s),
	}
}
