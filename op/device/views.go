package device

import (
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
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
	// Client is its name, Host whose it is as far as anybody knows, "" for one that registered itself. ClientHost is
	// that of the document that describes it, "" for none.
	Client, Host, ClientHost   string
	Scopes                     []scopeLine
	Resources                  []resource.Resource
	LogoURI, PolicyURI, TOSURI string
	Unchecked                  bool
}

// doneView is what device_done.html shows.
type doneView struct{ Allowed bool }

// scopeLine is one scope in the operator's words.
type scopeLine struct{ Name, Description string }

// introduce tells of the client in the languages of the browser. The host it names is one that the client cannot make
// up: that of the document that describes it, or, by the operator's word, that of a redirect URI. No answer goes to a
// redirect URI from here, so whoever registers for devices alone may name anybody's, and would stand there as theirs.
func introduce(r *http.Request, c *client.Client) client.Introduction {
	redirectURI := ""
	for _, uri := range c.RedirectURIs {
		if c.Configured && !oauth.OnDevice(oauth.RedirectHost(uri)) {
			redirectURI = uri
			break
		}
	}
	told := c.Introduce(web.Languages(r), redirectURI)
	if told.ClientHost != "" {
		told.RedirectHost = told.ClientHost
	}
	return told
}

func (e *Endpoint) scopeLines(scopes oauth.Scopes) []scopeLine {
	lines := make([]scopeLine, 0, len(scopes))
	for _, name := range scopes {
		lines = append(lines, scopeLine{Name: name, Description: e.Resources.Describe(name)})
	}
	return lines
}
