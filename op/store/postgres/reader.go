package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seed-5b16f944/gatehouse/op/store"
)

// querier is a connection, or a transaction on one.
type querier interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}

// reader reads records by one connection. What is past its expiry at now is absent.
type reader struct {
	from querier
	now  func() time.Time
	// within is how long one call may take.
	within time.Duration
}

// Get is that of store.Store.
func (r reader) Get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	if err := checkKind(k); err != nil {
		return store.Record{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.within)
	defer cancel()
	found, err := r.get(ctx, k, key)
	if errors.Is(err, pgx.ErrNoRows) {
		return store.Record{}, store.ErrNotFound
	}
	if err != nil {
		return store.Record{}, store.Unavailable("get", fault(err))
	}
	return found, nil
}

// List is that of store.Store.
func (r reader) List(ctx context.Context, k store.Kind, f store.Filter, after string, limit int) ([]store.Record, error) {
	if err := checkListing(k, limit); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.within)
	defer cancel()
	page, err := r.list(ctx, k, f, after, limit)
	if err != nil {
		return nil, store.Unavailable("list", fault(err))
	}
	return page, nil
}

// get reads a record of a known kind; its errors are those of pgx.
func (r reader) get(ctx context.Context, k store.Kind, key string) (store.Record, error) {
	return scan(k, r.from.QueryRow(ctx, texts[k].get, r.now().UnixMilli(), key))
}

// list reads a page of a known kind; its errors are those of pgx.
func (r reader) list(ctx context.Context, k store.Kind, f store.Filter, after string, limit int) ([]store.Record, error) {
	query, args := texts[k].listing(r.now().UnixMilli(), after, limit, f)
	rows, err := r.from.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	page, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (store.Record, error) { return scan(k, row) })
	if len(page) == 0 {
		return nil, err
	}
	return page, err
}

func checkKind(k store.Kind) error {
	if !k.Known() {
		return fmt.Errorf("%w: unknown kind %q", store.ErrInvalid, k)
	}
	return nil
}

func checkListing(k store.Kind, limit int) error {
	if limit < 1 {
		return errors.Join(checkKind(k), fmt.Errorf("%w: a list needs a positive limit", store.ErrInvalid))
	}
	return checkKind(k)
}

// scan reads one row in the order of columns.
func scan(k store.Kind, row pgx.Row) (store.Record, error) {
	r := store.Record{Kind: k}
	var expires int64
	if err := row.Scan(&r.Key, &r.Version, &expires, &r.GrantID, &r.SessionID, &r.Subject, &r.ClientID, &r.Body); err != nil {
		return store.Record{}, err
	}
	// 0 stands for never: a record that ended in 1970 is absent and does not get here.
	if expires != 0 {
		r.ExpiresAt = time.UnixMilli(expires).UTC()
	}
	return r, nil
}
