package client

import (
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestWhoGetsARefreshToken(t *testing.T) {
	offline := oauth.Scopes{"openid", "offline_access"}
	for _, at := range []struct {
		name    string
		client  Client
		granted oauth.Scopes
		may, is bool
	}{
		{"a device, offline", Client{GrantTypes: []string{oauth.GrantDeviceCode}, Scopes: offline}, offline, true, true},
		{"a device, online", Client{GrantTypes: []string{oauth.GrantDeviceCode}, Scopes: offline}, offline[:1], true, false},
		{"a device of plain OAuth", Client{GrantTypes: []string{oauth.GrantDeviceCode, oauth.GrantRefreshToken}}, oauth.Scopes{"api"}, true, true},
		{"a device without either", Client{GrantTypes: []string{oauth.GrantDeviceCode}}, oauth.Scopes{"api"}, false, false},
		{"never", Client{GrantTypes: []string{oauth.GrantDeviceCode}, Scopes: offline, Refresh: RefreshNever}, offline, false, false},
		{"always", Client{GrantTypes: []string{oauth.GrantDeviceCode}, Refresh: RefreshAlways}, offline[:1], true, true},
		{"a service", Client{GrantTypes: []string{oauth.GrantClientCredentials}, Scopes: offline}, offline, false, false},
	} {
		if may, is := at.client.MayRefresh(), at.client.Refreshes(at.granted); may != at.may || is != at.is {
			t.Errorf("%s: may %t, does %t", at.name, may, is)
		}
	}
}
