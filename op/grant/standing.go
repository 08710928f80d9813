package grant

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// Why a grant is over. Each is ErrInactive to the outside; the log may tell them apart.
var (
	errGrantUnknown   = inactive("its grant is unknown or over")
	errGrantRevoked   = inactive("its grant is revoked")
	errClientGone     = inactive("its client is gone or disabled")
	errUserGone       = inactive("its user is gone or disabled")
	errCutOff         = inactive("its user was signed out everywhere")
	errPassword       = inactive("its user has another password now")
	errSessionEnded   = inactive("its session has ended")
	errConsentGone    = inactive("its consent was withdrawn")
	errNoSubject      = inactive("its grant hangs from nothing")
	errNotOfItsGrant  = inactive("it is not of its grant's client")
	errUnknownToken   = inactive("it is unknown")
	errDenied         = inactive("it was revoked")
	errExpired        = inactive("it has expired")
	errMalformedClaim = inactive("its claims are malformed")
)

func inactive(reason string) error { return fmt.Errorf("%w: %s", ErrInactive, reason) }

// standing is what a live grant stands on. It may be shared and is never written to after it was made.
type standing struct {
	grant  *Grant
	client *client.Client
	// user is nil when the client acts for itself.
	user *user.User
	// session is nil when the client acts for itself, and when an offline grant's session has ended.
	session *session.Session
}

// standing is the one rule of liveness: every way to issue, refresh or introspect goes through it. It
// finds the grant and all that it hangs from, noting each on w as it was before it was read. issued is
// when the token in question was issued. An error that is not ErrInactive means nobody can tell.
func (g *Grants) standing(ctx context.Context, grantID string, issued time.Time, w *watch) (*standing, error) {
	if known, ok := g.held(grantID); ok {
		if known.standing.grant.revoked(issued) {
			return nil, errGrantRevoked
		}
		w.with(&known.watch)
		return known.standing, nil
	}
	// Of its own, since what it notes is about the grant alone and serves every token of it.
	own := watch{member: w.member, epoch: w.epoch, users: w.users}
	s, err := g.read(ctx, grantID, issued, &own)
	if err != nil {
		return nil, err
	}
	g.hold(s, own)
	w.with(&own)
	return s, nil
}

// read reads what standing finds.
func (g *Grants) read(ctx context.Context, grantID string, issued time.Time, w *watch) (*standing, error) {
	grant, err := g.grant(ctx, grantID, w)
	if err != nil {
		return nil, err
	}
	if grant.revoked(issued) {
		return nil, errGrantRevoked
	}
	s := &standing{grant: grant}
	if s.client, err = g.liveClient(ctx, grant, w); err != nil {
		return nil, err
	}
	if grant.ForClient() {
		return s, checkOwn(grant)
	}
	if s.user, err = g.liveUser(ctx, grant, w); err != nil {
		return nil, err
	}
	if s.session, err = g.liveSession(ctx, grant, w); err != nil {
		return nil, err
	}
	return s, g.checkConsent(ctx, grant, w)
}

func (g *Grants) grant(ctx context.Context, id string, w *watch) (*Grant, error) {
	w.on(g.Memory.generations, store.Grants, id)
	record, err := g.Store.Get(ctx, store.Grants, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errGrantUnknown
	}
	if err != nil {
		return nil, err
	}
	grant := &Grant{version: record.Version}
	if err := record.Decode(grant); err != nil {
		return nil, err
	}
	return grant, nil
}

func (g *Grants) liveClient(ctx context.Context, grant *Grant, w *watch) (*client.Client, error) {
	w.on(g.Memory.generations, store.Clients, grant.ClientID)
	c, err := g.Clients.Get(ctx, grant.ClientID)
	switch {
	case errors.Is(err, client.ErrNotFound):
		return nil, errClientGone
	case err != nil:
		return nil, err
	case c.Disabled:
		return nil, errClientGone
	}
	return c, nil
}

// checkOwn holds that a grant without a person is one the client has for itself and nothing else: a
// record that merely lost its account must not pass for one.
func checkOwn(grant *Grant) error {
	if grant.ID != ownID(grant.ClientID) || grant.Subject != grant.ClientID || grant.SessionID != "" {
		return errNoSubject
	}
	return nil
}

func (g *Grants) liveUser(ctx context.Context, grant *Grant, w *watch) (*user.User, error) {
	w.on(g.Memory.generations, store.Accounts, grant.Account)
	u, err := g.Users.Lookup(ctx, grant.Account)
	switch {
	case errors.Is(err, user.ErrNotFound):
		return nil, errUserGone
	case err != nil:
		return nil, err
	case u.Disabled:
		return nil, errUserGone
	case u.Stamp() != grant.UserStamp:
		return nil, errPassword
	}
	return u, g.checkCutOff(ctx, grant)
}

// checkCutOff reads the account's record, which the caller watches.
func (g *Grants) checkCutOff(ctx context.Context, grant *Grant) error {
	now, err := g.Sessions.CutOffs(ctx, grant.Account)
	switch {
	case err != nil:
		return err
	case now != grant.CutOffs:
		return errCutOff
	}
	return nil
}

// liveSession reads the session even of an offline grant, whose ID tokens name it while it lives.
// Idle time and age end a sign-in, not what was granted in it: only an explicit end counts.
func (g *Grants) liveSession(ctx context.Context, grant *Grant, w *watch) (*session.Session, error) {
	w.on(g.Memory.generations, store.Sessions, grant.SessionID)
	if grant.SessionID == "" {
		return nil, unless(g.outlives(grant), errNoSubject)
	}
	s, err := g.Sessions.Get(ctx, grant.SessionID)
	switch {
	case errors.Is(err, session.ErrNone):
		return nil, unless(g.outlives(grant), errSessionEnded)
	case err != nil:
		return nil, err
	case s.Account != grant.Account:
		return nil, errSessionEnded
	case s.Ended():
		return nil, unless(g.outlives(grant), errSessionEnded)
	}
	return s, nil
}

// outlives reports whether the grant goes on when its session has ended.
func (g *Grants) outlives(grant *Grant) bool { return grant.Offline && !g.EndOffline }

// refreshes reports whether the grant's refresh tokens count: what was given for offline_access goes with
// the client's right to it.
func (s *standing) refreshes() bool {
	return !s.grant.Offline || s.client.Scopes.Has(oauth.ScopeOfflineAccess)
}

func unless(outlives bool, err error) error {
	if outlives {
		return nil
	}
	return err
}

func (g *Grants) checkConsent(ctx context.Context, grant *Grant, w *watch) error {
	if grant.ConsentKey == "" {
		return nil
	}
	w.on(g.Memory.generations, store.Consents, grant.ConsentKey)
	remembered, err := g.Consents.Find(ctx, grant.ConsentKey)
	switch {
	case err != nil:
		return err
	case !remembered.Standing(), remembered.ID != grant.ConsentID:
		return errConsentGone
	}
	return nil
}
