package guard

import (
	"errors"
	"fmt"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/seed-5b16f944/gatehouse/op"
)

// checkSite finds out where the site of a guard is that takes browsers.
func (g *Guard) checkSite(audience string) (op.Site, error) {
	if !g.Browser {
		return op.Site{}, unlessEmpty(g.Site)
	}
	if g.Site == "" {
		site := op.Site{Audience: audience, URL: strings.TrimSuffix(audience, "/")}
		if err := site.Check(); err != nil {
			return site, fmt.Errorf("the audience %w; name the URL of the site: browser <url>", err)
		}
		return site, nil
	}
	url, err := caddy.NewReplacer().ReplaceOrErr(g.Site, true, true)
	if err != nil {
		return op.Site{}, err
	}
	site := op.Site{Audience: audience, URL: strings.TrimSuffix(url, "/")}
	return site, site.Check()
}

func unlessEmpty(site string) error {
	if site == "" {
		return nil
	}
	return errors.New("a site is of a guard that takes browsers")
}
