package remote

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"github.com/seed-5b16f944/gatehouse/op/fact"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/issuer"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/shelf"
)

const (
	// maxLive and maxDead bound what is remembered. Whoever sends tokens that are none fills the second alone.
	maxLive = 32768
	maxDead = 8192
	// maxNo is how long a no is remembered at most: a token may have been shown before all replicas knew it.
	maxNo = 5 * time.Second
	// patience is all the time that one question may take.
	patience = 2 * time.Second
	// maxWaiting bounds the questions that are out or wait to go out. Beyond it nobody waits at all.
	maxWaiting = 512
)

// Why there is no token, for the log alone.
var (
	errNoToken = fmt.Errorf("%w: it is not a token that anybody could have issued", grant.ErrInactive)
	errSaidNo  = fmt.Errorf("%w: the introspection endpoint says it is not active", grant.ErrInactive)
	errBusy    = fmt.Errorf("remote: too many questions at once: %w", oauth.ErrUnavailable)
	errLost    = errors.New("remote: nothing came of a question")
)

// network is what a Remote uses of a fetch.Client.
type network interface {
	shelf.Getter
	Ask(ctx context.Context, address string, q fetch.Question) (fetch.Document, error)
}

// Remote asks one introspection endpoint. It is safe for concurrent use.
type Remote struct {
	config  Config
	network network
	keys    *issuer.Keys // nil unless answers are signed
	now     func() time.Time

	live    *otter.Cache[fact.Key, *answer]
	dead    *otter.Cache[fact.Key, int64]
	flights singleflight.Group
	breaker breaker
	waiting chan struct{}
}

// answer is a yes, and until when it is used, in Unix nanoseconds.
type answer struct {
	token *grant.Token
	until int64
}

// New makes a Remote of a Config that Check has nothing against. It does no I/O.
func New(config Config, n network, now func() time.Time) *Remote {
	r := &Remote{
		config: config, network: n, now: now,
		live:    otter.Must(&otter.Options[fact.Key, *answer]{MaximumSize: maxLive}),
		dead:    otter.Must(&otter.Options[fact.Key, int64]{MaximumSize: maxDead}),
		waiting: make(chan struct{}, maxWaiting),
	}
	if config.Signed {
		r.keys = issuer.NewKeys(config.Issuer, "", n, now)
	}
	return r
}

// Introspect gives the facts about a token as the endpoint tells them: grant.ErrInactive if it says that the token is
// not active, and what wraps oauth.ErrUnavailable if it says nothing that can be relied on. The Token is shared, is
// never written to, and keeps its address while the answer is remembered.
//
// Requests with one token that come while it is being asked about share the question.
func (r *Remote) Introspect(ctx context.Context, token string) (*grant.Token, error) {
	if len(token) > keys.MaxJWS {
		return nil, errNoToken
	}
	key := fact.KeyOf(r.config.Endpoint, token)
	if found, err := r.remembered(key); found != nil || err != nil {
		return found, err
	}
	// Nothing else is ever a bearer token, so nobody needs to be asked.
	if _, ok := oauth.ParseBearer("Bearer " + token); !ok {
		return nil, errNoToken
	}
	got, err, _ := r.flights.Do(string(key[:]), func() (any, error) {
		// Others wait for this, who have not given up.
		return r.examine(context.WithoutCancel(ctx), key, token)
	})
	if err != nil {
		return nil, err
	}
	found, ok := got.(*grant.Token)
	if !ok {
		return nil, errLost
	}
	return found, nil
}

// remembered is what was said of a token lately; nothing and no error if that is not known.
func (r *Remote) remembered(key fact.Key) (*grant.Token, error) {
	if said, ok := r.live.GetIfPresent(key); ok && r.now().UnixNano() < said.until {
		return said.token, nil
	}
	if until, ok := r.dead.GetIfPresent(key); ok && r.now().UnixNano() < until {
		return nil, errSaidNo
	}
	return nil, nil
}

// examine asks about a token and remembers the answer. Its time begins with the question.
func (r *Remote) examine(ctx context.Context, key fact.Key, token string) (*grant.Token, error) {
	if found, err := r.remembered(key); found != nil || err != nil {
		return found, err // it was asked while this one came
	}
	asked := r.now()
	found, err := r.question(ctx, token)
	switch {
	case err == nil:
		until := asked.Add(r.config.Cache)
		if !found.ExpiresAt.IsZero() && found.ExpiresAt.Before(until) {
			until = found.ExpiresAt
		}
		if until.After(asked) {
			r.live.Set(key, &answer{found, until.UnixNano()})
		}
	case fact.SaysNo(err) && r.config.Cache > 0:
		r.dead.Set(key, asked.Add(min(r.config.Cache, maxNo)).UnixNano())
	}
	return found, err
}

// question asks within the limits, and tells the breaker how it ended.
func (r *Remote) question(ctx context.Context, token string) (*grant.Token, error) {
	select {
	case r.waiting <- struct{}{}:
		defer func() { <-r.waiting }()
	default:
		return nil, errBusy
	}
	if err := r.breaker.enter(r.now()); err != nil {
		return nil, err
	}
	how := failed // also after a panic
	defer func() { r.breaker.leave(r.now(), how) }()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	members, err := r.ask(ctx, token)
	how = outcomeOf(err)
	if err != nil {
		return nil, fmt.Errorf("remote: %w: %w", err, oauth.ErrUnavailable)
	}
	return r.read(members)
}
