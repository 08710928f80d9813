package oauth

import "net/url"

// RedirectHost is where a redirect_uri leads, in the words of the address bar: its host, or the scheme
// of an app on the person's device. The port of a program on their own machine says nothing.
func RedirectHost(uri string) string {
	u, err := url.Parse(uri)
	switch {
	case err != nil:
		return ""
	case u.Host == "":
		return u.Scheme
	case IsLoopbackRedirect(uri):
		return u.Hostname()
	}
	return u.Host
}
