package authorize

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/signin"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// wellFormedClaims reads the claims parameter, which has a meaning in OpenID Connect requests only (OIDC Core
// section 5.5). What the client could never be told is dropped, as an unknown claim is.
func wellFormedClaims(_ context.Context, e *Endpoint, q *request) error {
	q.claims, q.askedClaims = oauth.ClaimsRequest{}, grant.AskedClaims{}
	if !q.scopes.Has(oauth.ScopeOpenID) {
		return nil
	}
	claims, err := oauth.ParseClaims(q.params.Get(paramClaims))
	if err != nil {
		return err
	}
	q.claims, q.askedClaims = claims, e.Grants.Askable(claims, q.client)
	q.askedClaims.Locales = oauth.ParseLocales(q.params.Get(paramClaimsLocales))
	return nil
}

// givableACR settles which authentication contexts are wanted: those of the claims request, else acr_values,
// else the client's default_acr_values (OIDC Core section 3.1.2.1, OIDC Dynamic Client Registration section
// 2). It refuses a request whose essential ones no sign-in here can have (OIDC Core section 5.5.1.1): asking
// the person first would only waste their time.
func givableACR(_ context.Context, _ *Endpoint, q *request) error {
	asked := q.claims.IDToken["acr"]
	q.acrValues, q.essentialACR = asked.Values, asked.Essential && len(asked.Values) > 0
	if len(q.acrValues) == 0 {
		q.acrValues = strings.Fields(q.params.Get(paramACRValues))
	}
	if len(q.acrValues) == 0 {
		q.acrValues = q.client.DefaultACRValues
	}
	if q.essentialACR && !slices.ContainsFunc(q.acrValues, signin.CanGive) {
		return oauth.UnmetAuthenticationRequirements("no sign-in here has an acr that was asked for", nil)
	}
	return nil
}

// anotherACR reports whether the client cannot do without another authentication context than the session's.
func anotherACR(q *request, who *person, _ time.Time) bool {
	_, met := signin.MeetACR(who.session.ACR, q.acrValues)
	return q.essentialACR && !met
}

// anotherPerson reports whether the request is about somebody else: by id_token_hint, or by a value of sub that
// it asks for (OIDC Core section 3.1.2.2).
func anotherPerson(q *request, who *person, _ time.Time) bool {
	if q.hint != nil && q.hint.Subject != who.subject {
		return true
	}
	for _, claims := range []oauth.ClaimRequests{q.claims.IDToken, q.claims.Userinfo} {
		if wanted := claims["sub"].Values; len(wanted) > 0 && !slices.Contains(wanted, who.subject) {
			return true
		}
	}
	return false
}

// claimsBeyond are the claims that are asked for by name and that the scopes would not release, without
// language tags: what consent has to name besides the scopes.
func (e *Endpoint) claimsBeyond(q *request, scopes oauth.Scopes) []string {
	released := user.ReleasedBy(scopes, e.Resources.Scopes())
	var beyond []string
	for _, name := range slices.Concat(q.askedClaims.Userinfo, q.askedClaims.IDToken) {
		if claim, _ := oauth.SplitClaim(name); !slices.Contains(released, claim) {
			beyond = append(beyond, claim)
		}
	}
	slices.Sort(beyond)
	return slices.Compact(beyond)
}
