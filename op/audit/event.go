package audit

import (
	"errors"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Name says what has happened. Names do not change: rules of operators go by them.
type Name string

// The events.
const (
	// SignIn is a person who has proved who they are.
	SignIn Name = "sign_in"
	// SignInRefused is an attempt that came to nothing.
	SignInRefused Name = "sign_in_refused"
	// Logout is a session that was ended, or all of an account.
	Logout Name = "logout"
	// Consent is a person who has allowed a client something.
	Consent Name = "consent"
	// ConsentRefused is one who said no.
	ConsentRefused Name = "consent_refused"
	// ConsentWithdrawn is one who took back what they had allowed.
	ConsentWithdrawn Name = "consent_withdrawn"
	// TokenIssued is an answer with tokens.
	TokenIssued Name = "token_issued"
	// TokenRefused is a request for tokens that got none.
	TokenRefused Name = "token_refused"
	// TokenRevoked is the end of one access token.
	TokenRevoked Name = "token_revoked"
	// GrantRevoked is the end of a grant, with every token that hangs from it.
	GrantRevoked Name = "grant_revoked"
	// ClientRegistered, ClientChanged and ClientRemoved are what a client did about its registration.
	ClientRegistered Name = "client_registered"
	ClientChanged    Name = "client_changed"
	ClientRemoved    Name = "client_removed"
	// KeyRotated is a new signing key.
	KeyRotated Name = "key_rotated"
	// KeyRemoved is one that was taken away in an emergency.
	KeyRemoved Name = "key_removed"
)

// Names are all of them.
var Names = []Name{
	SignIn, SignInRefused, Logout, Consent, ConsentRefused, ConsentWithdrawn, TokenIssued, TokenRefused, TokenRevoked,
	GrantRevoked, ClientRegistered, ClientChanged, ClientRemoved, KeyRotated, KeyRemoved,
}

// The values of Event.Reason beside those of Err.
const (
	// ReasonWrong, ReasonThrottled and ReasonBusy are why a sign-in was refused: for its name or password; because there
	// were too many attempts, or too many at once for any to be looked at.
	ReasonWrong     = "wrong"
	ReasonThrottled = "throttled"
	ReasonBusy      = "busy"
	// ReasonAsked is an end that its owner asked for: the client by its token, or the person.
	ReasonAsked = "asked"
	// ReasonReplayed is a code, a device code or a refresh token that was used twice.
	ReasonReplayed = "replayed"
	// ReasonEverywhere is an account that was signed out everywhere, ReasonOtherSignIn a session that ended because
	// somebody else signed in to the browser, or with another password.
	ReasonEverywhere  = "everywhere"
	ReasonOtherSignIn = "other_sign_in"
)

// Event is one thing that has happened. Fields that do not apply are empty, and left out.
type Event struct {
	Name Name
	// ClientIP is the address that the request came from. Trail.Tell knows it.
	ClientIP string
	// ClientID is a client that is known.
	ClientID string
	// Account is the local name of the person.
	Account string
	// SessionID and GrantID name records of the store; they open nothing.
	SessionID, GrantID string
	// GrantType is one that the provider has, or "implicit" for what the authorization endpoint issues.
	GrantType string
	Scopes    []string
	// Audience are the resources that tokens are for, or that were allowed.
	Audience []string
	// ACR is how the person signed in.
	ACR string
	// KeyID and Alg are of a signing key.
	KeyID, Alg string
	// Reason is one of the words above. With Err it may be empty.
	Reason string
	// Err is why something was refused. Only what the client is told of it comes into the trail.
	Err error
}

// Field is one part of an event.
type Field struct {
	Name  string
	Value any // a string, or a []string
}

// Fields are what there is to tell of an event beside its name, in an order that stays.
func (e Event) Fields() []Field {
	failed, reason := "", e.Reason
	if e.Err != nil {
		told := oauth.AsError(e.Err)
		failed = told.Code
		if reason == "" {
			reason = told.Description
		}
	}
	fields := make([]Field, 0, 8)
	text := func(name, value string) {
		if value != "" {
			fields = append(fields, Field{name, value})
		}
	}
	list := func(name string, values []string) {
		if len(values) > 0 {
			fields = append(fields, Field{name, slices.Clone(values)})
		}
	}
	text("client_ip", e.ClientIP)
	text("account", e.Account)
	text("client_id", e.ClientID)
	text("grant_type", e.GrantType)
	list("scopes", e.Scopes)
	list("audience", e.Audience)
	text("acr", e.ACR)
	text("session_id", e.SessionID)
	text("grant_id", e.GrantID)
	text("kid", e.KeyID)
	text("alg", e.Alg)
	text("error", failed)
	text("reason", reason)
	return fields
}

// Waits reports whether nothing was decided: a device asks again until its person has answered.
func (e Event) Waits() bool {
	told, ok := errors.AsType[*oauth.Error](e.Err)
	return ok && told.Waits()
}
