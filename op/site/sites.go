package site

import (
	"fmt"
	"net/http"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/metrics"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// endpoint is the name in the log.
const endpoint = "site"

// remembered bounds what is kept in memory of who is signed in.
const remembered = 100_000

// Deps are the rooms that a sign-in at a site goes through.
type Deps struct {
	// Issuer is the issuer identifier, and Provider the provider's name.
	Issuer, Provider string
	// Sites are those that are guarded.
	Sites []Site
	// Life is how long a sign-in that was begun may take.
	Life time.Duration

	// Generations are those of the tracked Store.
	Store        store.Store
	Generations  *store.Generations
	Secrets      *keys.Secrets
	Resources    *resource.Set
	Users        *user.Directory
	Sessions     *session.Sessions
	Interactions *interaction.Sealer
	SignIn       *signin.SignIn
	Respond      *web.Responder
	Now          func() time.Time
	// Lookups counts what is remembered of who is signed in.
	Lookups metrics.Cache
}

// Sites signs people in at the guarded sites of one provider.
type Sites struct {
	Deps
	known map[string]*place // by audience
	facts *otter.Cache[digest, *fact]
	serve http.HandlerFunc
}

// place is a site with what follows from the configuration.
type place struct {
	Site
	// own says that the site reads the provider's cookie.
	own bool
	// cookie is the site's, when it does not.
	cookie string
}

// New opens the sites. The error names one that cannot be.
func New(d Deps) (*Sites, error) {
	s := &Sites{Deps: d, known: make(map[string]*place, len(d.Sites))}
	for _, configured := range d.Sites {
		if err := configured.Check(); err != nil {
			return nil, fmt.Errorf("site %s: %w", configured.URL, err)
		}
		s.known[configured.Audience] = &place{
			Site: configured, own: configured.OnHostOf(d.Issuer), cookie: CookieName(d.Provider, configured),
		}
	}
	var err error
	s.facts, err = otter.New(&otter.Options[digest, *fact]{MaximumSize: remembered})
	if err != nil {
		return nil, err
	}
	s.serve = d.Respond.PageMethods(endpoint, map[string]http.HandlerFunc{http.MethodGet: s.get})
	return s, nil
}

// at finds a site by its audience. One that nobody configured is a mistake of the caller.
func (s *Sites) at(audience string) (*place, error) {
	found, ok := s.known[audience]
	if !ok {
		return nil, fmt.Errorf("site: %s is not configured", audience)
	}
	return found, nil
}
