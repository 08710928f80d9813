package op

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/registration"
)

// The values of Registration.Mode: who may register a client (OIDC Dynamic Client Registration section 3).
const (
	RegistrationOff   = "off"   // nobody; there is no such endpoint
	RegistrationToken = "token" // whoever has the initial access token (RFC 7591 section 3)
	RegistrationOpen  = "open"  // everybody
)

// The bounds of Registration that are no default but a limit.
const (
	maxQuota         = 10_000
	maxRegistrations = 1_000_000
)

// registeredKeep is how long a client that was used is kept.
const registeredKeep = 365 * 24 * time.Hour

// Registration says whether clients register themselves, and how many may. Those that have registered stay
// when it is turned off.
type Registration struct {
	// Mode is RegistrationOff (default), RegistrationToken or RegistrationOpen.
	Mode string
	// InitialAccessToken is what a registration has to bear in RegistrationToken.
	InitialAccessToken client.Secret
	// Quota is how many registrations one network may make within Window. Default: 20 in an hour.
	Quota  int
	Window time.Duration
	// Max is how many registered clients there may be in all. Default: 10,000.
	Max int
	// UnusedFor is how long a client is kept that nobody has granted anything. Default: 24 h. One that is
	// used is kept for a year from its last use.
	UnusedFor time.Duration
}

// On reports whether clients can register.
func (r Registration) On() bool { return r.Mode == RegistrationToken || r.Mode == RegistrationOpen }

func (r *Registration) setDefaults() {
	setDefault(&r.Mode, RegistrationOff)
	setDefault(&r.Quota, 20)
	setDefault(&r.Window, time.Hour)
	setDefault(&r.Max, 10_000)
	setDefault(&r.UnusedFor, 24*time.Hour)
}

func (c Config) checkRegistration(faults *faults) {
	r := c.Registration
	switch {
	case !slices.Contains([]string{RegistrationOff, RegistrationToken, RegistrationOpen}, r.Mode):
		faults.at("registration", fmt.Errorf("%q is not one of off, token, open", r.Mode))
	case r.Mode == RegistrationToken && r.InitialAccessToken.IsZero():
		faults.at("registration", errors.New("the initial access token is missing"))
	case r.Mode != RegistrationToken && !r.InitialAccessToken.IsZero():
		faults.at("registration", errors.New("an initial access token is for the mode token alone"))
	}
	if r.Quota < 1 || r.Quota > maxQuota || r.Window < time.Second || r.Window > 31*24*time.Hour {
		faults.at("registration: quota", fmt.Errorf("is not 1 to %d in a time of 1s to 31d", maxQuota))
	}
	if r.Max < 1 || r.Max > maxRegistrations {
		faults.at("registration: max", fmt.Errorf("is not between 1 and %d", maxRegistrations))
	}
	if r.UnusedFor < time.Minute || r.UnusedFor > registeredKeep {
		faults.at("registration: unused_for", fmt.Errorf("%s is not between %s and %s", r.UnusedFor, time.Minute, registeredKeep))
	}
}

// registrations are the clients that registered themselves, as this configuration sees them.
func (h *rooms) registrations() *client.Registrations {
	return client.NewRegistrations(client.RegistrationDeps{
		Store: h.state.store, Generations: h.state.generations, Secrets: h.state.secrets, Scopes: h.resources.OpenScopes(),
		Keep: max(registeredKeep, h.config.Lifetimes.grants().LongestGrant()+48*time.Hour), Now: h.state.now,
	})
}

// registrationEndpoint is the endpoint, for a configuration that has one.
func (h *rooms) registrationEndpoint(registrations *client.Registrations) *registration.Endpoint {
	r := h.config.Registration
	return registration.New(registration.Deps{
		Issuer: h.config.Issuer, Store: h.state.store, Clients: h.clients, Registrations: registrations,
		Quota: h.state.registrations, Guesses: h.state.secretGuesses, Fetch: h.fetch, Respond: h.respond, Trail: h.trail,
		Policy: registration.Policy{
			InitialAccessToken: r.InitialAccessToken, Quota: r.Quota, Window: r.Window, Max: r.Max, UnusedFor: r.UnusedFor,
			OneHost: h.config.Strict,
		},
		Abilities: registration.Abilities{
			MTLS:          h.config.MTLS.On,
			ResponseTypes: h.config.ResponseTypes,
			SigningAlgs:   h.config.Signing.Algs,
		},
	})
}
