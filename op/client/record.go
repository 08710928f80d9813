package client

import (
	"errors"
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// stored is a registered client at rest; the names are those of RFC 7591 section 2 where it has one.
// What only an operator may grant (introspect, consent skip) has no place in it, so that no stored row
// and no registration can bring it in.
type stored struct {
	Name            string       `json:"client_name,omitempty"`
	ApplicationType string       `json:"application_type,omitempty"`
	AuthMethod      string       `json:"token_endpoint_auth_method"`
	Secrets         []string     `json:"secret_digests,omitempty"`
	RedirectURIs    []string     `json:"redirect_uris,omitempty"`
	GrantTypes      []string     `json:"grant_types,omitempty"`
	ResponseTypes   []string     `json:"response_types,omitempty"`
	Scopes          oauth.Scopes `json:"scopes,omitempty"`
	DefaultResource string       `json:"default_resource,omitempty"`
	Refresh         string       `json:"refresh,omitempty"`
	Disabled        bool         `json:"disabled,omitempty"`
	LogoURI         string       `json:"logo_uri,omitempty"`
	PolicyURI       string       `json:"policy_uri,omitempty"`
	TOSURI          string       `json:"tos_uri,omitempty"`
	ClientURI       string       `json:"client_uri,omitempty"`
	SubjectType     string       `json:"subject_type,omitempty"`
	IDTokenAlg      string       `json:"id_token_signed_response_alg,omitempty"`
	Contacts        []string     `json:"contacts,omitempty"`
}

// Record is the client as it is stored. Only a registered client can be: one with a single stated
// authentication method whose secrets are kept as digests.
func (c *Client) Record() (store.Record, error) {
	if len(c.AuthMethods) != 1 {
		return store.Record{}, errors.New("a registered client has one authentication method")
	}
	at := stored{
		Name: c.Name, ApplicationType: c.ApplicationType, AuthMethod: c.AuthMethods[0], RedirectURIs: c.RedirectURIs,
		GrantTypes: c.GrantTypes, ResponseTypes: c.ResponseTypes, Scopes: c.Scopes, DefaultResource: c.DefaultResource,
		Refresh: c.Refresh, Disabled: c.Disabled, LogoURI: c.LogoURI, PolicyURI: c.PolicyURI, TOSURI: c.TOSURI,
		ClientURI: c.ClientURI, SubjectType: c.SubjectType, IDTokenAlg: c.IDToken.Alg, Contacts: c.Contacts,
	}
	for _, secret := range c.Secrets {
		if secret.digest == "" {
			return store.Record{}, errors.New("a registered client's secrets are digests")
		}
		at.Secrets = append(at.Secrets, digestPrefix+secret.digest)
	}
	return store.Record{Kind: store.Clients, Key: c.ID, ClientID: c.ID, Body: store.Body(at)}, nil
}

func fromRecord(record store.Record) (*Client, error) {
	var at stored
	if err := record.Decode(&at); err != nil {
		return nil, err
	}
	c := &Client{
		ID: record.Key, Name: at.Name, ApplicationType: at.ApplicationType, AuthMethods: []string{at.AuthMethod},
		RedirectURIs: at.RedirectURIs, GrantTypes: at.GrantTypes, ResponseTypes: at.ResponseTypes, Scopes: at.Scopes,
		DefaultResource: at.DefaultResource, Refresh: at.Refresh, Disabled: at.Disabled, LogoURI: at.LogoURI,
		PolicyURI: at.PolicyURI, TOSURI: at.TOSURI, ClientURI: at.ClientURI, SubjectType: at.SubjectType,
		IDToken: Protection{Alg: at.IDTokenAlg}, Contacts: at.Contacts,
	}
	c.named()
	for _, form := range at.Secrets {
		secret, err := DigestSecret(form)
		if err != nil {
			return nil, fmt.Errorf("stored client: %w", err)
		}
		c.Secrets = append(c.Secrets, secret)
	}
	return c, nil
}
