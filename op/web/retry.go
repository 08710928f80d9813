package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

const (
	retryUnavailable = 5 * time.Second
	retryThrottled   = time.Minute
)

type retryError struct {
	error
	after time.Duration
}

func (e *retryError) Unwrap() error { return e.error }

// RetryAfter adds to an error how long its client had better wait; the answer says it in
// Retry-After, in whole seconds rounded up (RFC 9110 section 10.2.3).
func RetryAfter(err error, after time.Duration) error {
	return &retryError{error: err, after: after}
}

// setRetryAfter tells how long to wait wherever waiting can help: 429 and 503.
func setRetryAfter(h http.Header, status int, err error) {
	var after time.Duration
	switch status {
	case http.StatusTooManyRequests:
		after = retryThrottled
	case http.StatusServiceUnavailable:
		after = retryUnavailable
	default:
		return
	}
	if told, ok := errors.AsType[*retryError](err); ok {
		after = max(told.after, time.Second)
	}
	h.Set("Retry-After", strconv.FormatInt(int64((after+time.Second-1)/time.Second), 10))
}
