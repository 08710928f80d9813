package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// accountRecord is what is kept of an account that was signed in.
type accountRecord struct {
	// CutOffs counts how often it was signed out everywhere. It is a count and not a time, because clocks of nodes differ and step
	// back: by the time of another clock a session could seem to have begun after the cut-off.
	CutOffs int64 `json:"cut_offs"`
	// CutOffAt is when that was last, for who reads the store.
	CutOffAt time.Time `json:"cut_off_at,omitzero"`
}

// CutOffs is how often the account was signed out everywhere. Sessions and grants that were begun
// under another count are over.
func (s *Sessions) CutOffs(ctx context.Context, name string) (int64, error) {
	kept, _, err := s.account(ctx, name)
	return kept.CutOffs, err
}

// CutOff signs the account out everywhere, in one write: its sessions are over, and so is everything
// that was granted in them, offline or not. What is begun meanwhile under the old count is over as
// well. An error means that it may all go on.
func (s *Sessions) CutOff(ctx context.Context, name string) error {
	return store.Again(func() error {
		kept, version, err := s.account(ctx, name)
		if err != nil {
			return err
		}
		kept.CutOffs++
		kept.CutOffAt = s.now()
		writing := store.Replacing(accountRecordOf(name, version, kept))
		if version == 0 {
			writing.Op = store.Create
		}
		return s.end(ctx, writing, s.noting(Ended{Account: name, CutOffs: kept.CutOffs}))
	})
}

// accountRecordOf never expires: a count that began again would revive what an earlier one ended.
func accountRecordOf(name string, version int64, kept accountRecord) store.Record {
	return store.Record{Kind: store.Accounts, Key: name, Version: version, Subject: name, Body: store.Body(kept)}
}

// account reads what is kept of an account; version 0 means nothing yet.
func (s *Sessions) account(ctx context.Context, name string) (kept accountRecord, version int64, err error) {
	record, err := s.store.Get(ctx, store.Accounts, name)
	if errors.Is(err, store.ErrNotFound) {
		return accountRecord{}, 0, nil
	}
	if err != nil {
		return accountRecord{}, 0, err
	}
	if err := record.Decode(&kept); err != nil {
		return accountRecord{}, 0, fmt.Errorf("account record: %w", err)
	}
	return kept, record.Version, nil
}
