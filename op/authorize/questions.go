package authorize

import (
	"context"
	"net/http"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
	"github.com/seed-5b16f944/gatehouse/op/session"
	"github.com/seed-5b16f944/gatehouse/op/store"
	"github.com/seed-5b16f944/gatehouse/op/throttle"
	"github.com/seed-5b16f944/gatehouse/op/user"
	"github.com/seed-5b16f944/gatehouse/op/web"
)

// person is who is signed in in this browser.
type person struct {
	session *session.Session
	user    *user.User
	// subject is their sub, as the client of the request sees it.
	subject string
}

// since reports whether they proved who they are after the request came: only that is a new
// authentication in answer to it.
func (p *person) since(received time.Time) bool {
	return p != nil && !p.session.AuthTime.Before(received)
}

// signedIn is who is signed in, nil for nobody.
func (e *Endpoint) signedIn(r *http.Request, c *client.Client) (*person, error) {
	current, err := e.SignIn.Current(r)
	if current == nil || err != nil {
		return nil, err
	}
	subject, err := e.subject(c, current.User)
	if err != nil {
		return nil, err
	}
	return &person{session: current.Session, user: current.User, subject: subject}, nil
}

// reason is one reason to stop the person, by its name.
type reason struct {
	name    string
	applies func(q *request, who *person, now time.Time) bool
	// still is the error if it applies though the person has just signed in: asking again would go on for
	// ever (OIDC Core section 3.1.2.2). nil for a reason that a sign-in does away with.
	still func() error
}

// loginReasons are the reasons to sign in, whoever is signed in (OIDC Core section 3.1.2.3).
var loginReasons = []reason{
	{"nobody is signed in", func(_ *request, who *person, _ time.Time) bool { return who == nil }, nil},
	{"the request waited for too long", func(q *request, who *person, _ time.Time) bool {
		return q.stale && !who.since(q.interaction.Received)
	}, nil},
	{"prompt=login", func(q *request, who *person, _ time.Time) bool {
		return q.prompts.Has(oauth.PromptLogin) && !who.since(q.interaction.Received)
	}, nil},
	{"max_age has passed", func(q *request, who *person, now time.Time) bool {
		return q.maxAge != noMaxAge && !who.since(q.interaction.Received) && now.Sub(who.session.AuthTime) > q.maxAge
	}, nil},
	{"another person is asked for", anotherPerson, func() error {
		return oauth.LoginRequired("another person signed in", nil)
	}},
	{"acr is essential and another", anotherACR, func() error {
		return oauth.UnmetAuthenticationRequirements("the sign-in has no acr that was asked for", nil)
	}},
}

// login asks whether the person has to sign in. No answer and no error means that they need not.
func (e *Endpoint) login(q *request, who *person) (answer, error) {
	now := e.Now()
	for _, why := range loginReasons {
		if !why.applies(q, who, now) {
			continue
		}
		if q.prompts.Has(oauth.PromptNone) {
			return nil, named(why.name, oauth.LoginRequired("the person has to sign in", nil))
		}
		if who.since(q.interaction.Received) {
			return nil, named(why.name, why.still())
		}
		return e.askLogin(q), nil
	}
	return nil, nil
}

// selection asks whether the person has to choose an account. Having signed in for this request is a
// choice; one that was made while another session was there is none.
func (e *Endpoint) selection(q *request, who *person) answer {
	chosen := q.interaction.Selected && q.interaction.SessionID == who.session.ID
	if !q.prompts.Has(oauth.PromptSelectAccount) || chosen || who.since(q.interaction.Received) {
		return nil
	}
	return e.askAccount(q)
}

// ask puts all questions in their order. The answer is the first page that is needed, or the code.
func (e *Endpoint) ask(r *http.Request, q *request) (answer, error) {
	ctx := r.Context()
	if done, err := e.answered(ctx, q); done || err != nil {
		return e.alreadyAnswered, err
	}
	switch q.decision {
	case decisionDeny:
		return e.deny(ctx, q)
	case decisionSwitch:
		return e.askLogin(q), nil
	}
	who, err := e.signedIn(r, q.client)
	if err != nil {
		return nil, err
	}
	if page, err := e.login(q, who); page != nil || err != nil {
		return page, err
	}
	if page := e.selection(q, who); page != nil {
		return page, nil
	}
	return e.approval(ctx, q, who)
}

// proceed is the whole way of a request.
func (e *Endpoint) proceed(w http.ResponseWriter, r *http.Request, q *request) {
	q.network = throttle.Network(web.ClientIP(r))
	refused := e.check(r.Context(), q)
	r = noting(r, q)
	if refused != nil {
		e.refuse(w, r, q, refused)
		return
	}
	give, err := e.ask(r, q)
	if err != nil {
		e.refuse(w, r, q, &refusal{err: err, fails: redirect})
		return
	}
	give(w, r)
}

// deny is the person's no. It is an answer like a code: pressing Back does not turn it around.
func (e *Endpoint) deny(ctx context.Context, q *request) (answer, error) {
	err := e.Store.Commit(ctx, e.answering(q)...)
	switch {
	case lost(err, store.Answered):
		return e.alreadyAnswered, nil
	case err != nil:
		return nil, err
	}
	e.tellDenied(ctx, q)
	return nil, oauth.AccessDenied("the person said no", nil)
}
