package devicecode

import (
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

const (
	// interval is how long a device waits between two requests at first, slower what each slow_down adds (RFC 8628
	// sections 3.2 and 3.5), and slowest where adding ends: who does not listen then makes no writes either.
	interval = 5 * time.Second
	slower   = 5 * time.Second
	slowest  = time.Minute
	// told is how long a device is told that its code has expired, before nobody knows it any more.
	told = 10 * time.Minute
	// kept is how long the records of an authorization stay that nobody answers.
	kept = grant.DeviceCode + told
)

// answer is what the person said.
type answer string

const (
	unanswered answer = ""
	allowed    answer = "allowed"
	denied     answer = "denied"
)

// Authorization is what one device asked for. The zero value waits for an answer and has expired.
type Authorization struct {
	ClientID  string       `json:"client_id"`
	Scopes    oauth.Scopes `json:"scopes,omitempty"`
	Resources []string     `json:"resources,omitempty"`
	// ValidUntil is when both codes expire.
	ValidUntil time.Time `json:"valid_until"`
	// Slowed is how often the device was told to slow down.
	Slowed int `json:"slowed,omitempty"`
	// Answer is what the person said; GrantID is what came of a yes, and SpentAt when the device fetched it.
	Answer  answer    `json:"answer,omitempty"`
	GrantID string    `json:"grant_id,omitempty"`
	SpentAt time.Time `json:"spent_at,omitzero"`
	// UserKey is the key of the record by which the person finds it.
	UserKey string `json:"user_key"`

	record store.Record
}

// Key names the authorization. It is made of the device code and does not give it away.
func (a *Authorization) Key() string { return a.record.Key }

// Expired reports whether the codes' time is over.
func (a *Authorization) Expired(now time.Time) bool { return !now.Before(a.ValidUntil) }

// Waits reports whether the person has not answered yet.
func (a *Authorization) Waits() bool { return a.Answer == unanswered }

// Allowed reports whether the person said yes: there is a grant.
func (a *Authorization) Allowed() bool { return a.Answer == allowed && a.GrantID != "" }

// Spent reports whether the device has fetched its tokens.
func (a *Authorization) Spent() bool { return !a.SpentAt.IsZero() }

// Interval is how long the device has to wait between two requests.
func (a *Authorization) Interval() time.Duration {
	return min(interval+time.Duration(a.Slowed)*slower, slowest)
}

// Allowing are the changes by which the person's yes becomes that grant, committed with it. The record stays as long
// as the grant, so that a device code that is shown again is known at any time. They lose if somebody has answered.
func (a *Authorization) Allowing(of *grant.Grant) []store.Change {
	next := *a
	next.Answer, next.GrantID = allowed, of.ID
	next.record.ExpiresAt = of.ExpiresAt
	next.record.GrantID, next.record.SessionID, next.record.Subject = of.ID, of.SessionID, of.Account
	return append([]store.Change{next.replacing()}, a.forgetting()...)
}

// Denying are the changes by which the person says no. They lose if somebody has answered.
func (a *Authorization) Denying() []store.Change {
	next := *a
	next.Answer = denied
	return append([]store.Change{next.replacing()}, a.forgetting()...)
}

// Spending is the change by which the device fetches its tokens, committed with them. It loses if they were fetched.
func (a *Authorization) Spending(now time.Time) store.Change {
	next := *a
	next.SpentAt = now
	return next.replacing()
}

// slowing is the change by which the device has to wait longer.
func (a *Authorization) slowing() store.Change {
	next := *a
	next.Slowed++
	return next.replacing()
}

func (a *Authorization) replacing() store.Change {
	a.record.Body = store.Body(a)
	return store.Replacing(a.record)
}

// forgetting takes the user code out of use: it leads to one question only. It stands at its first version always.
func (a *Authorization) forgetting() []store.Change {
	return []store.Change{store.Deleting(store.Record{Kind: store.DeviceCodes, Key: a.UserKey, Version: 1})}
}
