package client

import (
	"strings"
	"testing"
	"time"
)

// TestThreat091_NamesAreOnePlainLine: a name must not look like another, nor leave its place on the page.
func TestThreat091_NamesAreOnePlainLine(t *testing.T) {
	for _, name := range []string{"Web shop", "Ünïcödé", "ウェブショップ", "متجر", "فروشگاه\u200cمن", strings.Repeat("a", 200)} {
		checks(t, func(c *Client) { c.Name, c.Localized = name, map[string]string{"client_name#de": name} })
	}
	const reason = "has control or direction characters or is longer than 200 bytes"
	for _, name := range []string{"a\nb", "a\x00", "a\u0085", "\u202egnihsihp", "a\u2066b", "a\u2028b", "a\xff", strings.Repeat("a", 201)} {
		checks(t, func(c *Client) { c.Name = name }, "name: "+reason)
		checks(t, func(c *Client) { c.Localized = map[string]string{"client_name#de": name} }, "name#de: is empty, "+reason)
	}
	checks(t, func(c *Client) { c.Localized = map[string]string{"client_name#de": " "} }, "name#de: is empty, "+reason)
}

// OIDC Dynamic Client Registration section 2.1: members in several languages.
func TestMembersHaveLanguages(t *testing.T) {
	checks(t, func(c *Client) {
		c.Localized = map[string]string{
			"client_name#ja-Hani-JP": "ウェブショップ", "logo_uri#ja": "https://a.example/ja.png", "policy_uri#de": "https://a.example/de",
			"tos_uri#de-CH": "https://a.example/ch", "client_uri#zh-Hant": "https://a.example/zh",
		}
	})
	checks(t, func(c *Client) {
		c.Localized = map[string]string{
			"client_name": "x", "client_name#": "x", "client_name#ä": "x", "client_name#123": "x", "client_name#de#de": "x",
			"contacts#de": "x", "redirect_uris#de": "https://evil.example/", "tos_uri#de": "http://a.example/", "logo_uri#fr": "",
		}
	},
		`name: "" is not a language tag`, `name: "" is not a language tag`, `name: "123" is not a language tag`, `name: "de#de" is not a language tag`,
		`name: "ä" is not a language tag`, `name: "contacts#de" is not a member that has languages`, "logo_uri#fr: is not an https URL",
		`name: "redirect_uris#de" is not a member that has languages`, "tos_uri#de: is not an https URL",
	)
	checks(t, func(c *Client) {
		c.Localized = map[string]string{"client_name#de": "x", "client_name#DE": "y", "tos_uri#de": "https://a.example/"}
	}, "name#de: stands twice")
}

func TestContactsAndDefaultsAreHeldToTheirForm(t *testing.T) {
	length := func(d time.Duration) *time.Duration { return &d }
	for _, tt := range []struct {
		change func(*Client)
		want   []string
	}{
		{func(c *Client) { c.Contacts = []string{"ve7jtb@example.com", "The shop, 2nd floor"} }, nil},
		{func(c *Client) { c.Contacts = []string{"a\r\nBcc: b"} }, []string{"contacts: has one that is empty, has control or direction characters or is longer than 320 bytes"}},
		{func(c *Client) { c.Contacts = []string{strings.Repeat("a", 321), ""} }, []string{"contacts: has one that is empty, has control or direction characters or is longer than 320 bytes", "contacts: has one that is empty, has control or direction characters or is longer than 320 bytes"}},
		{func(c *Client) { c.DefaultMaxAge = length(0) }, nil},
		{func(c *Client) { c.DefaultMaxAge = length(time.Hour) }, nil},
		{func(c *Client) { c.DefaultMaxAge = length(-time.Second) }, []string{"default_max_age: is negative"}},
		{func(c *Client) { c.DefaultACRValues = []string{"pwd", "urn:mace:incommon:iap:silver"} }, nil},
		{func(c *Client) { c.DefaultACRValues = []string{"pwd", "pwd"} }, []string{`default_acr_values: "pwd" is named twice`}},
		{func(c *Client) { c.DefaultACRValues = []string{"a b"} }, []string{"default_acr_values: has one that is empty, has spaces, control or direction characters, or is longer than 256 bytes"}},
		{func(c *Client) { c.DefaultACRValues = []string{""} }, []string{"default_acr_values: has one that is empty, has spaces, control or direction characters, or is longer than 256 bytes"}},
	} {
		checks(t, tt.change, tt.want...)
	}
}
