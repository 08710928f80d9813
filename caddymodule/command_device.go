package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// signInElsewhere gets tokens for a person whose browser is on another machine (RFC 8628).
func (l *terminalLogin) signInElsewhere(ctx context.Context, httpClient *http.Client, provider *oidc.Provider) (*report, error) {
	endpoint := provider.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams
	if endpoint.DeviceAuthURL == "" {
		return nil, errors.New("the provider has no device authorization endpoint")
	}
	begun, err := l.askForCode(ctx, httpClient, endpoint.DeviceAuthURL)
	if err != nil {
		return nil, fmt.Errorf("device authorization: %w", err)
	}
	if err := l.showCode(ctx, begun); err != nil {
		return nil, err
	}
	config := &oauth2.Config{ClientID: l.client, Endpoint: endpoint}
	token, err := config.DeviceAccessToken(ctx, begun) // waits as long as it is told, and longer when it is told to slow down
	if err != nil {
		return nil, l.whyNoToken(ctx, err)
	}
	answer := newReport(token)
	switch {
	case answer.Answer.IDToken == "" && l.asksFor(oidc.ScopeOpenID):
		return nil, errors.New("the provider sent no ID token")
	case answer.Answer.IDToken == "":
		return answer, nil
	}
	_, err = provider.Verifier(&oidc.Config{ClientID: l.client}).Verify(ctx, answer.Answer.IDToken)
	return answer, err
}

// askForCode asks for the codes. It is written out because there may be several resources (RFC 8707 section 2).
func (l *terminalLogin) askForCode(ctx context.Context, httpClient *http.Client, endpoint string) (*oauth2.DeviceAuthResponse, error) {
	form := url.Values{"client_id": {l.client}, "resource": l.resources}
	if l.scope != "" {
		form.Set("scope", l.scope)
	}
	status, body, err := postForm(ctx, httpClient, endpoint, form, nil)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, refusalOf(status, body)
	}
	begun := new(oauth2.DeviceAuthResponse)
	if err := json.Unmarshal(body, begun); err != nil {
		return nil, errors.New("the answer is not what RFC 8628 says")
	}
	if begun.DeviceCode == "" || begun.UserCode == "" || begun.VerificationURI == "" {
		return nil, errors.New("the answer lacks a code or the address to bring it to")
	}
	return begun, nil
}

// refusalOf is what a refusal says, without what else it may hold.
func refusalOf(status int, body []byte) error {
	var told struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal(body, &told); err != nil || told.Error == "" {
		return errors.New(http.StatusText(status))
	}
	err := fmt.Errorf("%q: %q (%s)", told.Error, told.Description, http.StatusText(status))
	if told.Error == "unauthorized_client" { // RFC 6749 section 5.2: it is another grant type that this client has
		return fmt.Errorf("%w; the client needs the grant type device_code", err)
	}
	return err
}

// showCode says where to go and what to type there. The address with the code in it spares the typing; the page asks
// for the code on this terminal all the same. What the provider sent is quoted if a terminal would take it for more.
func (l *terminalLogin) showCode(ctx context.Context, begun *oauth2.DeviceAuthResponse) error {
	text := fmt.Sprintf("On any device with a browser, open:\n\n    %s\n\nand enter the code:\n\n    %s\n\n",
		printable(begun.VerificationURI), printable(begun.UserCode))
	if begun.VerificationURIComplete != "" {
		text += fmt.Sprintf("Or open this, and compare the code:\n\n    %s\n\n", printable(begun.VerificationURIComplete))
	}
	until := begun.Expiry
	if end, has := ctx.Deadline(); has && (until.IsZero() || end.Before(until)) {
		until = end // the code may live for longer than this command waits
	}
	if !until.IsZero() {
		text += fmt.Sprintf("Waiting for %s at most.\n", time.Until(until).Round(time.Second))
	}
	_, err := io.WriteString(l.messages, text)
	return err
}

// printable is the text itself, or quoted if it has a character that could move the cursor or hide another.
func printable(text string) string {
	if quoted := fmt.Sprintf("%+q", text); quoted != `"`+text+`"` {
		return quoted
	}
	return text
}

// whyNoToken tells a refusal, or that nobody answered.
func (l *terminalLogin) whyNoToken(ctx context.Context, err error) error {
	switch refused, is := errors.AsType[*oauth2.RetrieveError](err); {
	case is && refused.ErrorCode == "access_denied":
		return errors.New("the person said no")
	case is && refused.ErrorCode == "expired_token":
		return errors.New("the code has expired; nobody answered in time")
	case errors.Is(err, context.DeadlineExceeded) && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("nobody answered within %s", l.timeout)
	case ctx.Err() != nil:
		return fmt.Errorf("stopped before an answer came: %w", ctx.Err())
	case errors.Is(err, context.DeadlineExceeded): // the code's own time, which DeviceAccessToken keeps
		return errors.New("the code has expired; nobody answered in time")
	}
	return fmt.Errorf("tokens for the device code: %w", withoutBody(err))
}
