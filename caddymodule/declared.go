package caddymodule

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/seed-5b16f944/gatehouse/caddymodule/guard"
	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
)

// declared collects the resources of one provider: those of its own configuration, and those that guards
// declare while everything is provisioned. All Provisions end before the first request, so the set is closed
// when the provider begins and never changes while it serves.
type declared struct {
	issuer  string
	clients []*op.Client
	own     []op.Resource
	// registration says that clients can come which nobody configured, and get the scopes of what is open to all.
	registration bool

	mu     sync.Mutex
	guards map[string]op.Resource // by normalised URI
	sites  map[string]op.Site     // of guards that take browsers, by audience
	served map[string]bool        // the URIs of own resources that guards stand for
	closed bool
}

var (
	errTooLate  = errors.New("resources are declared while the configuration is provisioned, not later")
	errConflict = errors.New("is declared already with another definition; " +
		"declare it once, as a resource of the provider, for guards that need different scopes")
)

func (d *declared) configure(issuer string, own []op.Resource, clients []*op.Client) {
	d.issuer, d.own, d.clients = issuer, own, clients
	d.guards, d.served = make(map[string]op.Resource), make(map[string]bool)
	d.sites = make(map[string]op.Site)
}

// add declares the resource of a guard. Where the provider's configuration declares the
// resource, that definition stands and the guard must fit into it. Between guards an equal definition again
// changes nothing: one site on several listeners provisions its guard several times.
func (d *declared) add(said guard.Declaration) error {
	r := said.Resource
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errTooLate
	}
	if _, err := resource.NewSet(d.issuer, []op.Resource{r}, nil); err != nil {
		return err
	}
	uri, err := oauth.NormalizeResource(r.URI)
	if err != nil {
		return err
	}
	if own, found := d.configured(uri); found {
		d.served[own.URI] = true
		return errors.Join(checkFits(r, own), d.checkObtainable(own, said.Needed))
	}
	if len(r.DefaultScopes) == 0 {
		r.DefaultScopes = said.Always
	}
	if earlier, found := d.guards[uri]; found && !earlier.Equal(r) {
		return errConflict
	}
	d.guards[uri] = r
	return d.checkObtainable(r, said.Needed)
}

// warnings tells of resources that are declared and that nobody is seen to serve: no guard, and no client that
// introspects their tokens.
func (d *declared) warnings() (all []string) {
	for _, r := range d.own {
		if !d.served[r.URI] && !slices.ContainsFunc(d.clients, func(c *op.Client) bool { return introspects(c, r) }) {
			all = append(all, fmt.Sprintf("resource %s: no guard serves it, and no client introspects its tokens; "+
				"if it is served elsewhere, that server has to check them by the keys of the provider", r.URI))
		}
	}
	return all
}

func introspects(c *op.Client, r op.Resource) bool {
	wanted, err := oauth.NormalizeResource(r.URI)
	return err == nil && slices.ContainsFunc(c.Introspect, func(uri string) bool {
		named, err := oauth.NormalizeResource(uri)
		return err == nil && named == wanted
	})
}

// configured finds the resource in the provider's own configuration.
func (d *declared) configured(uri string) (op.Resource, bool) {
	for _, r := range d.own {
		if own, err := oauth.NormalizeResource(r.URI); err == nil && own == uri {
			return r, true
		}
	}
	return op.Resource{}, false
}

// checkFits reports what a guard says of its resource that the provider's own definition says otherwise.
func checkFits(said, own op.Resource) error {
	var faults []error
	if foreign := said.Scopes.Without(own.Scopes); len(foreign) > 0 {
		faults = append(faults, fmt.Errorf("scopes: the resource of the provider has no scope %s", foreign))
	}
	if len(said.DefaultScopes) > 0 && !said.DefaultScopes.Equal(own.DefaultScopes) {
		faults = append(faults, errors.New("default_scopes: the resource of the provider has others"))
	}
	if said.Name != "" && said.Name != own.Name {
		faults = append(faults, errors.New("name: the resource of the provider has another"))
	}
	if len(said.Descriptions) > 0 {
		faults = append(faults, errors.New("describe: the resource is the provider's; describe its scopes there, by scope"))
	}
	if said.Token != "" && said.Token != cmp.Or(own.Token, resource.TokenJWT) {
		faults = append(faults, errors.New("token: the resource of the provider has another format"))
	}
	if said.AnyClient != own.AnyClient && said.AnyClient ||
		len(said.Clients) > 0 && !oauth.Scopes(said.Clients).Equal(oauth.Scopes(own.Clients)) {
		faults = append(faults, errors.New("clients: the resource of the provider has others"))
	}
	return errors.Join(faults...)
}

// checkObtainable reports scopes that a guard asks for and nobody can ever get: unless clients register
// themselves for what is open to all, a configured one must be able to.
func (d *declared) checkObtainable(r op.Resource, needed []string) error {
	if d.registration && r.AnyClient {
		return nil
	}
	var faults []error
	for _, scope := range needed {
		if !slices.ContainsFunc(d.clients, func(c *op.Client) bool {
			return !c.Disabled && c.Scopes.Has(scope) && r.Admits(c.ID, c.Scopes, true)
		}) {
			faults = append(faults, fmt.Errorf("scope %s: no configured client can get it for this resource; give it to one among its scopes", scope))
		}
	}
	return errors.Join(faults...)
}

// all closes the sets and returns them, in an order that does not depend on the order of provisioning.
func (d *declared) all() ([]op.Resource, []op.Site) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	resources := slices.Clone(d.own)
	for _, uri := range slices.Sorted(maps.Keys(d.guards)) {
		resources = append(resources, d.guards[uri])
	}
	sites := make([]op.Site, 0, len(d.sites))
	for _, audience := range slices.Sorted(maps.Keys(d.sites)) {
		sites = append(sites, d.sites[audience])
	}
	return resources, sites
}
