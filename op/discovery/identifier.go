package discovery

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-5b16f944/gatehouse/op/web"
)

// maxIdentifier is the most bytes that an identifier may have.
const maxIdentifier = 2048

// identifier is what a person typed to be found by, after normalization (OIDC Discovery section 2.1).
type identifier struct {
	// subject is the normalized identifier, a URI.
	subject string
	// host is where it belongs, as web.CanonicalHost writes it; "" for a URI that belongs to no host.
	host string
	// portless says that the kind of identifier has no port, so that host stands for every port of it.
	portless bool
}

// on reports whether the identifier belongs to one of the hosts.
func (i identifier) on(hosts []string) bool {
	return i.host != "" && slices.ContainsFunc(hosts, func(host string) bool {
		return host == i.host || i.portless && hostname(host) == i.host
	})
}

// parseIdentifier reads a resource: an acct URI, an http or https URL, or what has no scheme yet. Clients
// normalize, but not all of them and not all alike. Any other URI is well-formed and belongs to no host.
func parseIdentifier(resource string) (identifier, bool) {
	if len(resource) > maxIdentifier || !utf8.ValidString(resource) || strings.ContainsFunc(resource, notInURI) {
		return identifier{}, false
	}
	if scheme, rest, found := strings.Cut(resource, ":"); found && strings.EqualFold(scheme, "acct") {
		return parseAccount(rest)
	}
	if strings.Contains(resource, "://") {
		return parseURL(resource)
	}
	authority := resource
	if end := strings.IndexAny(resource, "/?#"); end >= 0 {
		authority = resource[:end]
	}
	// Section 2.1.2: without a scheme it is a URL, unless all there is are a user and a host.
	switch after, colon := afterColon(authority); {
	case colon && !isPort(after):
		u, err := url.Parse(resource)
		return identifier{subject: resource}, err == nil && u.Scheme != ""
	case colon || authority != resource || !strings.Contains(resource, "@"):
		return parseURL("https://" + resource)
	}
	return parseAccount(resource)
}

// afterColon is what follows the last colon that is not part of an IPv6 address.
func afterColon(authority string) (string, bool) {
	colon := strings.LastIndex(authority, ":")
	if colon < 0 || strings.Contains(authority[colon:], "]") {
		return "", false
	}
	return authority[colon+1:], true
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

// parseAccount reads what follows "acct:" (RFC 7565 section 7): a user and a host. Some clients send a host
// alone, and a port where the person typed one.
func parseAccount(account string) (identifier, bool) {
	user, host, found := strings.Cut(account, "@")
	if !found {
		user, host = "", account
	}
	if found && user == "" || strings.ContainsAny(user, "/?#[]:") {
		return identifier{}, false
	}
	if _, err := url.PathUnescape(user); err != nil || checkHost(host) != nil {
		return identifier{}, false
	}
	canonical := web.CanonicalHost(host)
	return identifier{subject: "acct:" + account, host: canonical, portless: canonical == hostname(canonical)}, true
}

// parseURL reads a URL; a fragment is not part of an identifier (OIDC Discovery section 2.1.2).
func parseURL(text string) (identifier, bool) {
	text, _, _ = strings.Cut(text, "#")
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || checkHost(u.Host) != nil {
		return identifier{}, false
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return identifier{subject: text}, true
	}
	return identifier{subject: text, host: web.CanonicalHost(u.Host)}, true
}

// CheckWebFingerHost reports what is wrong with a host of WebFinger: it is a name or an address, with a port
// if that is not the default one.
func CheckWebFingerHost(host string) error { return checkHost(host) }

var errHost = errors.New("is not a host, such as example.com or localhost:8443")

func checkHost(host string) error {
	u, err := url.Parse("https://" + host)
	switch {
	case err != nil || u.Host != host || u.Hostname() == "" || strings.ContainsFunc(host, notInURI) || strings.ContainsAny(host, "%*,;"):
		return errHost
	case strings.HasSuffix(host, ":") || u.Port() != "" && !isPort(u.Port()):
		return errHost
	}
	return nil
}

// hostname is a canonical host without its port.
func hostname(canonical string) string {
	u := url.URL{Host: canonical}
	if strings.Count(canonical, ":") > 1 && !strings.HasPrefix(canonical, "[") {
		return canonical // an IPv6 address
	}
	return u.Hostname()
}

// notInURI keeps out what would change its meaning on the way through a log, a header or another parser.
func notInURI(c rune) bool {
	return c <= ' ' || c == '\\' || c == '"' || c == '<' || c == '>' || !unicode.IsPrint(c)
}
