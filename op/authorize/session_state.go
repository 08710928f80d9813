package authorize

import (
	"net/http"

	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// sessionState is the session_state of an answer, good or bad, to an OpenID Connect request (OpenID Connect Session
// Management section 2): for the origin that the answer goes to, since only its pages are told of a change. It is ""
// where there is no such origin, as in an app of its own scheme, and while nobody can tell who is signed in.
func (e *Endpoint) sessionState(w http.ResponseWriter, r *http.Request, q *request) string {
	origin := web.Origin(q.redirectURI)
	if origin == "" || !q.isOpenID() {
		return ""
	}
	// Who is signed in by now, not when the request was judged: another tab may have signed out meanwhile, and what
	// it has shown must not be taken back.
	current, err := e.SignIn.Current(r)
	if err != nil {
		return ""
	}
	var sess *session.Session
	if current != nil {
		sess = current.Session
	}
	return e.Sessions.ShowState(w, r, sess).Value(q.client.ID, origin)
}

// isOpenID reports whether the request is one of OpenID Connect, also if it was refused before its scopes were read
// (OIDC Core section 3.1.2.1).
func (q *request) isOpenID() bool {
	asked, err := oauth.ParseScopes(q.params.Get(paramScope))
	return err == nil && asked.Has(oauth.ScopeOpenID) && q.client.Scopes.Has(oauth.ScopeOpenID)
}
