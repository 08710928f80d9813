package site

import (
	"errors"
	"net/url"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// EnterPath is where below its URL a site takes the code: people come back there, and nowhere else.
const EnterPath = "/.gatehouse/enter"

// Site is a guarded web site whose people sign in here.
type Site struct {
	// Audience names it: the resource that its guard declares.
	Audience string
	// URL is where it is: an https URL without query and fragment, and without a slash at its end. The site is all
	// below it.
	URL string
}

// Check says what is wrong with a site.
func (s Site) Check() error {
	u, err := url.Parse(s.URL)
	switch {
	case err != nil, u.Scheme != "https", u.Hostname() == "", u.Opaque != "":
		return errors.New("is not the https URL of a site")
	case u.User != nil, strings.ContainsAny(s.URL, "?#"):
		return errors.New("must have no user, query or fragment")
	case strings.HasSuffix(u.Path, "/"):
		return errors.New("must not end in a slash")
	case u.RawPath != "", u.EscapedPath() != u.Path, strings.Contains(u.Path, "//"), strings.Contains(u.Path, "/."):
		return errors.New("has a path that can be read in two ways")
	case u.Host != strings.ToLower(u.Host), strings.HasSuffix(u.Hostname(), "."):
		return errors.New("must have its host in lower case, without a dot at the end")
	}
	return nil
}

// Origin is what browsers call the site.
func (s Site) Origin() string { return web.Origin(s.URL) }

// OnHostOf reports whether the site is on the host of the issuer, on whatever port: cookies do not tell ports apart
// (RFC 6265 section 8.5).
func (s Site) OnHostOf(issuer string) bool {
	return hostname(s.URL) != "" && hostname(s.URL) == hostname(issuer)
}

// Host is what people know the site by.
func (s Site) Host() string {
	u, err := url.Parse(s.URL)
	if err != nil {
		return ""
	}
	return u.Host
}

func hostname(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}

// CookiePrefix begins the names of all cookies that the provider of that name has at sites.
func CookiePrefix(provider string) string { return "__Host-gatehouse-" + provider + "-site-" }

// CookieName is the cookie of a site on a host of its own. Sites that share a host have different ones.
func CookieName(provider string, s Site) string {
	return CookiePrefix(provider) + keys.Digest(s.Audience)[:tagLength]
}

// tagLength is how much of a digest tells the sites of one host apart.
const tagLength = 12

// visitCookie ties a sign-in that was begun to the browser it was begun in.
func visitCookie(cookie string) string { return cookie + "-visit" }
