package account

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// mostShown bounds each list of the page.
const mostShown = 100

// applications are the clients that the person allowed something, the one used last first.
func (e *Endpoint) applications(ctx context.Context, of *user.User) (shown []application, more bool, err error) {
	consents, more, err := e.Consents.List(ctx, of.Account)
	if err != nil {
		return nil, false, err
	}
	slices.SortFunc(consents, func(a, b *consent.Consent) int {
		return cmp.Or(b.UsedAt.Compare(a.UsedAt), cmp.Compare(a.ClientID, b.ClientID))
	})
	if len(consents) > mostShown {
		consents, more = consents[:mostShown], true
	}
	for _, given := range consents {
		one, err := e.application(ctx, given)
		if err != nil {
			return nil, false, err
		}
		shown = append(shown, one)
	}
	return shown, more, nil
}

func (e *Endpoint) application(ctx context.Context, given *consent.Consent) (application, error) {
	now := e.Now()
	shown := application{
		ID: given.ClientID, Name: given.ClientID, Hosts: hosts(given.RedirectURIs), Scopes: append(e.scopeLines(given.Scopes), claimLines(given.Claims)...),
		Resources: e.resourceLines(given.Resources), Allowed: momentOf(given.GrantedAt, now), Used: momentOf(given.UsedAt, now),
	}
	c, err := e.Clients.Get(ctx, given.ClientID)
	if errors.Is(err, client.ErrNotFound) {
		shown.Gone = true
		return shown, nil
	}
	if err != nil {
		return application{}, err
	}
	shown.Name, shown.Gone, shown.ByOperator = called(c), c.Disabled, byOperator(c)
	if len(shown.Hosts) == 0 {
		// The consent remembers no redirect to the person's own device, but the client has one.
		shown.Hosts = hosts(c.RedirectURIs)
	}
	return shown, nil
}

// byOperator reports whether the client gets access without what the person allowed, so that taking that
// back would be an empty promise.
func byOperator(c *client.Client) bool {
	return slices.ContainsFunc(c.RedirectURIs, func(uri string) bool { return consent.Skipped(c, uri) })
}

// clientName is what to call a client that may be gone.
func (e *Endpoint) clientName(ctx context.Context, id string) (string, error) {
	c, err := e.Clients.Get(ctx, id)
	if errors.Is(err, client.ErrNotFound) {
		return id, nil
	}
	if err != nil {
		return "", err
	}
	return called(c), nil
}

func called(c *client.Client) string { return cmp.Or(c.Name, c.ID) }

func hosts(uris []string) []string {
	var all []string
	for _, uri := range uris {
		if host := oauth.RedirectHost(uri); host != "" && !slices.Contains(all, host) {
			all = append(all, host)
		}
	}
	return all
}

func (e *Endpoint) scopeLines(scopes oauth.Scopes) []scopeLine {
	lines := make([]scopeLine, 0, len(scopes))
	for _, name := range scopes {
		lines = append(lines, scopeLine{Name: name, Description: e.Resources.Describe(name)})
	}
	return lines
}

// claimLines are the claims that were allowed one by one.
func claimLines(names []string) []scopeLine {
	lines := make([]scopeLine, 0, len(names))
	for _, name := range names {
		lines = append(lines, scopeLine{Name: name, Description: user.DescribeClaim(name)})
	}
	return lines
}

// resourceLines leaves the provider itself out: the person is looking at it. What is not declared any
// more is shown by its URI, since the consent for it stands.
func (e *Endpoint) resourceLines(uris []string) []resourceLine {
	var lines []resourceLine
	for _, uri := range uris {
		line := resourceLine{URI: uri}
		if r, ok := e.Resources.Get(uri); ok {
			line = resourceLine{Name: r.Name, URI: r.URI}
		}
		if line.URI != e.Issuer {
			lines = append(lines, line)
		}
	}
	return lines
}
