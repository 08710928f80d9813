package authorize

import (
	"net/http"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/resource"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// consentView is what consent.html shows.
type consentView struct {
	Action, Interaction           string
	Client, RedirectHost, Account string
	Scopes                        []scopeLine
	Resources                     []resource.Resource
	LogoURI, PolicyURI, TOSURI    string
	ClientHost                    string
	Unchecked                     bool
}

// scopeLine is one scope in the operator's words, or one claim in ours; New marks what an earlier consent lacks.
type scopeLine struct {
	Name, Description string
	New               bool
}

// introduce tells of the client in the languages of ui_locales, else in those of the browser (OIDC Core section
// 3.1.2.1).
func introduce(r *http.Request, q *request) client.Introduction {
	return q.client.Introduce(append(slices.Clone(q.uiLocales), web.Languages(r)...), q.redirectURI)
}

// askLogin forgets what was done for the request: it was done by whoever was signed in before.
func (e *Endpoint) askLogin(q *request) answer {
	i := q.undone()
	return func(w http.ResponseWriter, r *http.Request) {
		e.SignIn.Ask(w, r, i, signin.Prompt{Client: introduce(r, q), LoginHint: i.LoginHint})
	}
}

func (e *Endpoint) askAccount(q *request) answer {
	i := q.undone()
	return func(w http.ResponseWriter, r *http.Request) {
		e.SignIn.Ask(w, r, i, signin.Prompt{Client: introduce(r, q), LoginHint: i.LoginHint, Select: true})
	}
}

// askConsent shows the consent page. What it says is sealed with the request, and so is the session it
// says it to: an approval counts for nothing else.
func (e *Endpoint) askConsent(q *request, who *person, remembered *consent.Consent, asked consent.Request) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		q.shown = &shown{Scopes: asked.Scopes, Resources: asked.Resources, Claims: asked.Claims, Terms: asked.Terms}
		i := q.interaction
		i.SessionID, i.Request = who.session.ID, q.sealed()
		text, err := e.Interactions.Seal(e.Interactions.Begin(w, r), i)
		if err != nil {
			e.refuse(w, r, q, &refusal{err: err, fails: redirect})
			return
		}
		c := introduce(r, q)
		view := consentView{
			Action: e.consentURL(), Interaction: text,
			Client: c.Name, RedirectHost: c.RedirectHost, Account: who.user.DisplayName(),
			Scopes: append(e.scopeLines(asked.Scopes, remembered), claimLines(asked.Claims, remembered)...), Resources: e.Resources.Others(asked.Resources, e.Issuer),
			LogoURI: c.LogoURI, PolicyURI: c.PolicyURI, TOSURI: c.TOSURI, ClientHost: c.ClientHost, Unchecked: c.Unchecked,
		}
		e.Respond.Page(w, r, http.StatusOK, "consent", view, web.PageOptions{Endpoint: endpoint, Image: c.LogoURI})
	}
}

// alreadyAnswered tells the person that this page has had its effect.
func (e *Endpoint) alreadyAnswered(w http.ResponseWriter, r *http.Request) {
	e.Respond.Page(w, r, http.StatusConflict, "answered", struct{}{}, web.PageOptions{Endpoint: endpoint})
}

func (e *Endpoint) scopeLines(scopes oauth.Scopes, remembered *consent.Consent) []scopeLine {
	lines := make([]scopeLine, 0, len(scopes))
	for _, name := range scopes {
		lines = append(lines, scopeLine{
			Name: name, Description: e.Resources.Describe(name),
			New: remembered.Standing() && !remembered.Scopes.Has(name),
		})
	}
	return lines
}

// claimLines name each claim that is asked for beside the scopes; it says as much as a scope does.
func claimLines(names []string, remembered *consent.Consent) []scopeLine {
	lines := make([]scopeLine, 0, len(names))
	for _, name := range names {
		lines = append(lines, scopeLine{
			Name: name, Description: user.DescribeClaim(name),
			New: remembered.Standing() && !slices.Contains(remembered.Claims, name),
		})
	}
	return lines
}
