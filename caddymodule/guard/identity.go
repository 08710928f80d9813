package guard

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/maypok86/otter/v2"

	"github.com/seed-5b16f944/gatehouse/op"
)

// maxIdentities bounds what one guard remembers. A token that fell out costs its header values again.
const maxIdentities = 32768

var errNobody = errors.New("a person's token has no sub")

// identity is what a guard tells the rest of the request about one token. It is shared by all requests
// with that token and never written to.
type identity struct {
	values       []string // one for each header of the guard, "" for a header that stays away
	placeholders caddy.ReplacerFunc
	err          error // why the token cannot be told, nil if it can
	upstream     told
}

// identities makes each token's identity once. It remembers facts under the address of the provider's
// own fact, which lasts as long as that is remembered there; whether the token is live, and enough, is
// asked anew for every request.
type identities struct {
	names   []string // canonical header names, sorted
	sources []source
	made    *otter.Cache[*op.Token, *identity]
}

func newIdentities(names []string, sources []source) (*identities, error) {
	made, err := otter.New(&otter.Options[*op.Token, *identity]{MaximumSize: maxIdentities})
	return &identities{names: names, sources: sources, made: made}, err
}

// headerSources gives the canonical header names in a fixed order, and the source of each.
func headerSources(headers map[string]string) (names []string, sources []source) {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		names = append(names, http.CanonicalHeaderKey(name))
		sources = append(sources, sourceOf(headers[name]))
	}
	return names, sources
}

// of returns the identity of a live token.
func (ids *identities) of(t *op.Token) *identity {
	if known, ok := ids.made.GetIfPresent(t); ok {
		return known
	}
	// Requests that come at once share one, for what is made later of it as well.
	who, _ := ids.made.SetIfAbsent(t, ids.make(t))
	return who
}

func (ids *identities) make(t *op.Token) *identity {
	who := &identity{values: make([]string, len(ids.sources)), placeholders: placeholders(t)}
	if t.SignedIn && t.Subject == "" {
		who.err = errNobody
		return who
	}
	for i, from := range ids.sources {
		value, err := headerValue(from(t))
		if err != nil {
			who.err = err
			return who
		}
		who.values[i] = value
	}
	return who
}

// write puts the identity on a scrubbed request. Each request gets slices of its own: handlers further
// on may change header values in place (request_header does), and what one request changes no other
// may see.
func (who *identity) write(r *http.Request, names []string) {
	if len(names) > 0 {
		values := slices.Clone(who.values)
		for i, name := range names {
			if values[i] != "" {
				r.Header[name] = values[i : i+1 : i+1]
			}
		}
	}
	if replacer, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer); ok {
		replacer.Map(who.placeholders)
	}
}

// tellNobody makes the placeholders of a request without an identity empty. Unknown ones would reach the
// upstream by their names, and `{http.auth.user.id}` would be the name of everybody on a public path.
// What another handler sets under these names goes first all the same.
func tellNobody(r *http.Request) {
	if replacer, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer); ok {
		replacer.Map(nobody)
	}
}

func nobody(key string) (any, bool) {
	return "", strings.HasPrefix(key, "http.auth.user.") || strings.HasPrefix(key, "http.auth.client.")
}

// placeholders answers {http.auth.*} for one token. It is asked only when a placeholder is looked up,
// and its values are never expanded again. A user placeholder without a value is empty and not unknown:
// Caddy would leave its name standing in a header, and an upstream might take that for a name.
func placeholders(t *op.Token) caddy.ReplacerFunc {
	return func(key string) (any, bool) {
		field, ok := strings.CutPrefix(key, "http.auth.")
		if !ok {
			return nil, false
		}
		switch field {
		case "client.id":
			return t.ClientID, true
		case "client.scope":
			return t.Scopes.String(), true
		case "client.iss":
			return t.Issuer, true
		case "user.id":
			field = "user.sub"
		}
		name, ok := strings.CutPrefix(field, "user.")
		if !ok {
			return nil, false
		}
		if tokenSource(name) {
			return "", true // nothing of a token or a client is ever a user's
		}
		value, err := text(sourceOf(name)(t))
		return value, err == nil
	}
}
