package keys

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

const pageSize = 100

// Reload reads every key from the store again. Ensure does as much when another node has changed the ring;
// this is for who was told of it. The error is the store's or ErrEncryptionKey, and leaves the ring as it
// was.
func (r *Ring) Reload(ctx context.Context) error {
	release, err := r.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	w, err := r.loadHead(ctx)
	if err != nil {
		return err
	}
	if err := r.loadKeys(ctx, w); err != nil {
		return err
	}
	return r.publish(w)
}

// load is the stored ring. While the head is the one this process has seen, so are the keys: that is one
// small read a minute and parses no key.
func (r *Ring) load(ctx context.Context) (*working, error) {
	w, err := r.loadHead(ctx)
	if err != nil {
		return nil, err
	}
	if known := r.current.Load(); w.headVersion != 0 && w.headVersion == known.headVersion {
		for _, k := range known.keys {
			own := *k
			w.keys = append(w.keys, &own)
		}
		return w, nil
	}
	return w, r.loadKeys(ctx, w)
}

// loadHead comes before loadKeys: keys that change in between come with a head that has moved on, and nothing
// planned on them can be committed.
func (r *Ring) loadHead(ctx context.Context) (*working, error) {
	w := &working{shared: r.seeker != nil}
	record, err := r.store.Get(ctx, store.Keys, headKey)
	if errors.Is(err, store.ErrNotFound) {
		return w, nil
	}
	if err != nil {
		return nil, fmt.Errorf("keys: read the ring: %w", err)
	}
	w.headVersion = record.Version
	return w, r.rest.read(record, &w.head)
}

func (r *Ring) loadKeys(ctx context.Context, w *working) error {
	for after := ""; ; {
		page, err := r.store.List(ctx, store.Keys, store.Filter{}, after, pageSize)
		if err != nil {
			return fmt.Errorf("keys: read the ring: %w", err)
		}
		for _, record := range page {
			after = record.Key
			if record.Key == headKey {
				continue
			}
			k, err := readKey(record, r.rest)
			if err != nil {
				return err
			}
			w.keys = append(w.keys, k)
		}
		if len(page) < pageSize {
			return nil
		}
	}
}
