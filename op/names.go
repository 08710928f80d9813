package op

import (
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/issuer"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/remote"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// What a program above needs of the rooms below, under this package's name.
type (
	// Token is a live token: who it was issued to, for whom, for which resource.
	Token = grant.Token
	// Resource is a protected resource that tokens may be meant for.
	Resource = resource.Resource
	// Bound is what a resource tells of bound tokens.
	Bound = resource.Bound
	// Scope describes one scope for people.
	Scope = resource.Scope
	// Outbound says where the provider may go to read what clients keep elsewhere.
	Outbound = fetch.Policy
	// ForeignIssuer says whose JWTs a guard takes beside those of a Provider.
	ForeignIssuer = issuer.Config
	// RemoteIntrospection says which introspection endpoint a guard asks beside a Provider.
	RemoteIntrospection = remote.Config
	// RemoteSecret is what a guard proves itself by there; it prints as REDACTED.
	RemoteSecret = remote.Secret
	// PrivateKey is a key that it proves itself by instead.
	PrivateKey = keys.PrivateKey
	// Client is one relying party or service.
	Client = client.Client
	// User is one person who may sign in.
	User = user.User
)

// ErrInactive is Introspect's answer for every token that is not live.
var ErrInactive = grant.ErrInactive

// DefaultCache is how long what an introspection endpoint elsewhere said is remembered, unless the operator says so.
const DefaultCache = remote.DefaultCache

// ParsePrivateKey reads a private key, as a JWK or in PEM.
func ParsePrivateKey(text []byte) (*PrivateKey, error) { return keys.ParsePrivateKey(text) }

// TokenMember reports whether a name has a meaning of its own in tokens or at introspection, in whatever case: it is no
// claim of a person.
func TokenMember(name string) bool { return resource.TokenMember(name) }

// ACRValues are the authentication context classes that a sign-in here can have (OIDC Core section 2).
func ACRValues() []string { return signin.ACRValues() }

// MeetACR is the acr to tell of a sign-in that has this one to somebody who wants one of these, the preferred first;
// met is false when it is none of them.
func MeetACR(session string, wanted []string) (told string, met bool) {
	return signin.MeetACR(session, wanted)
}

// CanSignIn reports whether some sign-in here has this authentication context class.
func CanSignIn(acr string) bool { return signin.CanGive(acr) }
