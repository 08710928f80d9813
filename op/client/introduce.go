package client

import (
	"maps"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Introduction is what a page tells a person of a client, in their language.
type Introduction struct {
	Name      string `json:"name,omitempty"`
	LogoURI   string `json:"logo,omitempty"`
	PolicyURI string `json:"policy,omitempty"`
	TOSURI    string `json:"tos,omitempty"`
	// RedirectHost is where the browser will return to. It and ClientHost are those of these that a client cannot make up.
	RedirectHost string `json:"host,omitempty"`
	// ClientHost is the host of the document that describes the client, "" for every other client.
	ClientHost string `json:"client_host,omitempty"`
	// Unchecked says that the client registered itself: the rest is its own word.
	Unchecked bool `json:"unchecked,omitempty"`
}

// pagesLanguage is the language of our pages.
const pagesLanguage = "en"

// Introduce tells of the client in the first of these languages that each member has, the preferred first (RFC 4647
// section 3.4), else as it is without a tag. redirectURI is the proven one.
func (c *Client) Introduce(languages []string, redirectURI string) Introduction {
	told := Introduction{
		Name:         c.in(languages, memberName, c.Name),
		LogoURI:      c.in(languages, memberLogo, c.LogoURI),
		PolicyURI:    c.in(languages, memberPolicy, c.PolicyURI),
		TOSURI:       c.in(languages, memberTOS, c.TOSURI),
		RedirectHost: oauth.RedirectHost(redirectURI),
		Unchecked:    !c.Configured,
	}
	if c.described() {
		told.ClientHost = documentHost(c.ID)
	}
	return told
}

// in is the form of a member for who reads these languages. The form without a tag is in whatever language: it goes
// with our pages, so who prefers theirs to a language that is there is not given that one.
func (c *Client) in(languages []string, member, plain string) string {
	if len(c.Localized) == 0 {
		return plain
	}
	var tags []string
	for _, name := range slices.Sorted(maps.Keys(c.Localized)) { // sorted, so that each page says the same
		if tag, is := strings.CutPrefix(name, member+"#"); is {
			tags = append(tags, tag)
		}
	}
	for _, wanted := range languages {
		if tag, found := oauth.LookupLocale(wanted, tags); found {
			return c.Localized[member+"#"+tag]
		}
		if primary, _, _ := strings.Cut(wanted, "-"); strings.EqualFold(primary, pagesLanguage) {
			break
		}
	}
	return plain
}
