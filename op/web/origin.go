package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Origin is the origin of an absolute http or https URI as a browser writes it (RFC 6454 section
// 6.2): lower case, without the default port. It is "" for anything else.
func Origin(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" {
		return ""
	}
	switch u.Scheme {
	case "https":
		return "https://" + strings.ToLower(strings.TrimSuffix(u.Host, ":443"))
	case "http":
		return "http://" + strings.ToLower(strings.TrimSuffix(u.Host, ":80"))
	}
	return ""
}

// CheckOrigin refuses a form post that a page of another origin sent: access_denied, 403 (RFC 9700
// section 4.16, login and consent CSRF). origin is ours, as Origin writes it. A missing or null
// Origin is decided by Sec-Fetch-Site; a browser too old to send either is judged by the form's
// sealed token alone, which the caller opens.
func CheckOrigin(r *http.Request, origin string) error {
	switch sent := r.Header.Values("Origin"); {
	case len(sent) > 1:
		return foreignOrigin()
	case len(sent) == 1 && sent[0] != "null" && sent[0] != "":
		if sent[0] != origin {
			return foreignOrigin()
		}
		return nil
	}
	switch site := r.Header.Values("Sec-Fetch-Site"); {
	case len(site) == 0:
		return nil
	case len(site) == 1 && (site[0] == "same-origin" || site[0] == "none"):
		return nil
	}
	return foreignOrigin()
}

func foreignOrigin() error {
	return oauth.AccessDenied("the form was sent from another site", nil)
}

// CrossSitePost reports whether the request is a POST that a browser sends without SameSite=Lax
// cookies because another site made it. Who sees true answers with a 303 to its own GET and sets no
// cookie before: the cookies it does not see may well exist.
func CrossSitePost(r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "cross-site"
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	// Behind a proxy the scheme is not known here, so hosts are compared; "null" has none.
	from, err := url.Parse(origin)
	return err != nil || !strings.EqualFold(withoutDefaultPort(from.Host), withoutDefaultPort(r.Host))
}

// TopLevel reports whether the browser says that the answer becomes a page of its own, and no frame (Fetch Metadata
// section 2.1): only then has it surely sent every cookie it has, also those of SameSite=Lax.
func TopLevel(r *http.Request) bool {
	dest := r.Header.Values("Sec-Fetch-Dest")
	return len(dest) == 1 && dest[0] == "document"
}

func withoutDefaultPort(host string) string {
	return strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":80")
}
