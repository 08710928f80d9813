package authorize

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/fetch"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

const (
	// maxRequestObjects bounds what is remembered of request_uri values, in objects of at most keys.MaxJWS bytes.
	maxRequestObjects = 256
	// longestObject is how long an object is remembered at most.
	longestObject = 24 * time.Hour
)

// Why a request_uri was refused, for the log alone.
var (
	errUnregisteredURI = errors.New("request_uri is not registered")
	errLongObject      = errors.New("the object is longer than any is read")
)

// requestURIs reads request objects that clients keep at an address (OIDC Core section 6.2), only at addresses
// that they registered: whoever could name any would make us ask anybody (CVE-2020-10770). It is safe for
// concurrent use.
type requestURIs struct {
	fetch   *fetch.Client
	now     func() time.Time
	flights singleflight.Group
	kept    *otter.Cache[string, keptObject]
}

type keptObject struct {
	text  string
	until time.Time
}

func newRequestURIs(f *fetch.Client, now func() time.Time) *requestURIs {
	return &requestURIs{fetch: f, now: now, kept: otter.Must(&otter.Options[string, keptObject]{MaximumSize: maxRequestObjects})}
}

// get gives the object at a request_uri of the client. With the hash of the object as its fragment it is remembered,
// since another object has another URI then; else it is for as long as the answer says.
func (u *requestURIs) get(ctx context.Context, c *client.Client, uri string) (string, error) {
	if !registeredRequestURI(c, uri) {
		return "", oauth.InvalidRequestURI("request_uri is not registered", errUnregisteredURI)
	}
	if text, known := u.known(uri); known {
		return text, nil
	}
	got, err, _ := u.flights.Do(uri, func() (any, error) {
		// Others wait for this, who have not given up.
		return u.read(context.WithoutCancel(ctx), uri)
	})
	text, _ := got.(string)
	switch {
	case errors.Is(err, oauth.ErrUnavailable):
		return "", err
	case err != nil:
		return "", oauth.InvalidRequestURI("nothing can be read at request_uri", err)
	}
	return text, nil
}

// registeredRequestURI compares with and without the fragment: a client that registers the bare address changes
// the fragment with the object (OIDC Dynamic Client Registration section 2, request_uris).
func registeredRequestURI(c *client.Client, uri string) bool {
	bare, _, _ := strings.Cut(uri, "#")
	return slices.Contains(c.RequestURIs, uri) || slices.Contains(c.RequestURIs, bare)
}

func (u *requestURIs) read(ctx context.Context, uri string) (string, error) {
	document, err := u.fetch.Get(ctx, uri)
	if err != nil {
		return "", err
	}
	if len(document.Body) > keys.MaxJWS {
		return "", errLongObject
	}
	fresh := document.FreshFor
	if _, fragment, _ := strings.Cut(uri, "#"); isHash(fragment, document.Body) {
		fresh = longestObject
	}
	text := strings.TrimSpace(string(document.Body))
	if fresh > 0 {
		u.kept.Set(uri, keptObject{text: text, until: u.now().Add(min(fresh, longestObject))})
	}
	return text, nil
}

// isHash reports whether a fragment is the base64url SHA-256 of an object (OIDC Core section 6.2). It should be, but
// need not: a client that registers the URI before it has the object, as the conformance suite does, hangs something
// else there, which says no more than that it differs from what was there before. The object is trusted for its
// signature, not for its address.
func isHash(fragment string, body []byte) bool {
	sum := sha256.Sum256(body)
	return strings.TrimRight(fragment, "=") == base64.RawURLEncoding.EncodeToString(sum[:])
}

func (u *requestURIs) known(uri string) (string, bool) {
	kept, there := u.kept.GetIfPresent(uri)
	return kept.text, there && u.now().Before(kept.until)
}
