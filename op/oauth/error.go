package oauth

import (
	"errors"
	"net/http"
)

// ErrUnavailable is wrapped by every error that means "nobody can tell now": a store, a queue or a
// remote that did not answer. It becomes 503, never a guess.
var ErrUnavailable = errors.New("not available")

// Error is a refusal in the words of RFC 6749 section 5.2 and its relatives. Code and Description
// go to the client; Cause goes to the log alone. Description is fixed ASCII, without quote or
// backslash (RFC 6749 appendix A.8), and never holds input.
type Error struct {
	Code        string
	Description string
	// Status is the HTTP status of a direct answer; a redirect to the client does not use it.
	Status int
	// Challenge is the WWW-Authenticate value of a direct answer, empty for none.
	Challenge string
	// Cause is private: it may name what was wrong in detail, and is never shown.
	Cause error
}

// Error is the text for the log: code, description and private cause.
func (e *Error) Error() string {
	text := e.Code
	if e.Description != "" {
		text += ": " + e.Description
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns the private cause.
func (e *Error) Unwrap() error { return e.Cause }

// Ours reports whether the fault is the provider's rather than the client's.
func (e *Error) Ours() bool { return e.Status >= http.StatusInternalServerError }

// AsError says what a client is told about err: an *Error in its chain as it is, a store or remote
// that did not answer as temporarily_unavailable (503), anything else as server_error (500) with an
// empty description.
func AsError(err error) *Error {
	// A store that fails while a refusal is being carried out outranks the refusal: what had to be
	// written with it was not.
	if errors.Is(err, ErrUnavailable) {
		return &Error{Code: "temporarily_unavailable", Status: http.StatusServiceUnavailable, Cause: err}
	}
	if refusal, ok := errors.AsType[*Error](err); ok {
		return refusal
	}
	return &Error{Code: "server_error", Status: http.StatusInternalServerError, Cause: err}
}

func refuse(status int, code, description string, cause error) *Error {
	return &Error{Code: code, Description: description, Status: status, Cause: cause}
}
