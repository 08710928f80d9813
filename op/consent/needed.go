package consent

import (
	"maps"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Needed reports whether the person must be asked: always for prompt=consent, and else unless the
// operator said to skip the page for this client or the person has approved all of it before.
func Needed(c *client.Client, prompts oauth.Prompts, remembered *Consent, asked Request) bool {
	if prompts.Has(oauth.PromptConsent) {
		return true
	}
	return !Skipped(c, asked.RedirectURI) && !Remembered(c, remembered, asked)
}

// Skipped reports whether the operator's `consent skip` holds for a request: only a client the
// operator configured can have it, and never one that anybody can wear the name of.
func Skipped(c *client.Client, redirectURI string) bool {
	return c.Configured && c.ConsentSkip && !anybodys(c, redirectURI)
}

// Remembered reports whether the person has approved all of it before, and that still speaks for the
// client: anybody can wear the name of some, and then only the person can tell.
func Remembered(c *client.Client, remembered *Consent, asked Request) bool {
	return !anybodys(c, asked.RedirectURI) && remembered.covers(asked)
}

// Terms digests what pages tell about the client beside scopes and redirect, in every language, so that a client
// which now calls itself something else, shows another logo or has other terms is asked for again.
func Terms(c *client.Client) string {
	told := []string{c.Name, c.PolicyURI, c.TOSURI}
	if c.LogoURI != "" {
		told = append(told, "logo_uri", c.LogoURI)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Localized)) {
		if !strings.HasPrefix(name, "client_uri#") { // no page shows it
			told = append(told, name, c.Localized[name])
		}
	}
	return keys.Digest(strings.Join(told, "\x00"))
}

// anybodys reports whether any program can pretend to be the client (RFC 8252 section 8.6): it has no
// secret, and the redirect goes to the person's own machine, where no registration tells one program
// from another.
func anybodys(c *client.Client, redirectURI string) bool {
	return c.Public() && (oauth.IsLoopbackRedirect(redirectURI) || oauth.IsPrivateUseRedirect(redirectURI))
}
