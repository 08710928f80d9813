package op

import (
	"errors"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
)

// MetadataDocuments says whether a client_id may be the URL of a document that describes the client
// (draft-ietf-oauth-client-id-metadata-document). Whoever has a web server can bring such a client.
type MetadataDocuments struct {
	On bool
	// Allow are the hosts that documents may be at, as app.example.com or *.example.com; empty for every host. Nothing
	// is fetched from another.
	Allow []string
}

func (c Config) checkMetadataDocuments(faults *faults) {
	faults.at("metadata_documents: allow", client.CheckDocumentHosts(c.MetadataDocuments.Allow))
	if !c.MetadataDocuments.On && len(c.MetadataDocuments.Allow) > 0 {
		faults.at("metadata_documents: allow", errors.New("means nothing while metadata documents are off"))
	}
}

// opens reports whether clients can come that nobody configured.
func (c Config) opens() bool { return c.Registration.On() || c.MetadataDocuments.On }

// documents are the clients that are described elsewhere, nil if there are none. They have outbound clients of
// their own: whoever names slow hosts keeps nobody else's keys waiting.
func (h *rooms) documents() *client.Documents {
	if !h.config.MetadataDocuments.On {
		return nil
	}
	out := h.config.documentsOutbound()
	return client.NewDocuments(client.DocumentsDeps{
		Fetch: fetch.New(out), FetchAllowed: fetch.New(out), Allow: h.config.MetadataDocuments.Allow,
		Offer: client.Offer{
			ResponseTypes: h.config.ResponseTypes, SigningAlgs: h.config.Signing.Algs, Scopes: h.resources.OpenScopes(), MTLS: h.config.MTLS.On,
		},
		OneHost: h.config.Strict, Throttle: h.state.documents, Now: h.state.now,
	})
}

// documentsOutbound is where documents are read. Private addresses that the operator opened are open to the hosts that
// the operator named, and not to whatever anybody on the Internet makes up: no sign-in comes before this request.
func (c Config) documentsOutbound() fetch.Policy {
	out := c.Outbound
	if len(c.MetadataDocuments.Allow) == 0 {
		out.Allow = nil
	}
	return out
}
