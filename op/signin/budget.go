package signin

import (
	"context"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/throttle"
)

// reserve counts a guess before it is judged, here and at all nodes. wait says for how long there is no room; giveBack
// has to be called if the guess was right, or was not judged. An error means that nobody can count, and nothing may be
// judged.
func (s *SignIn) reserve(ctx context.Context, limits []throttle.Limit) (giveBack func(), wait time.Duration, err error) {
	guess, wait, ok := s.Throttle.Reserve(limits...)
	if !ok {
		return nil, max(wait, time.Millisecond), nil
	}
	claim, wait, err := s.Shared.Reserve(ctx, limits...)
	if err != nil || wait > 0 {
		guess.GiveBack()
		return nil, wait, err
	}
	return func() {
		guess.GiveBack()
		// What the store does not take back stays counted until its time is over.
		_ = claim.GiveBack(context.WithoutCancel(ctx))
	}, 0, nil
}

// reset forgets the wrong guesses under a limit.
func (s *SignIn) reset(ctx context.Context, limit throttle.Limit) {
	s.Throttle.Reset(limit.Key)
	_ = s.Shared.Reset(context.WithoutCancel(ctx), limit) // as above
}
