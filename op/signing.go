package op

import (
	"context"

	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// Key is what may be told of a signing key.
type Key = keys.Key

// ErrUnknownKey is RemoveKey's answer for a kid that no key has.
var ErrUnknownKey = keys.ErrUnknownKey

// Keys tells of every signing key, those that sign first.
func (p *Provider) Keys() []Key { return p.state.ring.List() }

// RotateKeys replaces every signing key, out of schedule. The successors are published when it returns and
// sign after the usual notice; the keys before them verify as long as anything they signed lives. Saying it
// again hurries nothing. The error is the store's, and then nothing has changed.
func (p *Provider) RotateKeys(ctx context.Context) error {
	if err := p.state.ring.RotateNow(ctx, p.keyPolicy()); err != nil {
		return err
	}
	p.log.Info("the signing keys are being replaced by command")
	return nil
}

// RemoveKey takes a signing key away in an emergency. From its return on no token it signed counts here, be
// it remembered or not; where it signed, another does at once. ErrUnknownKey for a kid that no key has; any
// other error is the store's, and then it has to be tried again.
func (p *Provider) RemoveKey(ctx context.Context, kid string) error {
	before := p.state.ring.List()
	if err := p.state.ring.Remove(ctx, kid); err != nil {
		return err
	}
	p.tellRemoved(ctx, kid, before)
	p.log.Warn("a signing key was removed by command", zap.String("kid", kid))
	return nil
}
