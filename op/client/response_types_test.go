package client

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// OIDC Dynamic Client Registration section 2: which grant types go with which response types.
func TestResponseTypesAndGrantTypes(t *testing.T) {
	code, implicit := oauth.GrantAuthorizationCode, oauth.GrantImplicit
	for _, tt := range []struct {
		responseTypes, grantTypes []string
		allowed                   []string
		fragments                 bool
		faults                    []string
	}{
		{nil, nil, []string{"code"}, false, nil},
		{nil, []string{code}, []string{"code"}, false, nil},
		{nil, []string{oauth.GrantClientCredentials}, nil, false, nil},
		{[]string{"none"}, nil, []string{"none"}, false, nil},
		{[]string{"code", "none"}, []string{code}, []string{"code", "none"}, false, nil},
		{[]string{"id_token"}, nil, []string{"id_token"}, true, nil},
		{[]string{"id_token"}, []string{implicit}, []string{"id_token"}, true, nil},
		{[]string{"id_token token", "code"}, nil, []string{"code", "id_token token"}, true, nil},
		{[]string{"code id_token"}, nil, []string{"code id_token"}, true, nil},
		{[]string{"code token"}, []string{code, implicit}, []string{"code token"}, true, nil},
		{[]string{"code id_token token"}, []string{code, implicit, oauth.GrantRefreshToken}, []string{"code id_token token"}, true, nil},
		{[]string{"id_token"}, []string{code}, nil, false, []string{`response_types: "id_token" needs grant_types implicit`}},
		{[]string{"code token"}, []string{code}, nil, false, []string{`response_types: "code token" needs grant_types implicit`}},
		{[]string{"code id_token", "id_token"}, []string{implicit}, nil, false, []string{`response_types: "code id_token" needs grant_types authorization_code`}},
		{[]string{"token"}, []string{implicit}, nil, false, []string{`response_types: "token" is not supported: code, id_token, id_token token, code id_token, code token, code id_token token, none`}},
		{[]string{"token id_token"}, []string{implicit}, nil, false, []string{`response_types: "token id_token" is not supported: code, id_token, id_token token, code id_token, code token, code id_token token, none`}},
	} {
		c := &Client{ResponseTypes: tt.responseTypes, GrantTypes: tt.grantTypes}
		f := &faults{}
		c.checkResponseTypes(f)
		var told []string
		for _, fault := range f.list {
			told = append(told, fault.Error())
		}
		if diff := cmp.Diff(tt.faults, told); diff != "" {
			t.Errorf("%v with %v (-want +got):\n%s", tt.responseTypes, tt.grantTypes, diff)
		}
		if len(tt.faults) > 0 {
			continue // what has a fault is never in a registry
		}
		for _, responseType := range append([]string{"", "token", "id_token code"}, oauth.ResponseTypes...) {
			if got := c.AllowsResponseType(responseType); got != slices.Contains(tt.allowed, responseType) {
				t.Errorf("%v with %v: %q allowed: %t", tt.responseTypes, tt.grantTypes, responseType, got)
			}
		}
		if c.ReadsFragments() != tt.fragments {
			t.Errorf("%v with %v: reads fragments: %t", tt.responseTypes, tt.grantTypes, !tt.fragments)
		}
	}
}

// Without a code there is nothing to redeem and nothing to refresh with.
func TestAnImplicitClientHasNoCodes(t *testing.T) {
	c := &Client{ResponseTypes: []string{"id_token token"}, Scopes: oauth.Scopes{"openid", "offline_access"}}
	for _, grantType := range []string{oauth.GrantAuthorizationCode, oauth.GrantRefreshToken, oauth.GrantClientCredentials} {
		if c.AllowsGrantType(grantType) {
			t.Errorf("it may use %s", grantType)
		}
	}
	if !c.AllowsGrantType(oauth.GrantImplicit) || (&Client{}).AllowsGrantType(oauth.GrantImplicit) {
		t.Error("implicit is for whoever has a response type of it, and nobody else")
	}
}

// OIDC Core section 2: none is for ID tokens that come from the token endpoint alone.
func TestAnUnsignedIDTokenNeverComesThroughTheBrowser(t *testing.T) {
	for _, responseType := range oauth.ResponseTypes {
		c := &Client{ResponseTypes: []string{responseType}, IDToken: Protection{Alg: "none"}}
		front := oauth.Yields(responseType, "id_token")
		if c.AllowsResponseType(responseType) == front {
			t.Errorf("%s with alg none: allowed %t", responseType, !front)
		}
	}
}
