package session

import (
	"net/http"
	"strings"

	"github.com/seed-5b16f944/gatehouse/op/keys"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// StateCookie names the cookie that tells the check_session_iframe how things stand in this browser, beside the
// session's cookie of that name. It alone can be read by scripts and goes to frames of other sites.
func StateCookie(cookie string) string { return cookie + "-state" }

// State is what a browser shows of its login (OpenID Connect Session Management section 3.2, OP User Agent state).
// None of it leads to a person, a session or its secret.
type State struct {
	// browser is random and stays; login is another whenever somebody else, or nobody, is signed in.
	browser, login string
}

// ShowState brings the browser's state up to date with who is signed in, nil for nobody, and returns it.
//
// That nobody is signed in counts only for a page of its own: in a frame of another site the browser keeps the
// session's cookie back but sends this one, and any site could have every application told of a change.
func (s *Sessions) ShowState(w http.ResponseWriter, r *http.Request, sess *Session) State {
	kept, known := s.state(r)
	if sess == nil && !web.TopLevel(r) {
		if !known {
			return stateOf(keys.NewID(), nil) // which no frame can confirm
		}
		return kept
	}
	next := kept.next(sess)
	if next != kept {
		s.setState(w, next)
	}
	return next
}

// Value is the session_state for a client whose pages are at an origin, as a browser writes it. It holds a digest of
// the login, the salt, and a digest of the browser: by the last the frame knows that this provider made it for that
// client at that origin, and tells nobody else anything. Each call makes another one.
func (st State) Value(clientID, origin string) string {
	salt := keys.NewID()
	bind := func(part string) string {
		return keys.Digest(strings.Join([]string{clientID, origin, part, salt}, " "))
	}
	return bind(st.login) + "." + salt + "." + bind(st.browser)
}

// state is what the browser shows; false for nothing, or for what is none of ours.
func (s *Sessions) state(r *http.Request) (State, bool) {
	value, _ := web.Cookie(r, StateCookie(s.cookie))
	browser, login, ok := strings.Cut(value, ".")
	if !ok || len(browser) != idLength || !isBase64URL(browser) {
		return State{}, false
	}
	return State{browser, login}, true
}

// setState lasts as long as a session that begins now.
func (s *Sessions) setState(w http.ResponseWriter, st State) {
	web.SetSharedCookie(w, StateCookie(s.cookie), st.browser+"."+st.login, s.life.Max)
}

// next is the state of the same browser with somebody signed in, nil for nobody.
func (st State) next(sess *Session) State {
	if st.browser == "" {
		st.browser = keys.NewID()
	}
	return stateOf(st.browser, sess)
}

// stateOf follows the session: who signs in again in the same one has not changed anything. The ID of the session is
// random and cannot be found from it.
func stateOf(browser string, sess *Session) State {
	id := ""
	if sess != nil {
		id = sess.ID
	}
	return State{browser, keys.Digest(browser + " " + id)}
}
