package issuer

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/shelf"
)

// metadataLife is how long an issuer's metadata is used. Of all that it says only the place of the keys counts.
var metadataLife = shelf.Life{AtLeast: time.Hour, AtMost: 24 * time.Hour, Ahead: true}

// Faults of metadata.
var (
	errOtherMetadata = errors.New("metadata is that of another issuer")
	errNoJWKSURI     = errors.New("metadata has no jwks_uri over https")
)

// metadata knows where an issuer publishes its keys.
type metadata struct {
	places []string
	shelf  *shelf.Shelf[string]
}

func newMetadata(issuer string, f shelf.Getter, now func() time.Time) *metadata {
	parse := func(body []byte) (string, error) { return readMetadata(issuer, body) }
	return &metadata{places: metadataPlaces(issuer), shelf: shelf.New(f, metadataLife, parse, now)}
}

// jwksURI is the place of the keys by the first document there is.
func (m *metadata) jwksURI(ctx context.Context) (string, error) {
	var faults []error
	for _, place := range m.places {
		held, err := m.shelf.Get(ctx, place)
		if err == nil {
			return held.Value, nil
		}
		faults = append(faults, err)
	}
	return "", unavailable("metadata", errors.Join(faults...))
}

// metadataPlaces are where metadata may lie: below the issuer (OIDC Discovery section 4), or between its host and its
// path (RFC 8414 section 3.1).
func metadataPlaces(issuer string) []string {
	below := strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration"
	u, err := url.Parse(issuer)
	if err != nil {
		return []string{below}
	}
	inserted := url.URL{
		Scheme: u.Scheme, Host: u.Host,
		Path: "/.well-known/oauth-authorization-server" + strings.TrimSuffix(u.Path, "/"),
	}
	return []string{below, inserted.String()}
}

// readMetadata gives the place of the keys. The document has to name the very issuer that it was asked for (RFC 8414
// section 3.3), or whoever may write on that host could speak for others.
func readMetadata(issuer string, body []byte) (string, error) {
	members, err := oauth.ReadObject(body)
	if err != nil {
		return "", err
	}
	if members["issuer"] != issuer {
		return "", errOtherMetadata
	}
	uri, _ := members["jwks_uri"].(string)
	if u, err := url.Parse(uri); err != nil || u.Scheme != "https" || u.Host == "" {
		return "", errNoJWKSURI
	}
	return uri, nil
}
