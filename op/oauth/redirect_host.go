package oauth

import (
	"net/url"
	"strings"
)

// RedirectHost is where a redirect_uri leads, in the words of the address bar: its host, or the scheme with its
// colon of an app on the person's device. What looks like a host behind such a scheme is none, and neither is the
// scheme itself: whoever registers chooses both (RFC 8252 section 8.4). The port of a program on their own
// machine says nothing.
func RedirectHost(uri string) string {
	u, err := url.Parse(uri)
	switch {
	case err != nil || u.Scheme == "":
		return ""
	case IsPrivateUseRedirect(uri):
		return u.Scheme + ":"
	case IsLoopbackRedirect(uri):
		return u.Hostname()
	}
	return u.Host
}

// OnDevice reports whether a RedirectHost is on the person's own device, where the name says nothing of who is there.
func OnDevice(redirectHost string) bool {
	return loopbackHost(redirectHost) || strings.HasSuffix(redirectHost, ":")
}
