package signin

import (
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/audit"
	"github.com/seed-5b16f944/gatehouse/op/metrics"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/user"
)

// tellSignedIn has it told who signed in, and whose session that ended in this browser; left is its ID, "" for none.
func (s *SignIn) tellSignedIn(r *http.Request, sess, before *session.Session, left string) {
	s.Count.SignIn(metrics.Success)
	s.Trail.Tell(r.Context(), audit.Event{Name: audit.SignIn, Account: sess.Account, SessionID: sess.ID, ACR: sess.ACR})
	if left != "" {
		s.Trail.Tell(r.Context(), audit.Event{
			Name: audit.Logout, Account: before.Account, SessionID: left, Reason: audit.ReasonOtherSignIn,
		})
	}
}

// reasons are the words of the trail for outcomes that have one.
var reasons = map[metrics.Outcome]string{
	metrics.Wrong:     audit.ReasonWrong,
	metrics.Throttled: audit.ReasonThrottled,
	metrics.Busy:      audit.ReasonBusy,
}

// tellRefused has it told that an attempt to sign in came to nothing. A name that nobody has is not told: people type
// their password there.
func (s *SignIn) tellRefused(r *http.Request, name string, outcome metrics.Outcome, err error) {
	s.Count.SignIn(outcome)
	refused := audit.Event{Name: audit.SignInRefused, Reason: reasons[outcome], Err: err}
	if account, err := user.Canonical(name); err == nil {
		if u, err := s.Users.Lookup(r.Context(), account); err == nil {
			refused.Account = u.Account
		}
	}
	s.Trail.Tell(r.Context(), refused)
}

// fail refuses an attempt that could not be judged, or not be stored.
func (s *SignIn) fail(w http.ResponseWriter, r *http.Request, name string, err error) {
	s.tellRefused(r, name, metrics.OutcomeOf(err), err)
	s.Respond.RefusePage(w, r, endpoint, err)
}
