package op

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/account"
	"github.com/seed-5b16f944/gatehouse/op/authorize"
	"github.com/seed-5b16f944/gatehouse/op/checksession"
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/device"
	"github.com/seed-5b16f944/gatehouse/op/discovery"
	"github.com/seed-5b16f944/gatehouse/op/introspection"
	"github.com/seed-5b16f944/gatehouse/op/logout"
	"github.com/seed-5b16f944/gatehouse/op/revocation"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/token"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/userinfo"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// The endpoints' paths below the issuer.
const (
	pathAuthorize  = "/authorize"
	pathConsent    = "/consent"
	pathLogin      = "/login"
	pathAccount    = "/account"
	pathEndSession = "/end_session"
	pathCheck      = "/check_session"
	pathToken      = "/token"
	pathUserinfo   = "/userinfo"
	pathIntrospect = "/introspect"
	pathRevoke     = "/revoke"
	pathRegister   = "/register"
	pathDevice     = "/device"
	pathDeviceAuth = "/device_authorization"
	pathJWKS       = "/jwks"
	pathSite       = "/site"
	pathAssets     = "/assets/"

	pathFrontchannelLogout = "/frontchannel_logout"
)

// routes finds the endpoint of a request: by the issuer's host (or a host of WebFinger) and by exact path, so
// that everything else on the host is left alone.
type routes struct {
	host   string
	exact  map[string]http.Handler
	assets string
	asset  http.Handler
	// mtls are the endpoints that are reached at mtlsHost as well.
	mtls     map[string]http.Handler
	mtlsHost string
	// webFinger answers on hosts of its own, at one path of their root.
	webFinger *discovery.WebFinger
}

// routes opens every endpoint of one provider under its path.
func (h *rooms) routes(issuer *url.URL) *routes {
	authorization := authorize.New(authorize.Deps{
		Issuer: h.config.Issuer, PKCEAll: h.config.PKCE == PKCEAll, ResponseTypes: h.config.ResponseTypes, Store: h.state.store,
		Clients: h.clients, Users: h.users, Sessions: h.sessions, Consents: h.consents, Interactions: h.interactions,
		Resources: h.resources, Grants: h.grants, Secrets: h.state.secrets, IDTokens: h.idTokens,
		ClientKeys: h.keySets, Fetch: h.fetch,
		SignIn: h.signIn, Respond: h.respond, Now: h.state.now, Trail: h.trail,
	})
	metadata := discovery.New(discovery.Deps{
		Issuer: h.config.Issuer, ResponseTypes: h.config.responseTypes(), IDTokenAlgs: h.config.Signing.Algs,
		Resources: h.resources, Ring: h.state.ring,
		Registration:  h.config.Registration.On(),
		Documents:     h.config.MetadataDocuments.On,
		MTLS:          h.config.MTLS.On,
		MTLSBase:      h.config.mtlsBase(),
		ClaimsLocales: user.ClaimsLocales(h.config.Users),
	})
	devices := device.New(device.Deps{
		Issuer: h.config.Issuer, Store: h.state.store, Authenticator: h.authenticator, Clients: h.clients, Users: h.users,
		Sessions: h.sessions, Consents: h.consents, Interactions: h.interactions, Resources: h.resources, Grants: h.grants,
		Secrets: h.state.secrets, Codes: h.devices, Budgets: h.state.devices, SignIn: h.signIn, Respond: h.respond, Now: h.state.now,
		Trail: h.trail,
	})
	origins := client.NewOrigins(h.clients, h.state.now)
	exact := map[string]http.Handler{
		pathAuthorize: authorization,
		pathConsent:   http.HandlerFunc(authorization.Consent),
		pathLogin:     h.signIn,
		pathAccount: account.New(account.Deps{
			Issuer: h.config.Issuer, EndOffline: h.config.Logout.EndOffline, Clients: h.clients, Sessions: h.sessions, Consents: h.consents,
			Interactions: h.interactions, Resources: h.resources, SignIn: h.signIn, FrontChannel: h.frontChannel,
			Respond: h.respond, Now: h.state.now, Trail: h.trail,
		}),
		pathEndSession: logout.New(logout.Deps{
			Issuer: h.config.Issuer, EndOffline: h.config.Logout.EndOffline, Clients: h.clients, Users: h.users, Sessions: h.sessions, Interactions: h.interactions,
			IDTokens: h.idTokens, FrontChannel: h.frontChannel, Respond: h.respond, Trail: h.trail,
		}),
		pathFrontchannelLogout: h.frontChannel,
		pathCheck:              checksession.New(h.pages, session.StateCookie(sessionCookie(h.config.Name))),
		pathToken: h.respond.ClientOrigins("token", token.New(token.Deps{
			Clients: h.authenticator, Grants: h.grants, IDTokens: h.idTokens, Resources: h.resources, Respond: h.respond, Now: h.state.now,
			Devices: h.devices, DeviceBudgets: h.state.devices,
			Proofs: h.state.proofs, URLs: h.config.addresses(pathToken), Nonce: h.config.DPoPNonce,
			Trail: h.trail,
		}), origins.Allows, http.MethodPost),
		pathUserinfo: h.respond.ClientOrigins("userinfo", userinfo.New(userinfo.Deps{
			Issuer: h.config.Issuer, Grants: h.grants, Users: h.users, Clients: h.clients, Protector: h.protector,
			Resources: h.resources, Respond: h.respond,
			Proofs: h.state.proofs, URLs: h.config.addresses(pathUserinfo), DPoPNonce: h.config.DPoPNonce,
		}), origins.Allows, http.MethodGet, http.MethodPost),
		pathIntrospect: introspection.New(introspection.Deps{
			Clients: h.authenticator, Protector: h.protector, Grants: h.grants, Resources: h.resources, Respond: h.respond,
			Issuer: h.config.Issuer, Now: h.state.now, Count: h.state.count,
		}),
		pathRevoke: h.respond.ClientOrigins("revocation", revocation.New(revocation.Deps{
			Clients: h.authenticator, Grants: h.grants, Respond: h.respond,
		}), origins.Allows, http.MethodPost),
		pathDeviceAuth: devices,
		pathDevice:     http.HandlerFunc(devices.Page),
		pathJWKS:       http.HandlerFunc(metadata.JWKS),
	}
	if len(h.config.Sites) > 0 {
		exact[pathSite] = h.sites
	}
	if h.config.Registration.On() {
		exact[pathRegister] = h.registrationEndpoint(h.registered)
	}
	base := strings.TrimSuffix(issuer.Path, "/")
	table := &routes{
		host: web.CanonicalHost(issuer.Host), exact: make(map[string]http.Handler, len(exact)),
		assets: base + pathAssets, asset: h.pages.AssetHandler(),
		webFinger: discovery.NewWebFinger(h.config.Issuer, h.webFingerHosts(issuer), h.respond),
	}
	for path, endpoint := range exact {
		table.exact[base+path] = endpoint
	}
	if mtls, err := url.Parse(h.config.MTLS.Origin); err == nil && mtls.Host != "" {
		table.mtlsHost, table.mtls = web.CanonicalHost(mtls.Host), make(map[string]http.Handler, len(forClients))
		for _, path := range forClients {
			table.mtls[base+path] = exact[path]
		}
	}
	for _, path := range discovery.Paths(issuer.Path) {
		table.exact[path] = metadata
	}
	return table
}

// webFingerHosts are the configured hosts, or else the issuer's.
func (h *rooms) webFingerHosts(issuer *url.URL) []string {
	if len(h.config.WebFinger) > 0 {
		return h.config.WebFinger
	}
	return []string{issuer.Host}
}

// find returns the endpoint that answers this request. A path with escapes is never one of ours:
// what decided and what answers must have read the same path.
func (t *routes) find(r *http.Request) (http.Handler, bool) {
	if r.URL.RawPath != "" {
		return nil, false
	}
	if r.URL.Path == discovery.WebFingerPath && t.webFinger.Serves(r.Host) {
		return t.webFinger, true
	}
	if web.CanonicalHost(r.Host) != t.host {
		return t.alias(r)
	}
	if endpoint, ok := t.exact[r.URL.Path]; ok {
		return endpoint, true
	}
	if strings.HasPrefix(r.URL.Path, t.assets) {
		return t.asset, true
	}
	return nil, false
}
