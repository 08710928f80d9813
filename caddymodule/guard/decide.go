package guard

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"

	"github.com/seed-5b16f944/gatehouse/op"
	"github.com/seed-5b16f944/gatehouse/op/oauth"
)

// verdict says whether a request passes. Its zero value denies.
type verdict uint8

const (
	denied verdict = iota
	allowedWithoutToken
	allowedWithToken
	answered // by the guard itself
)

// decision is all that ServeHTTP needs to know. Its zero value denies.
type decision struct {
	verdict  verdict
	identity *identity    // of an allowedWithToken
	token    *op.Token    // of an allowedWithToken
	bearer   string       // of an allowedWithToken, as it was sent; "" for a session
	cookie   string       // of an allowedWithToken by a session, as it was sent
	browsed  bool         // the browser's session decided
	signsIn  bool         // of a denied: signing in would help
	upstream string       // of an allowedWithToken, the token for the upstream as its header has it
	route    *route       // what the request needs, if it came so far
	metadata http.Handler // of an answered
	refusal  *refusal     // of a denied; nil is read as unavailable
	cause    error        // of a denied, for the log alone
	dpop     bool         // the caller uses DPoP, and is answered in its terms
	nonce    bool         // the caller needs a nonce for its next DPoP proof
}

// What a token must be. Those of type DPoP are bound to a key (RFC 9449 section 5).
const (
	accessToken = "access"
	bearerType  = "Bearer"
	dpopType    = "DPoP"
)

var (
	errNoToken       = errors.New("token is nil without an error")
	errKind          = errors.New("token is not an access token")
	errOtherAudience = errors.New("token is meant for another audience")
	errNarrow        = errors.New("token lacks a scope")
	errSignIn        = errors.New("the person signed in otherwise or too long ago")
	errSeveral       = errors.New("more than one Authorization header")
	errMalformed     = errors.New("malformed Bearer credentials")
	errConnect       = errors.New("CONNECT that is no WebSocket")
)

// decide answers for one request and changes nothing in it. Facts about a token may come from a cache,
// the decision never does: another route may ask for more of the same token.
func (g *Guard) decide(r *http.Request) (d decision) {
	// A panic below must neither pass the request nor take the refusal's manners away.
	defer func() {
		if p := recover(); p != nil {
			d = g.deny(&g.refusals.unavailable, panicError(p))
		}
	}()
	path, err := readPath(r)
	if err != nil {
		return g.deny(&g.refusals.ambiguous, err)
	}
	if metadata, asked := g.metadata(path, r.URL.RawQuery); asked {
		return decision{verdict: answered, metadata: metadata}
	}
	method := readMethod(r)
	if method == http.MethodConnect {
		return g.deny(&g.refusals.ambiguous, errConnect)
	}
	authorization := r.Header["Authorization"]
	if len(authorization) > 1 {
		return g.deny(&g.refusals.malformed, errSeveral)
	}
	if g.public.has(method, path) || g.Preflight && isPreflight(r) {
		return decision{verdict: allowedWithoutToken}
	}
	route := g.rules.of(method, path)
	if g.browser != nil && len(authorization) == 0 {
		return g.tellUpstream(g.browse(r, method, route))
	}
	sent, err := readToken(authorization)
	switch {
	case err != nil:
		return g.deny(&g.refusals.malformed, err).to(sent)
	case sent.token == "":
		return g.deny(&route.missing, nil).on(route)
	}
	return g.tellUpstream(g.decideToken(r, sent, route)).on(route).to(sent)
}

// decideToken answers for one request with a token.
func (g *Guard) decideToken(r *http.Request, sent credential, route *route) decision {
	token, err := g.source.Introspect(r.Context(), sent.token)
	switch {
	case errors.Is(err, oauth.ErrUnavailable): // outranks a no that was found on the way
		return g.deny(&g.refusals.unavailable, err)
	case errors.Is(err, op.ErrInactive) && !sent.wellFormed(r.Header["Authorization"]):
		return g.deny(&g.refusals.malformed, errMalformed)
	case errors.Is(err, op.ErrInactive):
		return g.deny(&route.invalid, err)
	case err != nil:
		return g.deny(&g.refusals.unavailable, err)
	}
	nonce, refused := g.binding.check(r, sent, token, route.says)
	if refused != nil {
		return *refused
	}
	d := g.judge(token, route)
	d.bearer, d.nonce = sent.token, nonce
	return d
}

// judge holds a live token against what this guard asks of requests on the route.
func (g *Guard) judge(t *op.Token, route *route) decision {
	switch {
	case t == nil:
		return g.deny(&g.refusals.unavailable, errNoToken)
	case t.Kind != accessToken || t.TokenType != typeOf(t):
		// A refresh token is no access token. Whether one that is bound comes with its proof was asked before.
		return g.deny(&route.invalid, errKind)
	case !g.audience.in(t.Audience):
		return g.deny(&route.invalid, errOtherAudience)
	case !route.signIn.meets(t, g.now):
		// Before the scopes: its challenge names these too, so that a client asks once for all.
		return g.deny(&route.stepUp, errSignIn)
	case !t.Scopes.HasAll(route.scopes):
		return g.deny(&route.narrow, errNarrow)
	}
	return g.admit(t)
}

// on says which route a decision is about.
func (d decision) on(r *route) decision {
	d.route = r
	return d
}

// typeOf is the token_type that a token has to have: one that is bound to a key is no bearer token, and the other way
// round (RFC 9449 section 5).
func typeOf(t *op.Token) string {
	if t.Confirmation.JKT != "" {
		return dpopType
	}
	return bearerType
}

func (*Guard) deny(why *refusal, cause error) decision {
	return decision{verdict: denied, refusal: why, cause: cause}
}

// panicError describes a panic without its value, which may hold a token. What the runtime itself says
// (a nil map, an index) holds none.
func panicError(p any) error {
	if fault, ok := p.(runtime.Error); ok {
		return fmt.Errorf("panic: %s", fault.Error())
	}
	return fmt.Errorf("panic with a %T", p)
}
