package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Why a client has no sector.
var (
	errNoSector     = errors.New("is needed for pairwise subjects: the redirect_uris do not share one host")
	errOthersSector = errors.New("is needed for pairwise subjects: a redirect_uri on the person's own device is nobody's host")
)

// Why the document at sector_identifier_uri does not speak for the client.
var (
	errNotAList  = errors.New("the document is not a JSON array of strings")
	errNotListed = errors.New("a redirect_uri is not in the document")
)

// Pairwise reports whether the client sees subjects that are for its sector alone (OIDC Core section 8).
func (c *Client) Pairwise() bool { return c.SubjectType == SubjectPairwise }

// Sector is the host behind the client's pairwise subjects: that of sector_identifier_uri, or the one host of all
// its redirect URIs, without a port (OIDC Core section 8.1). A redirect URI that every app on the device could
// use, by loopback or by a private-use scheme, names no sector: clients that have nothing to do with each
// other would share their subjects. The error says why there is none.
func (c *Client) Sector() (string, error) {
	if c.SectorIdentifierURI != "" {
		return sectorOf(c.SectorIdentifierURI)
	}
	if len(c.RedirectURIs) == 0 {
		return "", errNoSector
	}
	sector := ""
	for _, uri := range c.RedirectURIs {
		if oauth.IsLoopbackRedirect(uri) || oauth.IsPrivateUseRedirect(uri) {
			return "", errOthersSector
		}
		host, err := sectorOf(uri)
		switch {
		case err != nil:
			return "", err
		case sector != "" && host != sector:
			return "", errNoSector
		}
		sector = host
	}
	return sector, nil
}

// sectorOf is the host component of a URI, in one spelling.
func sectorOf(uri string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Hostname() == "" {
		return "", errNoSector
	}
	return strings.ToLower(u.Hostname()), nil
}

// CheckSector reads the document at sector_identifier_uri with get: it has to be a JSON array of strings and list
// every redirect URI, or whoever registers could join the sector of others and read their people's
// subjects (OIDC Dynamic Client Registration section 5). Without sector_identifier_uri there is nothing to check.
//
// It is for clients that register themselves. A configured client is the operator's word, and reading a
// configuration calls nobody.
func (c *Client) CheckSector(ctx context.Context, get func(ctx context.Context, uri string) ([]byte, error)) error {
	if c.SectorIdentifierURI == "" {
		return nil
	}
	document, err := get(ctx, c.SectorIdentifierURI)
	if err != nil {
		return oauth.InvalidClientMetadata("sector_identifier_uri cannot be read", err)
	}
	listed, err := readList(document)
	if err != nil {
		return oauth.InvalidClientMetadata("sector_identifier_uri leads to no list of redirect_uris", err)
	}
	for _, uri := range c.RedirectURIs {
		if !slices.Contains(listed, uri) {
			return oauth.InvalidClientMetadata("sector_identifier_uri does not list every redirect_uri", errNotListed)
		}
	}
	return nil
}

// readList reads a JSON array of nothing but strings. null would pass for one in a list of Go's strings, and a
// text that is not UTF-8 would be changed on the way.
func readList(document []byte) ([]string, error) {
	var entries []any
	if !utf8.Valid(document) || json.Unmarshal(document, &entries) != nil || entries == nil {
		return nil, errNotAList
	}
	list := make([]string, 0, len(entries))
	for i, entry := range entries {
		text, ok := entry.(string)
		if !ok {
			return nil, fmt.Errorf("%w: entry %d", errNotAList, i+1)
		}
		list = append(list, text)
	}
	return list, nil
}
