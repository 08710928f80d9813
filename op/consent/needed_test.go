package consent_test

import (
	"testing"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/consent"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

func TestMust021_WhenToAsk(t *testing.T) {
	web := &client.Client{ID: "web", Name: "Web shop", Configured: true}
	public := func(c client.Client) *client.Client { c.AuthMethods = []string{oauth.AuthNone}; return &c }
	skip := func(c client.Client) *client.Client { c.ConsentSkip = true; return &c }
	registered := func(c client.Client) *client.Client { c.Configured = false; return &c }
	redirect := func(uri string) func(*consent.Request) { return func(r *consent.Request) { r.RedirectURI = uri } }
	const loopback, custom = "http://127.0.0.1:4711/cb", "com.example.app:/cb"

	h := newHouse(t)
	named := func(claims ...string) func(*consent.Request) { return func(r *consent.Request) { r.Claims = claims } }
	given := asked("openid", "orders:read")
	given.Claims = []string{"email", "nickname"}
	remembered := h.approve(given)
	withdrawn := *remembered
	withdrawn.WithdrawnAt = h.clock

	for name, tt := range map[string]struct {
		client     *client.Client
		prompts    oauth.Prompts
		remembered *consent.Consent
		change     func(*consent.Request)
		want       bool
	}{
		"never approved":                {client: web, want: true},
		"approved before":               {client: web, remembered: remembered, want: false},
		"approved before, public":       {client: public(*web), remembered: remembered, want: false},
		"approved before, registered":   {client: registered(*web), remembered: remembered, want: false},
		"fewer scopes":                  {client: web, remembered: remembered, change: func(r *consent.Request) { r.Scopes = r.Scopes[:1] }, want: false},
		"no scopes at all":              {client: web, remembered: remembered, change: func(r *consent.Request) { r.Scopes = nil }, want: false},
		"a new scope":                   {client: web, remembered: remembered, change: func(r *consent.Request) { r.Scopes = append(r.Scopes, "email") }, want: true},
		"a new resource":                {client: web, remembered: remembered, change: func(r *consent.Request) { r.Resources = append(r.Resources, "https://b.example") }, want: true},
		"a new redirect_uri":            {client: web, remembered: remembered, change: redirect("https://shop.example.com/other"), want: true},
		"a new name":                    {client: web, remembered: remembered, change: func(r *consent.Request) { r.Terms = "t2" }, want: true},
		"claims approved before":        {client: web, remembered: remembered, change: named("nickname"), want: false},
		"a new claim":                   {client: web, remembered: remembered, change: named("nickname", "gender"), want: true},
		"a claim, consent skip":         {client: skip(*web), change: named("gender"), want: false},
		"withdrawn":                     {client: web, remembered: &withdrawn, want: true},
		"prompt=consent":                {client: web, prompts: oauth.Prompts{oauth.PromptConsent}, remembered: remembered, want: true},
		"prompt=login":                  {client: web, prompts: oauth.Prompts{oauth.PromptLogin}, remembered: remembered, want: false},
		"consent skip":                  {client: skip(*web), want: false},
		"consent skip, prompt=consent":  {client: skip(*web), prompts: oauth.Prompts{oauth.PromptConsent}, want: true},
		"consent skip, registered":      {client: registered(*skip(*web)), want: true},
		"consent skip, public":          {client: public(*skip(*web)), want: false},
		"consent skip, public loopback": {client: public(*skip(*web)), change: redirect(loopback), want: true},
		"consent skip, public custom":   {client: public(*skip(*web)), change: redirect(custom), want: true},
		"consent skip, secret loopback": {client: skip(*web), change: redirect(loopback), want: false},
	} {
		t.Run(name, func(t *testing.T) {
			request := asked("openid", "orders:read")
			if tt.change != nil {
				tt.change(&request)
			}
			if got := consent.Needed(tt.client, tt.prompts, tt.remembered, request); got != tt.want {
				t.Errorf("Needed = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestThreat050_ProgramsOnTheMachineAreNeverRemembered(t *testing.T) {
	public := &client.Client{ID: "web", AuthMethods: []string{oauth.AuthNone}, Configured: true}
	for _, uri := range []string{"http://127.0.0.1:4711/cb", "http://[::1]/cb", "http://localhost/cb", "com.example.app:/cb"} {
		h := newHouse(t)
		request := asked("openid", "offline_access")
		request.RedirectURI = uri
		given := h.approve(request)
		if consent.Remembered(public, given, request) || !consent.Needed(public, nil, given, request) {
			t.Errorf("%s: the second request passes without asking", uri)
		}
	}
}

// A client that proves itself by a secret is the same one wherever it is answered, and a program of the
// machine has another port at each run.
func TestASecretIsRememberedOnTheMachineToo(t *testing.T) {
	secret := &client.Client{ID: "web", Configured: true}
	h := newHouse(t)
	request := asked("openid")
	for _, uri := range []string{"http://127.0.0.1:4711/cb", "http://127.0.0.1:4712/cb", "http://127.0.0.1/cb"} {
		request.RedirectURI = uri
		if given := h.approve(request); len(given.RedirectURIs) != 1 {
			t.Errorf("RedirectURIs = %v: a port a run would grow it without end", given.RedirectURIs)
		}
		if consent.Needed(secret, nil, h.get(), request) {
			t.Errorf("%s: the second request asks", uri)
		}
	}
	for _, uri := range []string{"http://127.0.0.1:4711/other", "http://[::1]:4711/cb", "http://localhost:4711/cb"} {
		request.RedirectURI = uri
		if !consent.Needed(secret, nil, h.get(), request) {
			t.Errorf("%s: another place passes without asking", uri)
		}
	}
}

// Whoever approves a client under its new name has not seen what was approved of it under the old one.
func TestMust021_NewTermsCarryNothingOver(t *testing.T) {
	h := newHouse(t)
	first := h.approve(asked("openid", "email"))
	renamed := asked("openid")
	renamed.Terms = "t2"
	if second := h.approve(renamed); second.ID != first.ID {
		t.Error("the consent has a new ID: every grant under it would die")
	}
	renamed.Scopes = oauth.Scopes{"openid", "email"}
	if !consent.Needed(&client.Client{ID: "web", Configured: true}, nil, h.get(), renamed) {
		t.Error("a scope approved under other terms passes without asking")
	}
}

func TestMust021_TermsAreWhatThePageSays(t *testing.T) {
	base := client.Client{ID: "web", Name: "Web shop", PolicyURI: "https://a/p", TOSURI: "https://a/t", Localized: map[string]string{"client_name#de": "Laden", "client_uri#de": "https://a/de"}}
	same := base
	same.RedirectURIs, same.ClientURI, same.Contacts = []string{"https://a/cb"}, "https://a/", []string{"ops@a.example"}
	same.Localized = map[string]string{"client_name#de": "Laden"}
	if consent.Terms(&base) != consent.Terms(&same) {
		t.Error("what the page does not say changes the terms")
	}
	for name, change := range map[string]func(*client.Client){
		"name":            func(c *client.Client) { c.Name = "Your bank" },
		"policy":          func(c *client.Client) { c.PolicyURI = "https://a/p2" },
		"terms":           func(c *client.Client) { c.TOSURI = "" },
		"logo":            func(c *client.Client) { c.LogoURI = "https://a/logo.png" },
		"name for others": func(c *client.Client) { c.Localized = map[string]string{"client_name#de": "Bank"} },
		"language": func(c *client.Client) {
			c.Localized = map[string]string{"client_name#de": "Laden", "tos_uri#de": "https://a/agb"}
		},
		"fewer languages": func(c *client.Client) { c.Localized = nil },
	} {
		other := base
		change(&other)
		if consent.Terms(&base) == consent.Terms(&other) {
			t.Errorf("a new %s does not ask again", name)
		}
	}
}
