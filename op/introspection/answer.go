package introspection

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/metrics"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// answer is an introspection response (RFC 7662 section 2.2). Its zero value is the only thing that is
// ever said about a token that is not active or not the caller's to see: {"active":false}.
type answer struct {
	Active    bool     `json:"active"`
	Issuer    string   `json:"iss,omitempty"`
	Subject   string   `json:"sub,omitempty"`
	ClientID  string   `json:"client_id,omitempty"`
	Audience  []string `json:"aud,omitempty"`
	Scope     string   `json:"scope,omitempty"`
	ExpiresAt int64    `json:"exp,omitempty"`
	IssuedAt  int64    `json:"iat,omitempty"`
	ID        string   `json:"jti,omitempty"`
	TokenType string   `json:"token_type,omitempty"`
	Username  string   `json:"username,omitempty"`
	AuthTime  int64    `json:"auth_time,omitempty"`
	ACR       string   `json:"acr,omitempty"`
	AMR       []string `json:"amr,omitempty"`

	Confirmation oauth.Confirmation `json:"cnf,omitzero"`

	// person has further members: claims of the person that the resource is configured to get.
	person map[string]any
}

// MarshalJSON puts all into one object. No member stands there twice: claims of a person never go by the
// names above.
func (a *answer) MarshalJSON() ([]byte, error) {
	type members answer // without this method
	own, err := json.Marshal((*members)(a))
	if err != nil || len(a.person) == 0 {
		return own, err
	}
	more, err := json.Marshal(a.person)
	if err != nil {
		return nil, err
	}
	return append(append(own[:len(own)-1], ','), more[1:]...), nil
}

// outcome is what the answer counts as.
func (a *answer) outcome() metrics.Outcome {
	if a.Active {
		return metrics.Active
	}
	return metrics.Inactive
}

// tell describes a live token as far as the caller may see it. The owner sees all of its audience, a
// resource server only what it serves, with the claims of the person that are configured for that. The owner
// gets none of these as such: it has userinfo, by the scopes that the person allowed.
func (e *Endpoint) tell(caller *client.Client, t *grant.Token) *answer {
	audience, served := t.Audience, e.served(caller, t)
	if t.ClientID != caller.ID {
		audience = served
		if len(audience) == 0 {
			return &answer{}
		}
	}
	a := &answer{
		Active: true, Issuer: e.Issuer, Subject: t.Subject, ClientID: t.ClientID, Audience: audience,
		Scope: t.Scopes.String(), ExpiresAt: t.ExpiresAt.Unix(), IssuedAt: t.IssuedAt.Unix(), ID: t.ID, TokenType: t.TokenType,
		Confirmation: t.Confirmation,
	}
	if t.SignedIn {
		a.AuthTime, a.ACR, a.AMR = seconds(t.AuthTime), t.ACR, t.AMR
		if !t.Pairwise { // the name of the account is the same at every client
			a.Username = t.Username
		}
		a.person = t.ClaimsNamed(e.Resources.ClaimsFor(served))
	}
	return a
}

// served are those of a token's audience that the caller is configured to introspect for. A refresh
// token is meant for no resource, so only its owner sees it.
func (e *Endpoint) served(caller *client.Client, t *grant.Token) []string {
	if t.Kind != grant.KindAccess {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(t.Audience), func(uri string) bool {
		meant, known := e.Resources.Get(uri)
		return !known || !slices.ContainsFunc(caller.Introspect, func(served string) bool {
			r, known := e.Resources.Get(served)
			return known && r.URI == meant.URI
		})
	})
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
