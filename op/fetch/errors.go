package fetch

import (
	"errors"
	"fmt"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// Why nothing was read or told. None of them holds anything of what the other side sent.
var (
	// ErrURL: the address is not an https URL with a host, or has user information.
	ErrURL = errors.New("fetch: not an https URL")
	// ErrAddress: the host is at an address that is not the public's and that the operator did not allow.
	ErrAddress = errors.New("fetch: the address may not be reached")
	// ErrUnreached: no name, no connection, no trust in the certificate, or no full answer in time.
	ErrUnreached = errors.New("fetch: no answer")
	// ErrStatus: the answer is no success that was asked for; a redirect is not followed.
	ErrStatus = errors.New("fetch: the answer is no success")
	// ErrDeclined: the answer is 4xx, but neither 401 nor 429. It wraps ErrStatus: the other side is there, and does not
	// take what it was sent.
	ErrDeclined = fmt.Errorf("%w, for what was sent", ErrStatus)
	// ErrEncoded: the answer is compressed, which was not asked for.
	ErrEncoded = errors.New("fetch: the answer has a content encoding")
	// ErrTooLarge: the answer is longer than MaxBody.
	ErrTooLarge = errors.New("fetch: the answer is too large")
	// ErrBusy: too many answers are being waited for already. It wraps oauth.ErrUnavailable: nothing was asked,
	// and the fault is ours.
	ErrBusy = fmt.Errorf("fetch: too many at once: %w", oauth.ErrUnavailable)
)
