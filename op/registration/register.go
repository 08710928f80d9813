package registration

import (
	"errors"
	"net/http"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// How often one network may show a wrong initial access token.
const (
	wrongTokens  = 20
	tokensWindow = 15 * time.Minute
)

const (
	challenge      = `Bearer realm="registration"`
	wrongChallenge = `Bearer realm="registration", error="invalid_token"`
)

var (
	errNoToken    = errors.New("no token was sent")
	errWrongToken = errors.New("the initial access token is another one")
)

// register takes a new client (RFC 7591 section 3.1).
func (e *Endpoint) register(w http.ResponseWriter, r *http.Request) (reply, error) {
	if err := e.checkInitialAccess(r); err != nil {
		return reply{}, err
	}
	made := e.Registrations.NewRegistration()
	var err error
	if _, made.Metadata, err = e.readEffective(w, r); err != nil {
		return reply{}, err
	}
	secret := e.suitSecret(made, "")
	token := e.giveToken(made)
	made.ExpiresAt = made.IssuedAt.Add(e.Policy.UnusedFor)
	c, err := e.check(made)
	if err != nil {
		return reply{}, err
	}
	// Counted when all that is left costs others something: a fetch, a row.
	leave, err := e.Quota.Enter(r.Context(), e.Policy, throttle.Network(web.ClientIP(r)))
	if err != nil {
		return reply{}, err
	}
	defer leave()
	if err := e.checkSector(r.Context(), c); err != nil {
		return reply{}, err
	}
	if err := e.Store.Commit(r.Context(), e.Registrations.Creating(made)); err != nil {
		return reply{}, err
	}
	e.Trail.Tell(r.Context(), audit.Event{Name: audit.ClientRegistered, ClientID: made.ID})
	return reply{http.StatusCreated, e.tell(made, token, secret)}, nil
}

// checkInitialAccess holds the request against the initial access token, if one is needed (RFC 7591 section
// 3, RFC 6750 section 3.1). A wrong one is counted, since an operator may have chosen one that can be guessed.
func (e *Endpoint) checkInitialAccess(r *http.Request) error {
	if e.Policy.open() {
		return nil
	}
	shown, err := bearer(r)
	if err != nil {
		return err
	}
	network := throttle.Network(web.ClientIP(r))
	guess, wait, err := e.Guesses.Reserve(r.Context(), throttle.Limit{
		Key: "initial access token " + network, Attempts: wrongTokens, Window: tokensWindow,
	})
	if err != nil {
		return err
	}
	if wait > 0 {
		return web.RetryAfter(oauth.TooManyRequests("too many wrong tokens", nil), wait)
	}
	if right, err := e.Policy.InitialAccessToken.Verify(shown); err != nil || !right {
		return refused(wrongChallenge, errors.Join(errWrongToken, err))
	}
	_ = guess.GiveBack(r.Context()) // what the store does not take back stays counted
	return nil
}

// bearer is the token in the one Authorization header (RFC 6750 section 2.1).
func bearer(r *http.Request) (string, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) > 1 {
		return "", oauth.InvalidRequest("more than one Authorization header", nil)
	}
	if len(headers) == 0 {
		return "", refused(challenge, errNoToken)
	}
	token, ok := oauth.ParseBearer(headers[0])
	if !ok {
		return "", refused(challenge, errNoToken)
	}
	return token, nil
}

// refused is the one answer for every reason; the challenge alone says whether a token was seen.
func refused(challenge string, cause error) error {
	refusal := oauth.InvalidToken("token is not good for this", cause)
	refusal.Challenge = challenge
	return refusal
}

// giveToken makes the client another registration access token; only its digest is kept.
func (e *Endpoint) giveToken(to *client.Registration) string {
	token := keys.NewToken(keys.PrefixRegistration)
	to.Token = keys.Digest(token)
	return token
}
