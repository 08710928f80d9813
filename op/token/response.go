package token

import (
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
)

// response is a successful answer (RFC 6749 section 5.1, OIDC Core section 3.1.3.3). expires_in and
// scope are always there: a client should never have to guess what it got.
type response struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
	Scope        string `json:"scope"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`

	issued *grant.Issued
}

func newResponse(issued *grant.Issued, idToken string) *response {
	return &response{
		AccessToken: issued.AccessToken, TokenType: issued.TokenType, ExpiresIn: int64(issued.ExpiresIn / time.Second),
		Scope: issued.Scopes.String(), RefreshToken: issued.RefreshToken, IDToken: idToken, issued: issued,
	}
}
