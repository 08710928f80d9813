package caddymodule

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

// report is what `caddy openid login` prints.
type report struct {
	Answer        tokenAnswer     `json:"answer"`
	IDToken       *decoded        `json:"id_token,omitempty"`
	AccessToken   *decoded        `json:"access_token,omitempty"`
	Introspection json.RawMessage `json:"introspection,omitempty"`
}

// tokenAnswer is the answer of the token endpoint (RFC 6749 section 5.1).
type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in,omitempty"`
	Scope        string `json:"scope,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
}

// decoded is a JWS for reading. Nothing is verified here: the ID token was, and an access token is for its
// resource to judge.
type decoded struct {
	Header json.RawMessage `json:"header"`
	Claims json.RawMessage `json:"claims"`
}

func newReport(token *oauth2.Token) *report {
	text := func(name string) string {
		value, _ := token.Extra(name).(string)
		return value
	}
	answer := tokenAnswer{
		AccessToken:  token.AccessToken,
		TokenType:    token.TokenType,
		ExpiresIn:    token.ExpiresIn,
		Scope:        text("scope"),
		RefreshToken: token.RefreshToken,
		IDToken:      text("id_token"),
	}
	return &report{Answer: answer, IDToken: decodeJWS(answer.IDToken), AccessToken: decodeJWS(answer.AccessToken)}
}

// decodeJWS reads header and claims of a compact JWS; nil means that token is none.
func decodeJWS(token string) *decoded {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	out := &decoded{Header: decodeJSON(parts[0]), Claims: decodeJSON(parts[1])}
	if out.Header == nil || out.Claims == nil {
		return nil
	}
	return out
}

func decodeJSON(part string) json.RawMessage {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil || !json.Valid(text) {
		return nil
	}
	return text
}

// write prints the report as indented JSON.
func (r *report) write(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// introspector is the client that asks about tokens.
type introspector struct {
	endpoint, client, secret string
}

// ask asks about a token (RFC 7662 section 2.1).
func (i introspector) ask(ctx context.Context, httpClient *http.Client, token string) (json.RawMessage, error) {
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	status, body, err := postForm(ctx, httpClient, i.endpoint, form, url.UserPassword(i.client, i.secret))
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("the provider answered %d %s", status, http.StatusText(status))
	}
	if body = bytes.TrimSpace(body); !json.Valid(body) {
		return nil, errors.New("the answer is not JSON")
	}
	return body, nil
}
