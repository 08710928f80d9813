package client

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// The longest texts, in bytes.
const (
	maxName    = 200 // what is shown of a client's name
	maxContact = 320 // what a mail address can have
	maxACR     = 256
)

// The members that people read, which may be there in several languages (OIDC Dynamic Client Registration section
// 2.1), and what the configuration calls them.
const (
	memberName   = "client_name"
	memberLogo   = "logo_uri"
	memberPolicy = "policy_uri"
	memberTOS    = "tos_uri"
	memberClient = "client_uri"
)

// checkTexts keeps what people or programs read plain.
func (c *Client) checkTexts(f *faults) {
	if !plainText(c.Name, maxName) {
		f.add("name: has control or direction characters or is longer than %d bytes", maxName)
	}
	c.checkLocalized(f)
	for _, contact := range c.Contacts {
		if contact == "" || !plainText(contact, maxContact) {
			f.add("contacts: has one that is empty, has control or direction characters or is longer than %d bytes", maxContact)
		}
	}
	if c.DefaultMaxAge != nil && *c.DefaultMaxAge < 0 {
		f.add("default_max_age: is negative")
	}
	for i, value := range c.DefaultACRValues {
		if value == "" || !plainText(value, maxACR) || strings.ContainsRune(value, ' ') {
			f.add("default_acr_values: has one that is empty, has spaces, control or direction characters, or is longer than %d bytes", maxACR)
		}
		f.once("default_acr_values", c.DefaultACRValues[:i], value)
	}
}

// checkLocalized holds each form in another language to the rules of the member itself. No language may be there
// twice, since tags are the same in whatever case (RFC 5646 section 2.1.1).
func (c *Client) checkLocalized(f *faults) {
	seen := make(map[string]bool, len(c.Localized))
	for _, name := range slices.Sorted(maps.Keys(c.Localized)) {
		member, tag, _ := strings.Cut(name, "#")
		field := configured(member) + "#" + tag
		text := c.Localized[name]
		if !slices.Contains([]string{memberName, memberLogo, memberPolicy, memberTOS, memberClient}, member) {
			f.add("name: %q is not a member that has languages", name)
			continue
		}
		if !oauth.ValidLocale(tag) {
			f.add("%s: %q is not a language tag", configured(member), tag)
			continue
		}
		if key := member + "#" + strings.ToLower(tag); seen[key] {
			f.add("%s: stands twice", field)
		} else {
			seen[key] = true
		}
		switch {
		case member != memberName:
			f.shown(field, text)
		case strings.TrimSpace(text) == "" || !plainText(text, maxName):
			f.add("%s: is empty, has control or direction characters or is longer than %d bytes", field, maxName)
		}
	}
}

// configured is the word that the configuration has for a member.
func configured(member string) string {
	if member == memberName {
		return "name"
	}
	return member
}

// plainText reports whether text is UTF-8 of one line, of at most so many bytes, that shows its characters in the
// order in which they stand: embeddings and overrides of the direction could make one name look like another
// (Unicode Technical Report 36 section 2.5.1).
func plainText(text string, most int) bool {
	return len(text) <= most && utf8.ValidString(text) && !strings.ContainsFunc(text, func(c rune) bool {
		return unicode.IsControl(c) || c == '\u2028' || c == '\u2029' || '\u202a' <= c && c <= '\u202e' || '\u2066' <= c && c <= '\u2069'
	})
}
