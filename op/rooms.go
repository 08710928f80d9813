package op

import (
	"fmt"

	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/backchannel"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/devicecode"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/frontchannel"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/site"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// rooms are the parts of one provider that several endpoints share.
type rooms struct {
	config Config
	state  *State

	trail         *audit.Trail
	pages         *web.Pages
	respond       *web.Responder
	fetch         *fetch.Client
	resources     *resource.Set
	clients       *client.Registry
	registered    *client.Registrations
	keySets       *client.KeySets
	authenticator *client.Authenticator
	users         *user.Directory
	sessions      *session.Sessions
	consents      *consent.Consents
	interactions  *interaction.Sealer
	grants        *grant.Grants
	protector     *client.Protector
	idTokens      *idtoken.Maker
	frontChannel  *frontchannel.Page
	signIn        *signin.SignIn
	devices       *devicecode.Codes
	sites         *site.Sites
	logoutNotices *backchannel.Worker
}

// furnish makes the rooms from the bottom of the house to the top; each is given the rooms it uses.
func furnish(config Config, st *State, observer Observer) (*rooms, error) {
	h := &rooms{config: config, state: st, trail: newTrail(st.count, observer.Audit)}
	log := observer.Log
	life, grants, now := config.Lifetimes, config.Lifetimes.grants(), st.now
	var err error
	if h.pages, err = web.NewPages(config.Login.Templates); err != nil {
		return nil, fmt.Errorf("login: templates: %w", err)
	}
	h.respond = web.NewResponder(log, h.pages)
	h.fetch = fetch.New(config.Outbound)
	if h.resources, err = resource.NewSet(config.Issuer, config.Resources, config.Scopes); err != nil {
		return nil, err
	}
	h.clients = client.NewRegistry(st.store, config.Clients)
	h.registered = h.registrations()
	h.clients.Admit(h.registered)
	h.clients.Describe(h.documents())
	h.keySets = client.NewKeySets(fetch.New(config.Outbound), now)
	h.keySets.Apart(h.fetch)
	h.authenticator = client.NewAuthenticator(h.clients, st.secretGuesses,
		client.NewAssertions(st.store, h.keySets, now, client.Audience{Issuer: config.Issuer, Strict: config.Strict}, st.restored))
	if h.users, err = user.NewDirectory(config.Users, config.UsersFile, config.Hasher, now); err != nil {
		return nil, err
	}
	h.users.Reserve(config.reservesSub())
	h.users.OnFault(func(err error) { log.Error("users", zap.Error(err)) })
	h.sessions = session.New(st.store, sessionCookie(config.Name),
		session.Life{Idle: life.SessionIdle, Max: life.Session, Keep: grants.LongestGrant()}, now)
	h.sessions.OnEnd(st.ended.Ring)
	h.consents = consent.New(st.store, life.Consent, now)
	h.interactions = interaction.New(st.carried, config.Issuer, browserCookie(config.Name), life.Interaction, now)
	h.grants = grant.New(grant.Deps{
		Store: st.store, Memory: st.memory, Ring: st.ring,
		Clients: h.clients, Users: h.users, Sessions: h.sessions, Consents: h.consents, Resources: h.resources,
		Issuer: config.Issuer, SigningAlg: accessTokenAlg(config.Signing.Algs), Now: now,
		Life: grants, EndOffline: config.Logout.EndOffline, Trail: h.trail,
	})
	h.protector = client.NewProtector(st.ring, h.keySets)
	h.idTokens = idtoken.New(idtoken.Deps{
		Ring: st.ring, Protector: h.protector, Clients: h.clients, KeySets: h.keySets,
		Issuer: config.Issuer, Life: life.IDToken, Now: now,
	})
	h.frontChannel = frontchannel.New(frontchannel.Deps{
		Issuer: config.Issuer, Clients: h.clients, Sessions: h.sessions, Interactions: h.interactions, Respond: h.respond, Now: now,
	})
	h.signIn = signin.New(signin.Deps{
		Users: h.users, Sessions: h.sessions, Interactions: h.interactions, Throttle: st.logins, Respond: h.respond,
		FrontChannel: h.frontChannel, Issuer: config.Issuer, Policy: signin.Policy{Attempts: config.Login.Attempts, Window: config.Login.Window},
		Trail: h.trail, Count: st.count,
	})
	h.devices = devicecode.New(st.store, st.secrets.MAC, now)
	h.logoutNotices = backchannel.New(backchannel.Deps{
		Store: st.store, Sessions: h.sessions, Clients: h.clients, Protector: h.protector,
		Fetch: fetch.New(config.Outbound), Bell: &st.ended, Issuer: config.Issuer, Now: now, Log: log, Count: st.count,
	})
	return h, h.signInAtSites()
}
