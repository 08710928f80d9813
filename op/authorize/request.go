package authorize

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/interaction"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// The parameters this endpoint reads. All others are ignored (RFC 6749 section 3.1).
const (
	paramClientID            = "client_id"
	paramRedirectURI         = "redirect_uri"
	paramResponseType        = "response_type"
	paramResponseMode        = "response_mode"
	paramScope               = "scope"
	paramState               = "state"
	paramNonce               = "nonce"
	paramCodeChallenge       = "code_challenge"
	paramCodeChallengeMethod = "code_challenge_method"
	paramPrompt              = "prompt"
	paramMaxAge              = "max_age"
	paramIDTokenHint         = "id_token_hint"
	paramLoginHint           = "login_hint"
	paramResource            = "resource"
	paramClaims              = "claims"
	paramClaimsLocales       = "claims_locales"
	paramUILocales           = "ui_locales"
	paramACRValues           = "acr_values"
	paramRequest             = "request"
	paramRequestURI          = "request_uri"
	paramDPoPJKT             = "dpop_jkt"
)

// sealedParams are those that travel with the request. login_hint has a place of its own, and a
// request that holds a request object goes nowhere.
var sealedParams = []string{
	paramClientID, paramRedirectURI, paramResponseType, paramResponseMode, paramScope, paramState, paramNonce,
	paramCodeChallenge, paramCodeChallengeMethod, paramPrompt, paramMaxAge, paramIDTokenHint, paramResource,
	paramClaims, paramClaimsLocales, paramUILocales, paramACRValues, paramDPoPJKT,
}

// noMaxAge is the max_age of a request without one.
const noMaxAge time.Duration = -1

// request is one authorization request. params is what was asked; the checks fill in what it means.
type request struct {
	params      oauth.Params
	interaction interaction.Interaction
	// misread is why not all of what was sent is in params, nil if it is.
	misread error
	// resumed requests come back from a page; stale ones were away for too long.
	resumed, stale bool
	// shown is what the consent page that comes back has said, decision what was answered on it.
	shown    *shown
	decision string

	client      *client.Client
	redirectURI string
	// network is where the request comes from.
	network      string
	responseType string
	state        string
	challenge    oauth.Challenge
	prompts      oauth.Prompts
	maxAge       time.Duration
	scopes       oauth.Scopes
	resources    []string
	hint         *idtoken.Hint
	// claims is the claims parameter, askedClaims what of it, and of claims_locales, the client may ask for.
	claims      oauth.ClaimsRequest
	askedClaims grant.AskedClaims
	// acrValues are the authentication contexts wanted, the preferred first; essentialACR says that no other
	// will do.
	acrValues    []string
	essentialACR bool
	// uiLocales are the languages wanted of our pages, the preferred first.
	uiLocales []string
}

// sealed is a request between two pages.
type sealed struct {
	Params url.Values `json:"params"`
	Shown  *shown     `json:"shown,omitempty"`
}

// shown is what a consent page has told the person. An approval covers nothing else, whatever the
// configuration says by the time it is made.
type shown struct {
	Scopes    oauth.Scopes `json:"scopes,omitempty"`
	Resources []string     `json:"resources,omitempty"`
	Claims    []string     `json:"claims,omitempty"`
	Terms     string       `json:"terms"`
}

// covers reports whether everything asked was on the page.
func (s *shown) covers(asked consent.Request) bool {
	if s == nil || s.Terms != asked.Terms || !s.Scopes.HasAll(asked.Scopes) {
		return false
	}
	return oauth.Scopes(s.Resources).HasAll(asked.Resources) && oauth.Scopes(s.Claims).HasAll(asked.Claims)
}

// begin is a request that has just come.
func (e *Endpoint) begin(params oauth.Params) *request {
	q := newRequest(params)
	q.interaction = e.Interactions.Receive(interaction.NextAuthorize, q.sealed())
	q.interaction.LoginHint = params.Get(paramLoginHint)
	return q
}

// resume is a request that comes back in a seal of ours.
func resume(i interaction.Interaction) (*request, error) {
	var kept sealed
	if err := json.Unmarshal(i.Request, &kept); err != nil {
		return nil, err
	}
	params, err := oauth.NewParams(kept.Params, paramResource)
	if err != nil {
		return nil, err
	}
	q := newRequest(params)
	q.interaction, q.resumed, q.shown = i, true, kept.Shown
	return q, nil
}

func newRequest(params oauth.Params) *request { return &request{params: params, maxAge: noMaxAge} }

// sealed is the request for the next page.
func (q *request) sealed() json.RawMessage {
	kept := make(url.Values, len(sealedParams))
	for _, name := range sealedParams {
		if values := q.params.All(name); len(values) > 0 {
			kept[name] = values
		}
	}
	// Languages are no reason to refuse a request, so what does not count of them must not make it too large.
	for _, name := range []string{paramUILocales, paramClaimsLocales} {
		if kept.Has(name) {
			kept.Set(name, strings.Join(oauth.ParseLocales(kept.Get(name)), " "))
		}
	}
	return store.Body(sealed{Params: kept, Shown: q.shown})
}

// undone is the interaction with nothing done for it, for whoever is going to be asked next: nobody has
// signed in or chosen, and no consent page was shown.
func (q *request) undone() interaction.Interaction {
	fresh := *q
	fresh.shown = nil
	i := q.interaction
	i.SessionID, i.Selected, i.Request = "", false, fresh.sealed()
	return i
}

// begunBy reports whether the request is not known to have been somebody else's so far: once a person
// has signed in for it or chosen their account, it is bound to that session.
func (q *request) begunBy(who *person) bool {
	return q.interaction.SessionID == "" || q.interaction.SessionID == who.session.ID
}
