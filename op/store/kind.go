package store

import "slices"

// Kind names a sort of record. Each kind is one table of its own in an SQL backend, and the table bears this
// name.
type Kind string

// The kinds, one for each thing the provider has to remember.
const (
	Grants            Kind = "grants"             // what a subject allowed a client; the root of codes and tokens
	Codes             Kind = "codes"              // authorization codes, by digest; kept, marked spent, as long as their grant
	RefreshTokens     Kind = "refresh_tokens"     // refresh tokens, by digest; kept, marked spent, as long as their grant
	RefreshSuccessors Kind = "refresh_successors" // sealed successors of rotated refresh tokens; they end with the grace
	AccessTokens      Kind = "access_tokens"      // opaque access tokens, by digest
	DeniedTokens      Kind = "denied_tokens"      // jti of single revoked JWT access tokens
	Sessions          Kind = "sessions"           // signed-in browsers
	SessionClients    Kind = "session_clients"    // the sid of a session at one client
	Consents          Kind = "consents"           // what an account remembered to allow a client
	Accounts          Kind = "accounts"           // what the provider itself knows of an account
	Clients           Kind = "clients"            // registered clients
	Keys              Kind = "keys"               // signing keys, sealed
	Secrets           Kind = "secrets"            // secrets that must survive a restart, sealed
	Answered          Kind = "answered"           // interactions that got their answer
	UsedOnce          Kind = "used_once"          // jti of assertions and proofs
	PushedRequests    Kind = "pushed_requests"    // pushed authorization requests, RFC 9126
	Throttles         Kind = "throttles"          // counters that several nodes share
	LogoutDeliveries  Kind = "logout_deliveries"  // back-channel logout notices still to be delivered
	DeviceCodes       Kind = "device_codes"       // device authorizations, RFC 8628
	SiteCodes         Kind = "site_codes"         // one-time codes that bring a browser back to a guarded site, by digest
	SiteSessions      Kind = "site_sessions"      // signed-in browsers at guarded sites on other hosts, by digest
)

// Kinds lists every kind. A backend takes its table names from here and from nowhere else.
var Kinds = []Kind{
	Grants, Codes, RefreshTokens, RefreshSuccessors, AccessTokens, DeniedTokens, Sessions, SessionClients, Consents,
	Accounts, Clients, Keys, Secrets, Answered, UsedOnce, PushedRequests, Throttles, LogoutDeliveries, DeviceCodes,
	SiteCodes, SiteSessions,
}

// Known reports whether k is one of Kinds.
func (k Kind) Known() bool { return slices.Contains(Kinds, k) }

// remembered are the kinds of which a node may remember what it read. Of those that map to true it may also remember
// that there is no record: for them a new one is news.
var remembered = map[Kind]bool{
	Grants: false, AccessTokens: false, Sessions: false, SiteSessions: false, Clients: false, Consents: true,
	DeniedTokens: true, Accounts: true, Keys: true,
}
