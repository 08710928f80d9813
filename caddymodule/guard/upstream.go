package guard

import (
	"errors"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/seed-5b16f944/gatehouse/op"
)

// upstreamTokens gives the upstream a token of its own with each request that passes.
type upstreamTokens struct {
	header string // canonical
	prefix string // before the token, in that header
	make   func(of *op.Token) (*op.UpstreamToken, error)
}

func (g *Guard) newUpstreamTokens(uri string, provider Provider) (*upstreamTokens, error) {
	if g.UpstreamToken == nil {
		return nil, nil
	}
	wish, err := g.upstreamWish(uri)
	made := &upstreamTokens{
		header: g.upstreamHeader(),
		make:   func(of *op.Token) (*op.UpstreamToken, error) { return provider.UpstreamToken(of, wish) },
	}
	if made.header == authorizationHeader {
		made.prefix = bearerType + " "
	}
	return made, err
}

// told is the token for the upstream about one identity, as it was last made.
type told struct {
	last   atomic.Pointer[upstreamValue]
	making sync.Mutex
}

// upstreamValue is a token as its header has it.
type upstreamValue struct {
	token *op.UpstreamToken
	text  string
}

func (v *upstreamValue) good() (good, stale bool) {
	if v == nil {
		return false, true
	}
	return v.token.Good()
}

// of gives the header's value about a live token. While one request has another token made, the others go on with
// the last.
func (u *upstreamTokens) of(who *identity, t *op.Token) (string, error) {
	last := who.upstream.last.Load()
	good, stale := last.good()
	switch {
	case good && !stale:
		return last.text, nil
	case !good:
		who.upstream.making.Lock()
	case !who.upstream.making.TryLock():
		return last.text, nil
	}
	defer who.upstream.making.Unlock()
	last = who.upstream.last.Load() // another request may have been here
	if good, stale := last.good(); good && !stale {
		return last.text, nil
	}
	token, err := u.make(t)
	if err != nil {
		return "", err
	}
	last = &upstreamValue{token: token, text: u.prefix + token.JWT()}
	who.upstream.last.Store(last)
	return last.text, nil
}

// tellUpstream gives a request that may pass the token for its upstream. Whatever is refused has none made, and what
// cannot have one is refused.
func (g *Guard) tellUpstream(d decision) decision {
	if g.upstream == nil || d.verdict != allowedWithToken {
		return d
	}
	text, err := g.upstream.of(d.identity, d.token)
	if err == nil {
		d.upstream = text
		return d
	}
	why := &g.refusals.unavailable
	if errors.Is(err, op.ErrUpstreamTooLarge) {
		why = &g.refusals.nameless
	}
	refused := g.deny(why, err).on(d.route)
	refused.browsed = d.browsed
	return refused
}

// write puts a token on a scrubbed request.
func (u *upstreamTokens) write(h http.Header, s *stream) {
	if u != nil {
		h[u.header] = s.upstream[:1:1]
	}
}

// takeBack leaves those who come after an error, error routes above all, without the token: they are not the upstream.
func (u *upstreamTokens) takeBack(h http.Header) {
	if u != nil {
		delete(h, u.header)
	}
}
