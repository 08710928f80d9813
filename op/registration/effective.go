package registration

import (
	"encoding/json"
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// readEffective reads the metadata of a request: the object as it was sent, and what of it comes into effect.
func (e *Endpoint) readEffective(w http.ResponseWriter, r *http.Request) (map[string]json.RawMessage, client.Metadata, error) {
	object, err := web.Object(w, r)
	if err != nil {
		return nil, client.Metadata{}, err
	}
	sent, err := client.ReadMetadata(object)
	if err != nil {
		return nil, client.Metadata{}, err
	}
	effective, err := e.effective(sent)
	return object, effective, err
}

// effective is the metadata that comes into effect when this was sent. Where strangers register, no client may
// have tokens for itself: a resource that is open to all clients would be open to them without anybody having
// signed in.
func (e *Endpoint) effective(m client.Metadata) (client.Metadata, error) {
	return m.Effective(e.offer(m))
}

// offer is what the provider has for a client of this metadata.
func (e *Endpoint) offer(m client.Metadata) client.Offer {
	return client.Offer{
		ResponseTypes: e.Abilities.ResponseTypes, SigningAlgs: e.Abilities.SigningAlgs, Scopes: e.Registrations.Scopes,
		ForItself: !e.Policy.open() && m.TokenEndpointAuthMethod != oauth.AuthNone,
	}
}
