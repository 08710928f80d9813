package backchannel

import (
	"context"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// Waiting counts the notices that are still to be taken by their clients, up to most of them.
func Waiting(ctx context.Context, s store.Store, most int) (int, error) {
	// All of their keys sort behind what they begin with, and so does nothing else.
	records, err := s.List(ctx, store.LogoutDeliveries, store.Filter{}, noticePrefix, most)
	return len(records), err
}
