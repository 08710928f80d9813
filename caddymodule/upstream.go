package caddymodule

import "github.com/seed-5b16f944/gatehouse/op"

// CheckUpstream refuses an audience for an upstream's tokens that stands for somebody else already.
func (i *instance) CheckUpstream(audience string) error { return i.life.config.CheckUpstream(audience) }

// UpstreamToken makes a token that tells an upstream what is known of a live token or session.
func (i *instance) UpstreamToken(of *op.Token, w op.UpstreamWish) (*op.UpstreamToken, error) {
	running, err := i.begun()
	if err != nil {
		return nil, err
	}
	return running.UpstreamToken(of, w)
}
