package device

import (
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// enterView is what device.html shows; Problem is "", "unknown", "throttled", "expired" or "stale".
type enterView struct {
	Action, Interaction, Account, UserCode, Problem string
	// Minutes is how long to wait, with "throttled".
	Minutes int
}

// askView is what device_confirm.html shows.
type askView struct {
	Action, Interaction, Account, UserCode string
	// Client is its name, Host where it otherwise sends people, "" for none that says anything.
	Client, Host               string
	Scopes                     []scopeLine
	Resources                  []resourceLine
	LogoURI, PolicyURI, TOSURI string
	Unchecked                  bool
}

// doneView is what device_done.html shows.
type doneView struct{ Allowed bool }

// scopeLine is one scope in the operator's words.
type scopeLine struct{ Name, Description string }

type resourceLine struct{ Name, URI string }

// introduce tells of the client in the languages of the browser. No answer goes to its redirect URIs, but the host of
// one says more of it than its name: a client cannot make that up if it is to work there.
func introduce(r *http.Request, c *client.Client) client.Introduction {
	redirectURI := ""
	for _, uri := range c.RedirectURIs {
		if !oauth.OnDevice(oauth.RedirectHost(uri)) {
			redirectURI = uri
			break
		}
	}
	return c.Introduce(web.Languages(r), redirectURI)
}

func (e *Endpoint) scopeLines(scopes oauth.Scopes) []scopeLine {
	lines := make([]scopeLine, 0, len(scopes))
	for _, name := range scopes {
		lines = append(lines, scopeLine{Name: name, Description: e.Resources.Describe(name)})
	}
	return lines
}

// resourceLines leaves the provider itself out: the person is looking at it.
func (e *Endpoint) resourceLines(uris []string) []resourceLine {
	var lines []resourceLine
	for _, uri := range uris {
		if r, ok := e.Resources.Get(uri); ok && r.URI != e.Issuer {
			lines = append(lines, resourceLine{Name: r.Name, URI: r.URI})
		}
	}
	return lines
}
