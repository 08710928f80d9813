package metrics

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// other stands for whatever is not in a list.
const other = "other"

// Outcome is how something ended.
type Outcome string

// The outcomes.
const (
	// Issued is a token request that got its tokens.
	Issued Outcome = "issued"
	// Pending is a device that has to ask again.
	Pending Outcome = "pending"
	// Active and Inactive are answers to an introspection.
	Active   Outcome = "active"
	Inactive Outcome = "inactive"
	// Success is a sign-in.
	Success Outcome = "success"
	// Wrong is a sign-in with a wrong name or password.
	Wrong Outcome = "wrong"
	// Throttled is one that was not looked at, because there were too many.
	Throttled Outcome = "throttled"
	// Busy is one that was not looked at, because too many others were.
	Busy Outcome = "busy"
	// Refused is whatever the asker is told not to have done right.
	Refused Outcome = "refused"
	// Unavailable is what nobody could tell at the time: a store that did not answer.
	Unavailable Outcome = "unavailable"
	// Failed is a fault of the provider.
	Failed Outcome = "failed"
	// Delivered, Retried and GivenUp are what became of an attempt to tell a client of a logout.
	Delivered Outcome = "delivered"
	Retried   Outcome = "retried"
	GivenUp   Outcome = "given_up"
)

// What each metric can have.
var (
	grantTypes = []string{
		"authorization_code", "refresh_token", "client_credentials", "device_code", "implicit", other,
	}
	tokenOutcomes         = []Outcome{Issued, Pending, Refused, Unavailable, Failed}
	introspectionOutcomes = []Outcome{Active, Inactive, Refused, Unavailable, Failed}
	signInOutcomes        = []Outcome{Success, Wrong, Throttled, Busy, Refused, Unavailable, Failed}
	deliveryOutcomes      = []Outcome{Delivered, Retried, GivenUp}
	operations            = []string{"get", "list", "commit", "sweep"}
	caches                = []string{"tokens", "grants", "site_sessions"}
)

// The caches that are counted: places in the list of them.
const (
	cacheTokens = iota
	cacheGrants
	cacheSiteSessions
)

// OutcomeOf says how something ended that was refused with err.
func OutcomeOf(err error) Outcome {
	switch told := oauth.AsError(err); {
	case errors.Is(err, oauth.ErrUnavailable), told.Status == http.StatusServiceUnavailable:
		return Unavailable
	case told.Ours():
		return Failed
	case told.Waits():
		return Pending
	}
	return Refused
}

// grantTypeLabel is the label of a grant type. One that is none of ours came from a client.
func grantTypeLabel(grantType string) string {
	short := strings.TrimPrefix(grantType, "urn:ietf:params:oauth:grant-type:")
	if slices.Contains(grantTypes, short) {
		return short
	}
	return other
}
