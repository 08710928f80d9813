package op

import (
	"io/fs"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// The values of Config.PKCE: who must send a code_challenge (RFC 9700 section 2.1.1).
const (
	PKCEPublic = "public"
	PKCEAll    = "all"
)

// Config says what one provider is: everything an operator decides. The zero value of a field is its
// default, but for Issuer, which has none.
type Config struct {
	// Name tells providers of one process apart; it is part of cookie names. Default: "default".
	Name string
	// Issuer is the URL under which the provider is known (OIDC Core section 2). https, but on loopback.
	Issuer string
	// WebFinger are the hosts whose people are told of this issuer (OIDC Discovery section 2), each with its
	// port if that is not the default one. Default: the issuer's host.
	WebFinger []string
	// Signing says which keys there are.
	Signing Signing
	// Lifetimes says how long what is issued lives.
	Lifetimes Lifetimes
	// PKCE is PKCEPublic (default) or PKCEAll.
	PKCE string
	// Strict refuses what the specifications allow and what certified clients still do, but attacks have used: a
	// client assertion that is not for the issuer alone, and addresses that a client which registered itself shows
	// to people away from its redirect URIs.
	Strict bool
	// DPoPNonce asks for a nonce of ours in every DPoP proof (RFC 9449 section 8). Without it only what could be from
	// before a restart needs one.
	DPoPNonce bool
	// MTLS says whether clients can prove themselves by certificates.
	MTLS MTLS
	// ResponseTypes are offered to every client, as oauth.ParseResponseType writes them. A configured client may
	// have others as well. Default: code.
	ResponseTypes []string
	// Scopes describes scopes for the consent page.
	Scopes []Scope
	// Resources are the protected resources (RFC 8707) that tokens may be meant for.
	Resources []Resource
	// Sites are guarded web sites whose people sign in here, each of another audience.
	Sites []Site
	// Clients are those the operator configured.
	Clients []*Client
	// Users are those the operator configured.
	Users []*User
	// UsersFile names a JSON file with more users; it is read again when it changes.
	UsersFile string
	// Hasher compares passwords with their hashes.
	Hasher user.Hasher
	// Login says how signing in behaves.
	Login Login
	// Logout says what signing out ends.
	Logout Logout
	// Registration says whether clients register themselves.
	Registration Registration
	// MetadataDocuments says whether clients may be described by a document of their own.
	MetadataDocuments MetadataDocuments
	// Outbound says where the provider may go; by default only to public addresses.
	Outbound Outbound
}

// Signing says which keys the provider signs with.
type Signing struct {
	// Algs are JWS algorithms (RFC 7518 section 3.1). Default: ES256 and RS256. RS256 is always
	// among them, since ID tokens default to it (OIDC Core section 15.1).
	Algs []string
	// RotateEvery is how long a key signs. Default: 30 days.
	RotateEvery time.Duration
}

// Lifetimes says how long what is issued lives. All are counted from the moment of issue.
type Lifetimes struct {
	// Code is the authorization code's, 60 s by default and at most 10 min (RFC 6749 section 4.1.2).
	Code time.Duration
	// AccessToken is 1 h by default.
	AccessToken time.Duration
	// IDToken is 10 min by default.
	IDToken time.Duration
	// RefreshToken is 24 h by default, anew with each rotation.
	RefreshToken time.Duration
	// Grant bounds all refreshing: 30 days by default.
	Grant time.Duration
	// RefreshGrace is how long a client that lost the answer may show a spent refresh token again: 30 s by default.
	RefreshGrace time.Duration
	// SessionIdle is how long a browser may be silent: 12 h by default.
	SessionIdle time.Duration
	// Session is the longest a sign-in lasts: 7 days by default.
	Session time.Duration
	// Interaction is how long a login or consent page may stay open: 30 min by default.
	Interaction time.Duration
	// Consent is how long a remembered consent lasts without being used: 1 year by default.
	Consent time.Duration
}

// grants are the lifetimes of what hangs from a grant.
func (l Lifetimes) grants() grant.Lifetimes {
	return grant.Lifetimes{
		Code: l.Code, AccessToken: l.AccessToken, RefreshToken: l.RefreshToken,
		Grant: l.Grant, RefreshGrace: l.RefreshGrace,
	}
}

// Login says how signing in behaves.
type Login struct {
	// Attempts is how many wrong passwords one account may have from one network within Window. Default: 5.
	Attempts int
	// Window is the time over which Attempts are counted. Default: 15 min.
	Window time.Duration
	// Templates holds files that replace the provider's own templates and style sheet, by name.
	Templates fs.FS
}

// Logout says what signing out ends.
type Logout struct {
	// EndOffline has the end of a session end its offline grants as well. By default what was granted with
	// offline_access outlives it (OIDC Core section 11).
	EndOffline bool
}

func (c Config) withDefaults() Config {
	setDefault(&c.Name, "default")
	setDefault(&c.PKCE, PKCEPublic)
	if len(c.Signing.Algs) == 0 {
		c.Signing.Algs = []string{"ES256", "RS256"}
	}
	if len(c.ResponseTypes) == 0 {
		c.ResponseTypes = []string{oauth.ResponseTypeCode}
	}
	setDefault(&c.Signing.RotateEvery, 30*24*time.Hour)
	setDefault(&c.Lifetimes.Code, time.Minute)
	setDefault(&c.Lifetimes.AccessToken, time.Hour)
	setDefault(&c.Lifetimes.IDToken, 10*time.Minute)
	setDefault(&c.Lifetimes.RefreshToken, 24*time.Hour)
	setDefault(&c.Lifetimes.Grant, 30*24*time.Hour)
	setDefault(&c.Lifetimes.RefreshGrace, 30*time.Second)
	setDefault(&c.Lifetimes.SessionIdle, 12*time.Hour)
	setDefault(&c.Lifetimes.Session, 7*24*time.Hour)
	setDefault(&c.Lifetimes.Interaction, 30*time.Minute)
	setDefault(&c.Lifetimes.Consent, 365*24*time.Hour)
	setDefault(&c.Login.Attempts, 5)
	setDefault(&c.Login.Window, 15*time.Minute)
	c.Registration.setDefaults()
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
