package caddymodule

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// terminalLogin gets tokens for a person at a terminal: code and PKCE over a loopback redirect (RFC 8252
// section 7.3).
type terminalLogin struct {
	issuer       string
	client       string
	scope        string
	resources    []string
	introspectAs string
	caFile       string
	timeout      time.Duration
	// device says that the browser is elsewhere and brings a code (RFC 8628).
	device bool

	open       func(ctx context.Context, url string) error // nil: the URL is only printed
	readSecret func(ctx context.Context, client string) (string, error)
	out        io.Writer // the tokens, nothing else
	messages   io.Writer
}

// metadata are the members of the provider's metadata that this program needs and go-oidc does not keep.
type metadata struct {
	IntrospectionEndpoint string `json:"introspection_endpoint"`
	ResponseIssuer        bool   `json:"authorization_response_iss_parameter_supported"`
}

// run signs in and prints the answer.
func (l *terminalLogin) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	httpClient, err := trustingClient(l.issuer, l.caFile)
	if err != nil {
		return err
	}
	ctx = oidc.ClientContext(ctx, httpClient)
	provider, err := oidc.NewProvider(ctx, l.issuer)
	if err != nil {
		return unfound(l.issuer, err)
	}
	var meta metadata
	if err := provider.Claims(&meta); err != nil {
		return fmt.Errorf("discovery: %w", err)
	}
	var secret string
	if l.introspectAs != "" {
		if meta.IntrospectionEndpoint == "" {
			return errors.New("the provider has no introspection endpoint")
		}
		if secret, err = l.readSecret(ctx, l.introspectAs); err != nil {
			return err
		}
	}
	var answer *report
	if l.device {
		answer, err = l.signInElsewhere(ctx, httpClient, provider)
	} else {
		answer, err = l.signIn(ctx, provider, meta)
	}
	if err != nil {
		return err
	}
	if l.introspectAs != "" {
		asker := introspector{endpoint: meta.IntrospectionEndpoint, client: l.introspectAs, secret: secret}
		answer.Introspection, err = asker.ask(ctx, httpClient, answer.Answer.AccessToken)
		if err != nil {
			return errors.Join(fmt.Errorf("introspection: %w", err), answer.write(l.out))
		}
	}
	return answer.write(l.out)
}

// signIn sends the browser away, waits for it to come back and exchanges the code it brings.
func (l *terminalLogin) signIn(ctx context.Context, provider *oidc.Provider, meta metadata) (*report, error) {
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	back, err := listenForAnswer(ctx, state)
	if err != nil {
		return nil, err
	}
	defer back.close() //nolint:contextcheck // the page is still written when ctx has ended
	endpoint := provider.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams
	config := &oauth2.Config{
		ClientID:    l.client,
		Endpoint:    endpoint,
		RedirectURL: back.uri,
		Scopes:      strings.Fields(l.scope),
	}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	if l.asksFor(oidc.ScopeOpenID) {
		options = append(options, oidc.Nonce(nonce))
	}
	if l.asksFor(oidc.ScopeOfflineAccess) {
		// Without it a provider leaves the scope out (OIDC Core section 11).
		options = append(options, oauth2.SetAuthURLParam("prompt", "consent"))
	}
	if err := l.showURL(ctx, withResources(config.AuthCodeURL(state, options...), l.resources)); err != nil {
		return nil, err
	}
	code, err := back.wait(ctx, l.issuer, meta.ResponseIssuer)
	if err != nil {
		return nil, err
	}
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return nil, fmt.Errorf("exchange of the code: %w", withoutBody(err))
	}
	answer := newReport(token)
	if answer.Answer.IDToken == "" && l.asksFor(oidc.ScopeOpenID) {
		return nil, errors.New("the provider sent no ID token")
	}
	if answer.Answer.IDToken == "" {
		return answer, nil
	}
	idToken, err := provider.Verifier(&oidc.Config{ClientID: l.client}).Verify(ctx, answer.Answer.IDToken)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(idToken.Nonce), []byte(nonce)) != 1 {
		return nil, errors.New("the ID token is for another request: its nonce is wrong")
	}
	return answer, nil
}

func (l *terminalLogin) asksFor(scope string) bool {
	return slices.Contains(strings.Fields(l.scope), scope)
}

// showURL opens the browser and prints the URL in any case: the browser may be on another machine, or not
// open at all.
func (l *terminalLogin) showURL(ctx context.Context, url string) error {
	if _, err := fmt.Fprintf(l.messages, "Sign in at:\n\n    %s\n\n", url); err != nil {
		return err
	}
	if l.open == nil {
		return nil
	}
	if err := l.open(ctx, url); err != nil {
		_, err = fmt.Fprintf(l.messages, "The browser did not open (%v); open the URL yourself.\n", err)
		return err
	}
	return nil
}

// withoutBody keeps what a refusal may hold besides its code and description out of the terminal.
func withoutBody(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.ErrorCode == "" {
		return err
	}
	return fmt.Errorf("%s: %s (%s)", refused.ErrorCode, refused.ErrorDescription, http.StatusText(refused.Response.StatusCode))
}
