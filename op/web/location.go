package web

import (
	"net/url"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Location adds fields to a redirect_uri and keeps the query it has (RFC 6749 section 3.1.2): to that query, or
// as a fragment, which no registered one has. A space is %20, since scripts that read a fragment do not all
// know what + means in a form.
func Location(redirectURI, mode string, fields []Field) string {
	var b strings.Builder
	b.WriteString(redirectURI)
	switch {
	case mode == oauth.ResponseModeFragment:
		b.WriteByte('#')
	case !strings.Contains(redirectURI, "?"):
		b.WriteByte('?')
	case !strings.HasSuffix(redirectURI, "?") && !strings.HasSuffix(redirectURI, "&"):
		b.WriteByte('&')
	}
	for i, field := range fields {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(field.Name + "=" + strings.ReplaceAll(url.QueryEscape(field.Value), "+", "%20"))
	}
	return b.String()
}
