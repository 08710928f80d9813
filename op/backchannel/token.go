package backchannel

import (
	"context"
	"errors"
	"time"

	"github.com/seed-5b16f944/gatehouse/op/client"
	"github.com/seed-5b16f944/gatehouse/op/idtoken"
	"github.com/seed-5b16f944/gatehouse/op/keys"
)

// tokenLife is how long a logout token is valid (OpenID Connect Back-Channel Logout section 4: at most two
// minutes, so that one that is caught is soon worth nothing).
const tokenLife = 2 * time.Minute

// event is what a logout token says has happened (section 2.4).
const event = "http://schemas.openid.net/event/backchannel-logout"

// errNobody says that a token would not say who has been signed out, in a way that its client understands.
var errNobody = errors.New("backchannel: the notice names neither what the client asks for, the session nor the person")

// token makes a logout token (section 2.4) for one attempt: receivers refuse a jti that they have seen (section
// 2.6). It is protected as the client's ID tokens are, but never without a signature, and its typ keeps it from being
// taken for one of those. It has no nonce, so that it is none even for those who do not look at that.
func (w *Worker) token(ctx context.Context, c *client.Client, n notice) (string, error) {
	if n.SID == "" && (n.Subject == "" || c.BackchannelLogoutSessionRequired) {
		return "", errNobody
	}
	how := c.IDToken
	if how.Alg == "" || how.Alg == keys.AlgNone {
		how.Alg = idtoken.DefaultAlg
	}
	now := w.Now()
	claims := map[string]any{
		"iss": w.Issuer, "aud": c.ID, "iat": now.Unix(), "exp": now.Add(tokenLife).Unix(), "jti": keys.NewID(),
		"events": map[string]any{event: struct{}{}},
	}
	for name, value := range map[string]string{"sid": n.SID, "sub": n.Subject} {
		if value != "" {
			claims[name] = value
		}
	}
	return w.Protector.Protect(ctx, c, how, keys.TypeLogoutToken, claims)
}
