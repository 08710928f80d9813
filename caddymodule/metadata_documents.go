package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/seed-5b16f944/gatehouse/op"
)

// MetadataDocuments lets clients come that are described by a document of their own, whose URL is their client_id
// (OAuth Client ID Metadata Document). Its presence turns them on.
type MetadataDocuments struct {
	// The hosts that documents may be at: `app.example.com`, or `*.example.com` for all below a domain, with a port if
	// it is not the default one. Nothing is fetched from another. Default: every host with a public address.
	Allow []string `json:"allow,omitempty"`
}

// UnmarshalCaddyfile reads which clients may be described by a document. Syntax:
//
//	metadata_documents {
//		allow <hosts...>
//	}
func (m *MetadataDocuments) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	return readBlock(d, "metadata_documents", words{
		"allow": list(&m.Allow),
	})
}

func (m *MetadataDocuments) config() op.MetadataDocuments {
	if m == nil {
		return op.MetadataDocuments{}
	}
	return op.MetadataDocuments{On: true, Allow: m.Allow}
}

// Interface guards
var _ caddyfile.Unmarshaler = (*MetadataDocuments)(nil)
