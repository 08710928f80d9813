package grant

import (
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Grant records that a subject allowed a client some scopes and resources (one per authorization), or
// that a client acts for itself (one per client, RFC 6749 section 4.4). It hangs from its client, its
// account, its session unless it is offline, and its consent if it has one.
type Grant struct {
	// ID is random and no secret; it stands in the jti of every access token of the grant.
	ID       string `json:"id"`
	ClientID string `json:"client_id"`
	// Account is the canonical local name of the person, empty when the client acts for itself.
	Account string `json:"account,omitempty"`
	// Subject is the sub this client sees, decided once.
	Subject string `json:"sub"`
	// UserStamp is the account's stamp at authorization: a changed password ends the grant.
	UserStamp string `json:"user_stamp,omitempty"`
	SessionID string `json:"session_id,omitempty"`
	// CutOffs is the session's count of cut-offs: whoever is signed out everywhere after it ends the
	// grant, offline or not.
	CutOffs int64 `json:"cut_offs,omitempty"`
	// SID is the session identifier this client sees in ID tokens.
	SID string `json:"sid,omitempty"`
	// ConsentKey names the remembered consent the grant hangs from, empty for none; ConsentID is its
	// identity, so that a consent withdrawn and given again does not revive the grant.
	ConsentKey string       `json:"consent_key,omitempty"`
	ConsentID  string       `json:"consent_id,omitempty"`
	Scopes     oauth.Scopes `json:"scopes,omitempty"`
	Resources  []string     `json:"resources,omitempty"`
	// Offline grants outlive their session (offline_access), unless the policy is another (Deps.EndOffline).
	Offline bool `json:"offline,omitempty"`
	// Refresh is the decision, made at authorization, that refresh tokens are issued.
	Refresh bool `json:"refresh,omitempty"`
	// Claims are those the client asked for one by one and the person allowed (OIDC Core section 5.5).
	Claims AskedClaims `json:"claims,omitzero"`
	// AuthTime, ACR and AMR say when and how the person signed in (OIDC Core section 2).
	AuthTime  time.Time `json:"auth_time,omitzero"`
	ACR       string    `json:"acr,omitempty"`
	AMR       []string  `json:"amr,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	// ExpiresAt ends the grant and every token of it; the zero time is never.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// RevokedAt is the zero time for a grant that is not revoked. A client's own grant goes on after
	// it: only tokens issued up to then are dead.
	RevokedAt time.Time `json:"revoked_at,omitzero"`

	version int64
}

// ForClient reports whether the client acts for itself, with no person behind it.
func (g *Grant) ForClient() bool { return g.Account == "" }

// revoked reports whether a token issued at that time fell with the grant.
func (g *Grant) revoked(issued time.Time) bool {
	if g.RevokedAt.IsZero() {
		return false
	}
	return !g.ForClient() || !issued.After(g.RevokedAt)
}

// record is the grant as it is stored.
func (g *Grant) record() store.Record {
	return store.Record{
		Kind: store.Grants, Key: g.ID, Version: g.version, ExpiresAt: g.ExpiresAt,
		GrantID: g.ID, SessionID: g.SessionID, Subject: g.Account, ClientID: g.ClientID,
		Body: store.Body(g),
	}
}
