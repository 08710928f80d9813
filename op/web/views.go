package web

import (
	"html/template"
	"net/url"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// ErrorView is what the error page shows.
type ErrorView struct {
	// Code is the error code of the specification, Description its fixed words, "" for none.
	Code, Description string
	// Status is the HTTP status, by which the template chooses its words.
	Status int
	// ID stands in the log line too, for who asks the operator.
	ID string
}

// SignedOutView is where signing out ends.
type SignedOutView struct {
	// Everywhere says that it was every browser of the person, and not this one alone.
	Everywhere bool
	// EndOffline says that no application keeps access that it got in that session, offline_access or not.
	EndOffline bool
	// Stopped says why the application that asked is not returned to: "" for nothing to tell, or one of the Stopped… words.
	Stopped string
	// SignInURL leads back in.
	SignInURL string
}

// Why a person is signed out and yet not sent back (OpenID Connect RP-Initiated Logout section 4).
const (
	StoppedHint     = "hint"     // id_token_hint is none of ours, or another client's
	StoppedClient   = "client"   // nobody knows which client asked
	StoppedRedirect = "redirect" // post_logout_redirect_uri is not one of the client's
	StoppedRequest  = "request"  // the request can be read in two ways
)

// Field is one hidden parameter of a form.
type Field struct{ Name, Value string }

// FormPostView is the page that carries an answer to the client by a form (OAuth 2.0 Form Post
// Response Mode). Action is the proven redirect URI.
type FormPostView struct {
	Action string
	Fields []Field
}

// URL is Action for the form's attribute.
func (v FormPostView) URL() template.URL { return proven(v.Action) }

// proven lets a page lead to a URI that is known to be the client's. html/template knows only the web's schemes, a
// native app's redirect URI has its own; a reverse domain name in it tells those from scriptable ones.
func proven(uri string) template.URL {
	u, err := url.Parse(uri)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http" && !strings.Contains(u.Scheme, ".")) {
		return "#"
	}
	return template.URL(uri) //nolint:gosec // the scheme is checked above and the URI is a registered one
}

// Host is the host that the answer goes to, or the scheme with its colon when it is an app of this device.
func (v FormPostView) Host() string {
	u, err := url.Parse(v.Action)
	if err != nil {
		return ""
	}
	if u.Scheme != "" && oauth.IsPrivateUseRedirect(v.Action) {
		return u.Scheme + ":"
	}
	return u.Host
}

// ContinueView is the page that posts a request to ourselves again, from our own origin, so that the
// browser adds its cookies: for a cross-site POST that is too long for a URL.
type ContinueView struct {
	Action string
	Fields []Field
}

// FrontchannelView is the page that tells applications, in a frame for each, that a session has ended (OpenID Connect
// Front-Channel Logout section 3), and then goes on to Location, which is proven.
type FrontchannelView struct {
	Frames   []string
	Location string
}

// URL is Location for the page's link.
func (v FrontchannelView) URL() template.URL { return proven(v.Location) }
