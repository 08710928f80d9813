package devicecode

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/grant"
	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/store"
)

// ErrNotFound is a code that nobody knows.
var ErrNotFound = errors.New("device authorization is not known")

// Both records of an authorization are of one kind. A device code is beyond guessing and kept by its digest; a user
// code is not, and kept by its HMAC under a key that is sealed in the store, so that nobody who reads the store can
// try all codes.
const (
	devicePrefix = "device."
	userPrefix   = "user."
	purpose      = "user code"
)

// maxDeviceCode bounds a device code before anything is computed of it, in bytes.
const maxDeviceCode = 256

// pointer leads from a user code to its authorization.
type pointer struct {
	Device string `json:"device"`
}

// Codes reads and writes the device authorizations of one provider.
type Codes struct {
	store store.Store
	mac   func(purpose string, parts ...string) string
	now   func() time.Time
}

// New makes the Codes kept in s; mac is keys.Secrets.MAC.
func New(s store.Store, mac func(purpose string, parts ...string) string, now func() time.Time) *Codes {
	return &Codes{store: s, mac: mac, now: now}
}

// Begun is what a device is told (RFC 8628 section 3.2).
type Begun struct {
	DeviceCode, UserCode string
	ExpiresIn, Interval  time.Duration
}

// Begin stores what a device asks for under two new codes.
func (c *Codes) Begin(ctx context.Context, clientID string, scopes oauth.Scopes, resources []string) (*Begun, error) {
	var begun *Begun
	err := store.Again(func() error { // a user code that is taken is another one the next time
		deviceCode, userCode := keys.NewToken(keys.PrefixDevice), newUserCode()
		now := c.now().UTC().Truncate(time.Millisecond)
		a := Authorization{
			ClientID: clientID, Scopes: scopes, Resources: resources,
			ValidUntil: now.Add(grant.DeviceCode), UserKey: c.userKey(userCode),
		}
		key := deviceKey(deviceCode)
		begun = &Begun{DeviceCode: deviceCode, UserCode: userCode, ExpiresIn: grant.DeviceCode, Interval: a.Interval()}
		return c.store.Commit(ctx,
			store.Creating(store.Record{
				Kind: store.DeviceCodes, Key: key, ClientID: clientID, ExpiresAt: now.Add(kept), Body: store.Body(a),
			}),
			store.Creating(store.Record{
				Kind: store.DeviceCodes, Key: a.UserKey, ClientID: clientID, ExpiresAt: a.ValidUntil, Body: store.Body(pointer{key}),
			}))
	})
	return begun, err
}

// ByDeviceCode finds what a device shows. The error is ErrNotFound, or the store's.
func (c *Codes) ByDeviceCode(ctx context.Context, code string) (*Authorization, error) {
	if len(code) > maxDeviceCode || !strings.HasPrefix(code, keys.PrefixDevice) {
		return nil, ErrNotFound
	}
	return c.ByKey(ctx, deviceKey(code))
}

// ByUserCode finds what a person types, in the spelling of ParseUserCode: one that has been answered or has expired
// is not found. The error is ErrNotFound, or the store's.
func (c *Codes) ByUserCode(ctx context.Context, code string) (*Authorization, error) {
	record, err := c.get(ctx, c.userKey(code))
	if err != nil {
		return nil, err
	}
	var to pointer
	if err := record.Decode(&to); err != nil {
		return nil, err
	}
	return c.ByKey(ctx, to.Device)
}

// ByKey finds an authorization by its Key. The error is ErrNotFound, or the store's.
func (c *Codes) ByKey(ctx context.Context, key string) (*Authorization, error) {
	if !strings.HasPrefix(key, devicePrefix) {
		return nil, ErrNotFound
	}
	record, err := c.get(ctx, key)
	if err != nil {
		return nil, err
	}
	a := &Authorization{record: record}
	if err := record.Decode(a); err != nil {
		return nil, err
	}
	return a, nil
}

// Slow has a device wait longer that asks too often, as far as that goes. store.ErrConflict means that the person
// has answered meanwhile, or that it was slowed.
func (c *Codes) Slow(ctx context.Context, a *Authorization) error {
	if a.Interval() >= slowest {
		return nil
	}
	return c.store.Commit(ctx, a.slowing())
}

func (c *Codes) get(ctx context.Context, key string) (store.Record, error) {
	record, err := c.store.Get(ctx, store.DeviceCodes, key)
	if errors.Is(err, store.ErrNotFound) {
		return store.Record{}, ErrNotFound
	}
	return record, err
}

func deviceKey(code string) string          { return devicePrefix + keys.Digest(code) }
func (c *Codes) userKey(code string) string { return userPrefix + c.mac(purpose, code) }
