package client

import (
	"errors"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// Check says what is wrong with the members that describe no part of a Client: where its sessions end. Every
// redirect rule holds for them as well, so that no logout sends anybody where no sign-in may.
func (m Metadata) Check() error {
	native := m.ApplicationType == ApplicationNative
	for i, uri := range m.PostLogoutRedirectURIs {
		if err := oauth.CheckRedirectURI(uri, native); err != nil {
			return badMember("post_logout_redirect_uris", "has one that may not be registered", err)
		}
		if slices.Contains(m.PostLogoutRedirectURIs[:i], uri) {
			return badMember("post_logout_redirect_uris", "names one twice", nil)
		}
	}
	for _, one := range []struct{ name, uri string }{
		{"frontchannel_logout_uri", m.FrontchannelLogoutURI},
		{"backchannel_logout_uri", m.BackchannelLogoutURI},
	} {
		if one.uri == "" {
			continue
		}
		if err := oauth.CheckRedirectURI(one.uri, false); err != nil {
			return badMember(one.name, "may not be registered", err)
		}
	}
	// OpenID Connect Front-Channel Logout section 2: of the scheme, host and port of a redirect URI.
	if uri := m.FrontchannelLogoutURI; uri != "" && !slices.ContainsFunc(m.RedirectURIs, func(other string) bool {
		return web.Origin(other) == web.Origin(uri)
	}) {
		return badMember("frontchannel_logout_uri", "has another origin than the redirect_uris", errors.New("none has its origin"))
	}
	return nil
}
