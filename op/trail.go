package op

import (
	"context"
	"slices"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/metrics"
)

// AuditEvent is one thing that has happened.
type AuditEvent = audit.Event

// newTrail is where the endpoints say what has happened: it is counted, and told. That a device has to ask again is
// counted alone.
func newTrail(count *metrics.Provider, told func(context.Context, AuditEvent)) *audit.Trail {
	return audit.NewTrail(func(ctx context.Context, e audit.Event) {
		if e.Name == audit.TokenIssued {
			count.Token(e.GrantType, metrics.Issued)
		}
		if e.Name == audit.TokenRefused {
			count.Token(e.GrantType, metrics.OutcomeOf(e.Err))
		}
		if e.Waits() {
			return
		}
		count.Event(e.Name)
		if told != nil {
			told(ctx, e)
		}
	})
}

// tellMade has it told that a signing key was made.
func (p *Provider) tellMade(ctx context.Context, k keys.Key) {
	p.trail.Tell(ctx, audit.Event{Name: audit.KeyRotated, KeyID: k.ID, Alg: k.Alg})
}

// tellRemoved has it told that a signing key was taken away, and which took its place; before are those that were
// there until then.
func (p *Provider) tellRemoved(ctx context.Context, kid string, before []keys.Key) {
	removed := audit.Event{Name: audit.KeyRemoved, KeyID: kid}
	if at := slices.IndexFunc(before, func(k keys.Key) bool { return k.ID == kid }); at >= 0 {
		removed.Alg = before[at].Alg
	}
	p.trail.Tell(ctx, removed)
	for _, k := range p.Keys() {
		if !slices.ContainsFunc(before, func(old keys.Key) bool { return old.ID == k.ID }) {
			p.tellMade(ctx, k)
		}
	}
}
