package consent

import (
	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Needed reports whether the person must be asked: always for prompt=consent, and else unless the
// operator said to skip the page for this client or the person has approved all of it before.
func Needed(c *client.Client, prompts oauth.Prompts, remembered *Consent, asked Request) bool {
	switch {
	case prompts.Has(oauth.PromptConsent):
		return true
	case Skipped(c, asked.RedirectURI):
		return false
	case c.Public() && anybodys(asked.RedirectURI):
		// Any program on the machine can wear this client's name: only the person can tell.
		return true
	}
	return !remembered.Covers(asked)
}

// Skipped reports whether the operator's `consent skip` holds for a request: only a client the
// operator configured can have it, and never a public one that is answered on the person's own
// machine, where any program can pretend to be it (RFC 8252 section 8.6).
func Skipped(c *client.Client, redirectURI string) bool {
	return c.Configured && c.ConsentSkip && (!c.Public() || !anybodys(redirectURI))
}

// Terms digests what the consent page tells about the client beside scopes and redirect, so that a
// client which now calls itself something else, or has other terms, is asked for again.
func Terms(c *client.Client) string {
	return keys.Digest(c.Name + "\x00" + c.PolicyURI + "\x00" + c.TOSURI)
}

// anybodys reports whether the redirect goes to a program on the person's own machine, which no
// registration can tell from another.
func anybodys(redirectURI string) bool {
	return oauth.IsLoopbackRedirect(redirectURI) || oauth.IsPrivateUseRedirect(redirectURI)
}
