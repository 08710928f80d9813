package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// Wrong secrets for one client from one network: enough for a service that restarts in a loop with a
// stale secret to recover within a minute, too few to search a secret that a person chose.
const (
	wrongSecrets  = 20
	secretsWindow = time.Minute
	// networkBudget is how many times that one network has over all clients, those that do not exist among
	// them: each guess may cost a password hash, for which people who sign in wait in the same line.
	networkBudget = 10
	// wrongAssertions takes the place of wrongSecrets for assertions. Nobody guesses a signature, so it bounds
	// work alone; a busy service has many of them under way at once, and no two are the same.
	wrongAssertions = 10 * wrongSecrets
	// strangersAssertions is how many right ones of clients that registered themselves count for one network: each
	// has to be remembered, so that it counts once, and strangers could fill the store with them.
	strangersAssertions = 600
)

// Why a client was refused, for the log alone; the answer is the same for all.
var (
	errUnknown     = errors.New("client is not known")
	errDisabled    = errors.New("client is disabled")
	errMethod      = errors.New("client may not authenticate by this method")
	errSecret      = errors.New("secret is wrong")
	errUnsupported = errors.New("authentication method is not supported")
	errNoClient    = errors.New("no client_id was sent")
	errOtherClient = errors.New("client_id differs from the credentials")
)

// Authenticator tells which client a request comes from. One is made for each configuration.
type Authenticator struct {
	clients    *Registry
	throttle   *throttle.Joint
	secrets    *verifier
	assertions *Assertions
	// proofs are the credentials that are being judged right now.
	proofs singleflight.Group
}

// NewAuthenticator makes an Authenticator. The throttle belongs to the provider's state, so that
// changing the configuration forgets no failure. Without assertions there are only secrets.
func NewAuthenticator(clients *Registry, t *throttle.Joint, assertions *Assertions) *Authenticator {
	return &Authenticator{
		clients: clients, throttle: t, secrets: newVerifier(clients.Configured(), throttle.Hashing()), assertions: assertions,
	}
}

// Authenticate reads the client's credentials from the Authorization header or from the form p (RFC
// 6749 section 2.3, RFC 7523 section 2.2) and returns the client they belong to. For a public client a client_id is all there
// is. Two methods at once, or a secret in the URL, are invalid_request. An unknown client, a wrong
// secret, a method that is not the client's and a disabled client are one and the same invalid_client
// (section 5.2). Too many wrong secrets are 429; a store that does not answer, and hashing that is
// overrun, wrap oauth.ErrUnavailable.
func (a *Authenticator) Authenticate(ctx context.Context, r *http.Request, p oauth.Params) (*Client, error) {
	shown, err := read(r, p)
	if err != nil {
		return nil, err
	}
	if shown.method == oauth.AuthNone {
		return a.byName(ctx, r, shown)
	}
	network := throttle.Network(web.ClientIP(r))
	if shown.assertion != "" {
		return a.attempt(ctx, shown, network) // each alone: the second of two equal ones is a replay
	}
	// The same credentials shown many times at once are one guess and cost one. Otherwise a busy service
	// would run out of budget with the right secret, whenever judging it takes long.
	judged, err, _ := a.proofs.Do(shown.from(network), func() (any, error) {
		// Others wait for this, who have not given up.
		return a.attempt(context.WithoutCancel(ctx), shown, network)
	})
	c, _ := judged.(*Client)
	return c, err
}

// attempt judges a secret or an assertion within the budget of its client and network.
func (a *Authenticator) attempt(ctx context.Context, shown credentials, network string) (*Client, error) {
	// Counted before it is judged, known or not, remembered or not: whatever answered without being
	// counted could be asked without end.
	kind, most, prove := "", wrongSecrets, a.prove
	if shown.assertion != "" {
		kind, most, prove = "assertion ", wrongAssertions, a.proveAssertion
		if !a.clients.Configures(shown.id) {
			prove = a.counted(network, prove)
		}
	}
	giveBack, wait, err := a.reserve(ctx, shown,
		throttle.Limit{Key: kind + "client " + network + " " + shown.id, Attempts: most, Window: secretsWindow},
		throttle.Limit{Key: kind + "clients of " + network, Attempts: networkBudget * most, Window: secretsWindow},
	)
	if err != nil {
		return nil, err
	}
	if wait > 0 {
		return nil, web.RetryAfter(oauth.TooManyRequests("too many failed client authentications", nil), wait)
	}
	c, err := prove(ctx, shown)
	if _, refused := errors.AsType[*oauth.Error](err); !refused {
		giveBack(ctx) // right, or never judged
	}
	return c, err
}

// reserve counts guesses at secrets at all nodes, whether there is such a client or not, which nobody is to learn from the
// time it takes. Nobody guesses a signature: assertions cost work, and each node bounds its own.
func (a *Authenticator) reserve(ctx context.Context, shown credentials, limits ...throttle.Limit) (giveBack func(context.Context), wait time.Duration, err error) {
	if shown.assertion != "" {
		taken, wait, ok := a.throttle.Here(limits...)
		if !ok {
			wait = max(wait, time.Millisecond)
		}
		return func(context.Context) { taken.GiveBack() }, wait, nil
	}
	taken, wait, err := a.throttle.Reserve(ctx, limits...)
	// One that the store does not take back stays counted.
	return func(ctx context.Context) { _ = taken.GiveBack(ctx) }, wait, err
}

// counted is prove within what one network may have remembered.
func (a *Authenticator) counted(network string, prove func(context.Context, credentials) (*Client, error)) func(context.Context, credentials) (*Client, error) {
	return func(ctx context.Context, shown credentials) (*Client, error) {
		one, wait, ok := a.throttle.Here(throttle.Limit{
			Key: "strangers' assertions " + network, Attempts: strangersAssertions, Window: secretsWindow,
		})
		if !ok {
			return nil, web.RetryAfter(oauth.TooManyRequests("too many client assertions from this network", nil), wait)
		}
		c, err := prove(ctx, shown)
		if err != nil {
			one.GiveBack()
		}
		return c, err
	}
}

// byName finds a client that shows nothing but its client_id: a public one, or one that the connection proves by its
// certificate (RFC 8705 section 2).
func (a *Authenticator) byName(ctx context.Context, r *http.Request, shown credentials) (*Client, error) {
	c, err := a.clients.Get(ctx, shown.id)
	if err != nil || !c.certified() {
		return a.identify(ctx, shown)
	}
	shown.method = c.AuthMethods[0]
	if c, err = a.identify(ctx, shown); err != nil {
		return nil, err
	}
	switch err := a.proveCertificate(ctx, c, r); {
	case errors.Is(err, oauth.ErrUnavailable):
		return nil, err
	case err != nil:
		return nil, shown.refuse(about(c, err))
	}
	return c, nil
}

// identify finds a client that may use the method, by its client_id; of a public one nothing more can be
// asked (RFC 6749 section 3.2.1).
func (a *Authenticator) identify(ctx context.Context, shown credentials) (*Client, error) {
	c, err := a.clients.Get(ctx, shown.id)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, shown.refuse(errUnknown)
	case err != nil:
		return nil, err
	case !c.AllowsAuthMethod(shown.method):
		return nil, shown.refuse(about(c, errMethod))
	case c.Disabled:
		return nil, shown.refuse(about(c, errDisabled))
	}
	return c, nil
}

// prove checks a secret. Whatever else speaks against the client, a secret is verified all the same,
// so that the time it takes says nothing.
func (a *Authenticator) prove(ctx context.Context, shown credentials) (*Client, error) {
	c, err := a.clients.Get(ctx, shown.id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	right, failure := a.secrets.verify(ctx, c, shown.id, shown.secret)
	if errors.Is(failure, oauth.ErrUnavailable) {
		return nil, failure
	}
	if c != nil && !right {
		// An unknown id was looked up in the store; so a refusal is not quicker for one that needed no look.
		if _, err := a.clients.stored(ctx, shown.id); errors.Is(err, oauth.ErrUnavailable) {
			return nil, err
		}
	}
	switch {
	case c == nil:
		return nil, shown.refuse(errUnknown)
	case !right:
		return nil, shown.refuse(about(c, errors.Join(errSecret, failure)))
	case !c.AllowsAuthMethod(shown.method):
		return nil, shown.refuse(about(c, errMethod))
	case c.Disabled:
		return nil, shown.refuse(about(c, errDisabled))
	}
	return c, nil
}

// proveAssertion checks an assertion. What speaks against the client is said before its keys are fetched.
func (a *Authenticator) proveAssertion(ctx context.Context, shown credentials) (*Client, error) {
	if a.assertions == nil {
		return nil, shown.refuse(errNoAssertions)
	}
	c, err := a.identify(ctx, shown)
	if err != nil {
		return nil, err
	}
	err = a.assertions.prove(ctx, c, shown)
	switch {
	case errors.Is(err, oauth.ErrUnavailable):
		return nil, err
	case err != nil:
		return nil, shown.refuse(about(c, err))
	}
	return c, nil
}

// about names the client in the log. An id that nobody has is not named: it may be a secret, sent in the
// wrong place.
func about(c *Client, cause error) error { return fmt.Errorf("client %s: %w", c.ID, cause) }
