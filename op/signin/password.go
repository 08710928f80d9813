package signin

import (
	"errors"
	"net/http"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/metrics"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// How many times the policy's attempts one network has over all accounts (an office behind one
// address), and one account over all networks (a botnet). The latter is large because it also shuts
// the account's owner out.
const (
	networkBudget = 10
	accountBudget = 20
)

const busyWait = 5 * time.Second

var errGuess = oauth.AccessDenied("wrong username or password", nil)

// login judges a username and a password. Nothing in the answer, neither words, status, headers nor
// time, tells an account that exists from one that does not.
func (s *SignIn) login(w http.ResponseWriter, r *http.Request, a asked, name, password string) {
	limits := s.limits(name, throttle.Network(web.ClientIP(r)))
	guess, wait, err := s.Throttle.Reserve(r.Context(), limits...)
	switch {
	case err != nil:
		s.fail(w, r, name, err)
		return
	case wait > 0:
		err := web.RetryAfter(oauth.TooManyRequests("too many sign-in attempts", nil), wait)
		s.tellRefused(r, name, metrics.Throttled, err)
		s.showLogin(w, r, a, loginState{
			Username: name, Problem: "throttled", Wait: wait, Status: http.StatusTooManyRequests, Err: err,
		})
		return
	}
	u, err := s.Users.Authenticate(r.Context(), name, password)
	switch {
	case errors.Is(err, user.ErrWrong):
		s.tellRefused(r, name, metrics.Wrong, errGuess)
		s.showLogin(w, r, a, loginState{Username: name, Problem: "wrong", Err: errGuess})
		return
	case errors.Is(err, user.ErrBusy):
		_ = guess.GiveBack(r.Context()) // it was never judged; what the store does not take back stays counted until its time is over
		s.tellRefused(r, name, metrics.Busy, err)
		s.showLogin(w, r, a, loginState{
			Username: name, Problem: "busy", Status: http.StatusServiceUnavailable, Err: web.RetryAfter(err, busyWait),
		})
		return
	case err != nil:
		_ = guess.GiveBack(r.Context()) // as above
		s.fail(w, r, name, err)
		return
	}
	_ = guess.GiveBack(r.Context())
	_ = s.Throttle.Reset(r.Context(), limits[0])
	before, err := s.before(r)
	if err != nil {
		s.fail(w, r, name, err)
		return
	}
	sess, err := s.Sessions.SignIn(r.Context(), w, r, u.Account, u.Stamp(), ACRPassword, []string{"pwd"})
	if err != nil {
		s.fail(w, r, name, err)
		return
	}
	left := ended(before, sess)
	s.tellSignedIn(r, sess, before, left)
	s.proceed(w, r, a.Pending, sess, left)
}

// limits are the budgets that a guess falls into; the first is that of this account from this
// network. Names are counted in their canonical form, so that another spelling is no second budget;
// those that have none belong to nobody and share one.
func (s *SignIn) limits(name, network string) []throttle.Limit {
	account, err := user.Canonical(name)
	if err != nil {
		account = ""
	}
	limit := func(key string, times int) throttle.Limit {
		return throttle.Limit{Key: key, Attempts: times * s.Policy.Attempts, Window: s.Policy.Window}
	}
	return []throttle.Limit{
		limit("pair "+network+" "+account, 1),
		limit("network "+network, networkBudget),
		limit("account "+account, accountBudget),
	}
}
