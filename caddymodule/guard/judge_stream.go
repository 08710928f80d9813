package guard

import (
	"context"
	"fmt"

	"go.uber.org/zap"

	"github.com/seed-5b16f944/gatehouse/op"
)

// The policies for streams.
const (
	streamsClose = "close"
	streamsKeep  = "keep"
)

// judgeStream asks about a stream what decide asked about its request: the token must be live still, and
// enough still, since an operator may have taken a scope or the audience out of it meanwhile.
func (g *Guard) judgeStream(ctx context.Context, s *stream) error {
	token, err := g.askAgain(ctx, s)
	switch {
	case err != nil:
		return err
	case token == s.token.Load() && s.route.signIn.maxAge == 0:
		return nil // the very facts that were judged before, and they do not age
	}
	d := g.judgeAgain(s, token)
	switch {
	case d.verdict == allowedWithToken:
		s.token.Store(token)
		return nil
	case d.refusal == &g.refusals.unavailable:
		return d.cause
	}
	return fmt.Errorf("%w: %w", op.ErrInactive, d.cause)
}

// askAgain asks who stands behind a stream. To be watched is no visit: a page that is left open grows idle.
func (g *Guard) askAgain(ctx context.Context, s *stream) (*op.Token, error) {
	if s.cookie != "" {
		return g.provider.SignedIn(ctx, g.browser.site.Audience, s.cookie, false)
	}
	return g.source.Introspect(ctx, s.bearer)
}

func (g *Guard) judgeAgain(s *stream, token *op.Token) decision {
	if s.cookie != "" {
		return g.judgePerson(token, s.route)
	}
	return g.judge(token, s.route)
}

// logCut writes the one line that says why a stream was closed. The client sees only that it was.
func (g *Guard) logCut(s *stream, why error) {
	counted.closed.At(0).Inc()
	g.logger.Info("stream closed",
		zap.String("audience", g.audience.configured),
		zap.String("client_id", s.token.Load().ClientID),
		zap.NamedError("cause", why),
	)
}
