package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// Why a document describes no client.
var (
	errNotJSONType    = errors.New("the document is not of a JSON type")
	errOtherDocument  = errors.New("client_id in the document is not its URL")
	errHasSecret      = errors.New("the document has a client_secret")
	errDocumentAuth   = errors.New("it is neither public nor proves itself by its keys")
	errNotAskedForOne = errors.New("it wants tokens bound to a certificate, and nobody is asked for one here")
	errNoKeyFor       = errors.New("it wants an algorithm that this provider has no key for")
)

// readDocument makes the client that a document describes, by the rules of a registration (RFC 7591) and those of
// draft-ietf-oauth-client-id-metadata-document section 4: client_id is exactly its URL, and as nobody can keep a
// secret in public, the client has none.
func (d *Documents) readDocument(id string, document fetch.Document) (*Client, error) {
	mediaType, _, err := mime.ParseMediaType(document.ContentType)
	isJSON := mediaType == "application/json" || strings.HasPrefix(mediaType, "application/") && strings.HasSuffix(mediaType, "+json")
	if err != nil || !isJSON {
		return nil, errNotJSONType
	}
	members, err := web.ParseObject(document.Body)
	if err != nil {
		return nil, err
	}
	if err := checkDocumentMembers(id, members); err != nil {
		return nil, err
	}
	sent, err := ReadMetadata(members)
	if err != nil {
		return nil, err
	}
	return d.describe(id, sent)
}

// checkDocumentMembers looks at the members that a registration does not have.
func checkDocumentMembers(id string, members map[string]json.RawMessage) error {
	for name := range members {
		switch lower := strings.ToLower(name); {
		case lower == "client_secret" || lower == "client_secret_expires_at":
			return errHasSecret
		case lower == "client_id" && name != lower:
			return errOtherDocument // some reader would take it for client_id
		}
	}
	var named string
	if json.Unmarshal(members["client_id"], &named) != nil || named != id {
		return errOtherDocument
	}
	return nil
}

// describe puts what a document says in order and holds it against the rules for every client. What would make us
// call somebody else on a stranger's word is not taken: request objects by reference, sectors of others.
func (d *Documents) describe(id string, sent Metadata) (*Client, error) {
	if sent.TokenEndpointAuthMethod == "" {
		sent.TokenEndpointAuthMethod = oauth.AuthNone
	}
	if method := sent.TokenEndpointAuthMethod; method != oauth.AuthNone && method != oauth.AuthPrivateKeyJWT {
		return nil, errDocumentAuth
	}
	if sent.CertificateBound != nil && *sent.CertificateBound && !d.Offer.MTLS {
		return nil, errNotAskedForOne
	}
	sent.RequestURIs, sent.SectorIdentifierURI = nil, ""
	m, err := sent.Effective(d.Offer)
	if err != nil {
		return nil, err
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	for _, alg := range []string{m.IDTokenAlg, m.UserinfoAlg} {
		if slices.Contains(keys.SigningAlgs, alg) && !slices.Contains(d.Offer.SigningAlgs, alg) {
			return nil, errNoKeyFor
		}
	}
	c, err := m.Client(id, d.Offer.Scopes)
	if err != nil {
		return nil, err
	}
	c.Document = &m
	faults := c.Check()
	if d.OneHost {
		faults = append(faults, c.CheckShownHosts()...)
	}
	for _, uri := range []string{m.JWKSURI, m.BackchannelLogoutURI} {
		if uri != "" && !allowsHost(d.Allow, documentHost(uri)) {
			faults = append(faults, errors.New("a URI that would be called is on a host that metadata_documents does not allow"))
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("metadata: %w", errors.Join(faults...))
	}
	return c, nil
}
