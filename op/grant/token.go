package grant

import (
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Kind says what a token may be used for.
type Kind string

// The kinds of token that can be introspected.
const (
	KindAccess  Kind = "access"
	KindRefresh Kind = "refresh"
	// KindSession is no token: it is what a signed-in browser is at a guarded site.
	KindSession Kind = "session"
)

// The token_type of access tokens: DPoP for one that is bound to a key (RFC 9449 section 5), Bearer for all others
// (RFC 6750), those bound to a certificate among them.
const (
	Bearer = "Bearer"
	DPoP   = "DPoP"
)

// tokenType is the token_type of an access token that is bound to this.
func tokenType(bound oauth.Confirmation) string {
	if bound.JKT != "" {
		return DPoP
	}
	return Bearer
}

// Token is a live token. It is shared between callers and never written to after it was made.
type Token struct {
	Kind Kind
	// Grant is nil for a token of another provider.
	Grant *Grant
	// Issuer is who issued it. Subject, ClientID and what a person goes by mean something to that issuer alone.
	Issuer string
	// ID is the jti of an access token, empty for a refresh token.
	ID       string
	ClientID string
	// Subject is the sub the client sees: the person's, or the client_id when it acts for itself.
	Subject string
	// Account is the canonical local user name and Username the name as it was written; both are empty
	// when nobody signed in.
	Account  string
	Username string
	// Pairwise says that Subject is for the client's sector alone: who is told of the token outside this
	// process must not learn Account or Username from it.
	Pairwise bool
	// SignedIn reports whether a person stands behind the token.
	SignedIn bool
	Scopes   oauth.Scopes
	Audience []string
	IssuedAt time.Time
	// ExpiresAt is the first moment at which the token is dead; zero when an authorization server elsewhere does
	// not tell.
	ExpiresAt time.Time
	// TokenType is Bearer or DPoP for an access token, empty for a refresh token.
	TokenType string
	// Confirmation is what the token is bound to: whoever lets somebody in with it asks for that as well.
	Confirmation oauth.Confirmation
	// AuthTime, ACR and AMR say when and how the person signed in; zero when nobody did.
	AuthTime time.Time
	ACR      string
	AMR      []string
	// UserinfoClaims are the names of claims that the client may be told at userinfo beside those of its
	// scopes: it asked for them one by one (OIDC Core section 5.5).
	UserinfoClaims []string
	// Claims are the person's claims as configured, for a resource of this process; nil when nobody
	// signed in. They are the operator's to map and are not limited by scope.
	Claims map[string]any
}
