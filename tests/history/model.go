package history

import "github.com/anishathalye/porcupine"

// unseen is a refresh token that was given in an answer which nobody got.
const unseen = -1

// input is what is asked of the model: a kind, and the number of a token.
type input struct {
	kind  Kind
	token int
}

// output is the answer, with the numbers of the tokens that it gave.
type output struct {
	answer          Answer
	access, refresh int
}

// state is a grant as the protocol has it. It is never changed; each step makes another.
type state struct {
	codeSpent bool
	// over is that nothing of it is good any more: it was revoked, or what it hangs from has ended. There is no way back.
	over bool
	// current is the one live refresh token, and previous the one that still gives it again, within the grace.
	current, previous int
	// issued are the access tokens that were given, denied those that were revoked by themselves; one bit each.
	issued, denied uint64
}

// model is the grant.
var model = porcupine.Model{
	Init: func() any { return state{} },
	Step: func(before, asked, told any) (bool, any) {
		s, in, out := before.(state), asked.(input), told.(output)
		next, answer := s.step(in, out)
		return out.answer == Unknown || out.answer == answer, next
	},
}

// step is what becomes of the grant, and the answer that is due. An answer that nobody got may have had its effect: if it had
// none, it comes after all others.
func (s state) step(in input, out output) (state, Answer) {
	switch in.kind {
	case Redeem:
		return s.redeem(out)
	case Refresh:
		return s.refresh(in.token, out)
	case RevokeGrant, Ending:
		s.over = true
		return s, Yes
	case RevokeAccess:
		s.denied |= 1 << in.token
		return s, Yes
	case UseAccess:
		return s, answer(!s.over && (s.issued&^s.denied)&(1<<in.token) != 0)
	case IntrospectRefresh:
		return s, answer(!s.over && s.current == in.token)
	}
	return s, Unknown
}

// redeem spends the code; shown again, it ends the grant (RFC 6749 section 4.1.2).
func (s state) redeem(out output) (state, Answer) {
	switch {
	case s.over:
		return s, No
	case s.codeSpent:
		s.over = true
		return s, No
	}
	s.codeSpent, s.current = true, given(out)
	return s.issue(out), Yes
}

// refresh moves the family on. The token before the current one gives that again; any older one ends the grant
// (RFC 9700 section 4.14.2).
func (s state) refresh(token int, out output) (state, Answer) {
	switch {
	case s.over:
		return s, No
	case token == s.current:
		s.previous, s.current = token, given(out)
		return s.issue(out), answer(s.current != token)
	case token == s.previous:
		if s.current == unseen && out.answer == Yes {
			s.current = out.refresh
		}
		return s.issue(out), answer(out.answer != Yes || s.current == out.refresh)
	}
	s.over = true
	return s, No
}

// issue has the access token of an answer be one of the grant's.
func (s state) issue(out output) state {
	if out.answer == Yes {
		s.issued |= 1 << out.access
	}
	return s
}

// given is the refresh token of an answer.
func given(out output) int {
	if out.answer == Yes {
		return out.refresh
	}
	return unseen
}

func answer(yes bool) Answer {
	if yes {
		return Yes
	}
	return No
}
