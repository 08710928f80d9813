package client

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// prefixDocument begins the client_id of every client that is described by a document of its own.
const prefixDocument = "https://"

var errNotADocumentID = errors.New("client_id is no URL of a metadata document")

// IsDocumentID reports whether id has the form of a Client ID Metadata Document's, which no sub may have.
func IsDocumentID(id string) bool { return strings.HasPrefix(id, prefixDocument) }

// documentURL reads a client_id that is the URL of a document (draft-ietf-oauth-client-id-metadata-document
// section 3): https with a path, without user information, query, fragment or dot segments, and in the one spelling
// that every reader makes of it. What can be written in two ways would be two clients with one document, or be
// judged as one URL and fetched as another.
func documentURL(id string) (*url.URL, error) {
	if checkID(id) != nil || !IsDocumentID(id) || strings.Contains(id, "?") || oauth.CheckRedirectURI(id, false) != nil {
		return nil, errNotADocumentID
	}
	u, err := url.Parse(id)
	switch {
	case err != nil || u.Path == "" || u.String() != id:
		return nil, errNotADocumentID
	case u.Host != strings.ToLower(u.Host) || strings.HasSuffix(u.Hostname(), ".") || u.Port() == "443":
		return nil, errNotADocumentID
	}
	return u, nil
}

// documentHost is the host that a document's URL names, with its port if that is not the default one.
func documentHost(id string) string {
	u, err := url.Parse(id)
	if err != nil {
		return ""
	}
	return u.Host
}

// CheckDocumentHosts says what is wrong with a list of hosts that metadata documents may be at: each is a host, or
// *. before a domain for all below it, with a port if that is not the default one.
func CheckDocumentHosts(allow []string) error {
	for i, entry := range allow {
		host := strings.TrimPrefix(entry, "*.")
		u, err := url.Parse(prefixDocument + host)
		if err != nil || u.Host != host || !oauth.PlainHost(u.Hostname()) || host != strings.ToLower(host) ||
			strings.HasSuffix(u.Hostname(), ".") || strings.HasSuffix(host, ":") || u.Port() == "443" {
			return fmt.Errorf("%q is not a host such as app.example.com or *.example.com", entry)
		}
		if slices.Contains(allow[:i], entry) {
			return fmt.Errorf("%s is named twice", entry)
		}
	}
	return nil
}

// allowsHost reports whether a host, with its port if it is not the default one, is on the list. An empty list
// allows all.
func allowsHost(allow []string, host string) bool {
	return len(allow) == 0 || slices.ContainsFunc(allow, func(entry string) bool {
		if domain, wide := strings.CutPrefix(entry, "*"); wide {
			return len(host) > len(domain) && strings.HasSuffix(host, domain)
		}
		return host == entry
	})
}
