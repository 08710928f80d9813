package load

import (
	"net/http"
	"time"

	"github.com/seed-5b16f944/gatehouse/tests/harness"
)

// unavailable is what somebody says who cannot tell.
const unavailable = "temporarily_unavailable"

// deserved says whether an answer is what its request deserves.
type deserved func(*harness.Reply) bool

// ask sends a request to a node and judges the answer. What was deserved is returned; nil was not. known says that
// nobody needs to ask again: not after a 503, and not when nothing came back.
func (w *World) ask(n *Node, what string, send func() (*harness.Reply, error), right deserved) (got *harness.Reply, known bool) {
	began := time.Now()
	got, err := send()
	worst := n.sky.worst(began)
	switch {
	case err != nil && worst < Gone:
		w.Ledger.blame("%s at %s: no answer: %v", what, n.name, err)
		return nil, false
	case err != nil:
		return nil, false
	case undecided(got):
		w.Ledger.refuse()
		if worst < Rough {
			w.Ledger.blame("%s at %s: %s in fair weather", what, n.name, told(got))
		}
		if got.Status == http.StatusServiceUnavailable && got.Header.Get("Retry-After") == "" || got.AccessToken != "" || got.RefreshToken != "" {
			w.Ledger.blame("%s at %s: a 503 without Retry-After, or with tokens", what, n.name)
		}
		return nil, false
	case right(got):
		return got, true
	}
	w.Ledger.blame("%s at %s: %s", what, n.name, told(got))
	return nil, true
}

// undecided reports whether somebody could not tell: by a status, or by a redirect that says so (RFC 6749 section
// 4.1.2.1).
func undecided(got *harness.Reply) bool {
	return got.Status == http.StatusServiceUnavailable || query(got, "error") == unavailable
}

// told is the answer as it may be printed.
func told(got *harness.Reply) string {
	if problem := query(got, "error"); problem != "" {
		return got.String() + ", a redirect with error=" + problem
	}
	return got.String()
}

// query is a parameter of where an answer redirects to.
func query(got *harness.Reply, name string) string {
	location, err := (&http.Response{Header: got.Header}).Location()
	if err != nil {
		return ""
	}
	return location.Query().Get(name)
}

// The answers that requests deserve.

func issued(got *harness.Reply) bool {
	return got.Status == http.StatusOK && got.AccessToken != "" && got.RefreshToken != ""
}

func authorized(got *harness.Reply) bool {
	return (got.Status == http.StatusSeeOther || got.Status == http.StatusFound) && query(got, "code") != ""
}

func invalidGrant(got *harness.Reply) bool {
	return got.Status == http.StatusBadRequest && got.Error == "invalid_grant"
}

func done(got *harness.Reply) bool       { return got.Status == http.StatusOK }
func turnedAway(got *harness.Reply) bool { return got.Status == http.StatusUnauthorized }
func active(got *harness.Reply) bool     { return got.Status == http.StatusOK && got.Active }
func inactive(got *harness.Reply) bool   { return got.Status == http.StatusOK && !got.Active }

func either(one, other deserved) deserved {
	return func(got *harness.Reply) bool { return one(got) || other(got) }
}
