package op

import (
	"errors"
	"testing"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
)

func TestAnUpstreamIsNobodyElse(t *testing.T) {
	config := Config{Issuer: "https://id.example.com", Clients: []*Client{{ID: "https://shop.example.com/client"}, {ID: "web"}}}
	for audience, good := range map[string]bool{
		"https://orders.internal": true, "urn:orders": true, "https://id.example.com/orders": true, "https://shop.example.com": true,
		"https://id.example.com": false, "https://ID.example.com:443/": false, "https://shop.example.com/client": false, "web": false, "": false,
	} {
		if err := config.CheckUpstream(audience); (err == nil) != good {
			t.Errorf("%q: %v", audience, err)
		}
	}
}

// What was made for an upstream is no token of the provider's: it cannot be shown in place of the caller's.
func TestThreat059_AnUpstreamsTokenIsNotActive(t *testing.T) {
	state, err := Open(t.Context(), Location{Driver: DriverMemory})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = state.Close() })
	provider, err := New(Config{Issuer: "https://id.example.com"}, state, Observer{})
	if err == nil {
		err = provider.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	made, err := provider.UpstreamToken(&Token{Kind: grant.KindSession, SignedIn: true, Subject: "diana"},
		UpstreamWish{Audience: "https://api.example.com", Life: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := provider.Introspect(t.Context(), made.JWT()); !errors.Is(err, ErrInactive) || found != nil {
		t.Errorf("%v, %v", found, err)
	}
	if good, stale := made.Good(); !good || stale {
		t.Error("it is not good for what it is")
	}
}
